import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms

from paddleocr_vl_service.intake.reader import Reader
from paddleocr_vl_service.models.errors import (
    DocumentCorrupt,
    DocumentError,
    DocumentTooManyPixels,
    DocumentTruncated,
    PageFailed,
)
from tests.intake.conftest import Render, Save
from tests.intake.making import (
    BLACK,
    BLUE,
    GREEN,
    MAX_PIXELS,
    RED,
    WHITE,
    about,
    corner_colours,
    corners,
    encoded,
    grey_tags,
    inspect_request,
    png,
    render_request,
    tiff,
)

ALL_FOUR = [RED, GREEN, BLUE, BLACK]
TURNED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "JPEG"])
def test_every_kind(render: Render, save: Save, kind: str) -> None:
    page, image = render(save(f"a.{kind.lower()}", encoded(corners(), kind)))
    assert (page.number, page.width, page.height) == (1, 80, 60)
    assert page.dpi is None
    assert page.text_layer is None
    assert corner_colours(image) == [about(colour, tolerance=24) for colour in ALL_FOUR]


def test_images_have_no_text_layer(render: Render, save: Save) -> None:
    page, _ = render(save("a.png", encoded(corners(), "PNG")), text=True)
    assert page.text_layer is None


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation(render: Render, save: Save, kind: str, orientation: int) -> None:
    image = corners()
    if orientation in TURNED:
        image = image.transpose(TURNED[orientation])
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    page, upright = render(save(f"a.{kind.lower()}", encoded(image, kind, exif=exif)))
    assert (page.width, page.height) == (80, 60)
    assert corner_colours(upright) == [about(colour, tolerance=24) for colour in ALL_FOUR]


def test_orientation_of_a_compressed_tiff(render: Render, save: Save) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    stored = corners().transpose(TURNED[6])
    page, upright = render(
        save("a.tiff", encoded(stored, "TIFF", compression="tiff_lzw", exif=exif))
    )
    assert (page.width, page.height) == (80, 60)
    assert corner_colours(upright) == ALL_FOUR


def test_damaged_exif_data_is_no_reason_to_refuse(render: Render, save: Save) -> None:
    whole = encoded(corners(), "JPEG", exif=b"Exif\x00\x00II*\x00\x08\x00\x00\x00\xff\xff" + b"x")
    assert render(save("a.jpeg", whole))[0].width == 80
    assert render(save("b.jpeg", encoded(corners(), "JPEG", exif=b"Exif\x00\x00rubbish")))


def test_cmyk_jpeg_as_adobe_writes_it(render: Render, save: Save) -> None:
    """Adobe stores CMYK inverted, which its marker tells."""
    content = encoded(corners().convert("CMYK"), "JPEG", quality=95)
    assert b"Adobe" in content
    _, image = render(save("a.jpeg", content))
    assert corner_colours(image) == [about(colour, tolerance=24) for colour in ALL_FOUR]


def test_cmyk_tiff(render: Render, save: Save) -> None:
    _, image = render(save("a.tiff", encoded(corners().convert("CMYK"), "TIFF")))
    assert corner_colours(image) == ALL_FOUR


def test_lab_tiff(render: Render, save: Save) -> None:
    to_lab = ImageCms.buildTransform(
        ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB"
    )
    lab = ImageCms.applyTransform(corners(), to_lab)
    assert lab is not None
    _, image = render(save("a.tiff", encoded(lab, "TIFF")))
    assert corner_colours(image) == [about(colour, tolerance=24) for colour in ALL_FOUR]


def grey_steps() -> np.ndarray:
    return np.tile(np.linspace(0, 65535, 64).astype(np.uint16), (40, 1))


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bit_grey(render: Render, save: Save, kind: str) -> None:
    _, image = render(save(f"a.{kind.lower()}", encoded(Image.fromarray(grey_steps()), kind)))
    assert np.abs(np.asarray(image)[0, :, 0].astype(int) - (grey_steps()[0] >> 8)).max() == 0


def test_sixteen_bit_colour_png(render: Render, save: Save) -> None:
    rows = b"".join(b"\x00" + struct.pack(">3H", 0xFF00, 0x8000, 0x0100) * 40 for _ in range(40))
    _, image = render(save("a.png", png(40, 40, pixels=rows, depth=16, colour=2)))
    assert image.getpixel((5, 5)) == (255, 128, 1)


def test_sixteen_bit_tiff_of_either_polarity(render: Render, save: Save) -> None:
    strip = struct.pack("<H", 0xC000) * 1600
    for photometric, level in ((0, 255 - 0xC0), (1, 0xC0)):
        tags = grey_tags(40, 40, bits=16, photometric=photometric)
        _, image = render(save(f"{photometric}.tiff", tiff([(tags, strip)])))
        assert image.getpixel((5, 5)) == (level,) * 3


def test_float_tiff(render: Render, save: Save) -> None:
    values = np.tile(np.linspace(0, 1, 40).astype(np.float32), (40, 1))
    _, image = render(save("a.tiff", encoded(Image.fromarray(values), "TIFF")))
    assert image.getpixel((0, 0)) == BLACK
    assert image.getpixel((39, 0)) == WHITE
    assert image.getpixel((20, 0)) == (131, 131, 131)


@pytest.mark.parametrize("compression", ["raw", "group3", "group4", "packbits", "tiff_lzw"])
def test_one_bit_tiff(render: Render, save: Save, compression: str) -> None:
    fax = Image.new("1", (64, 64), 1)
    fax.paste(0, (0, 0, 32, 64))
    _, image = render(save("a.tiff", encoded(fax, "TIFF", compression=compression)))
    assert image.getpixel((3, 3)) == BLACK
    assert image.getpixel((60, 60)) == WHITE


@pytest.mark.parametrize("photometric", [0, 1])
def test_white_is_zero_or_black_is_zero(render: Render, save: Save, photometric: int) -> None:
    tags = grey_tags(40, 40, bits=1, photometric=photometric)
    _, image = render(save("a.tiff", tiff([(tags, bytes(5 * 40))])))
    assert image.getpixel((3, 3)) == (BLACK if photometric else WHITE)


def test_palette_png_with_transparency(render: Render, save: Save) -> None:
    rows = (b"\x00" + b"\x00\x01" * 20) * 40
    chunks = [(b"PLTE", b"\x09\x09\x09\x00\x00\xff"), (b"tRNS", b"\x00")]
    _, image = render(save("a.png", png(40, 40, pixels=rows, colour=3, chunks=chunks)))
    assert image.getpixel((0, 0)) == WHITE
    assert image.getpixel((1, 0)) == BLUE


def test_grey_png_with_a_transparent_level(render: Render, save: Save) -> None:
    rows = (b"\x00" + b"\x00\x64" * 20) * 40
    chunks = [(b"tRNS", b"\x00\x00")]
    _, image = render(save("a.png", png(40, 40, pixels=rows, chunks=chunks)))
    assert image.getpixel((0, 0)) == WHITE
    assert image.getpixel((1, 0)) == (100, 100, 100)


def test_tiny_images_are_padded(render: Render, save: Save) -> None:
    page, image = render(save("a.png", encoded(Image.new("RGB", (1, 1), RED), "PNG")))
    assert (page.width, page.height) == (32, 32)
    assert image.getpixel((0, 0)) == RED
    assert image.getpixel((1, 1)) == WHITE


def test_a_film_of_several_images_is_its_first(reader: Reader, save: Save) -> None:
    pictures = [Image.new("RGB", (40, 40), colour) for colour in (RED, GREEN)]
    film = encoded(pictures[0], "PNG", save_all=True, append_images=pictures[1:])
    assert reader.inspect(inspect_request(save("a.png", film))).page_count == 1
    phone = encoded(pictures[0], "MPO", save_all=True, append_images=pictures[1:])
    path = save("a.jpg", phone)
    assert reader.inspect(inspect_request(path)).page_count == 1
    assert reader.render(render_request(path)).width == 40


def test_each_frame_of_a_tiff_is_a_page(reader: Reader, render: Render, save: Save) -> None:
    colours = (RED, GREEN, BLUE)
    frames = [Image.new("RGB", (40 + n, 50), colour) for n, colour in enumerate(colours)]
    frames[1] = frames[1].convert("P")
    path = save("a.tif", encoded(frames[0], "TIFF", save_all=True, append_images=frames[1:]))
    assert reader.inspect(inspect_request(path)).page_count == 3
    for number in (3, 1, 2):
        page, image = render(path, number)
        assert page.number == number
        assert image.size == (39 + number, 50)
        assert image.getpixel((0, 0)) == about(colours[number - 1])


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "JPEG"])
def test_truncated(reader: Reader, save: Save, kind: str) -> None:
    noise = Image.effect_noise((200, 200), 80)
    content = encoded(noise, kind)
    for part in (0.3, 0.6, 0.9, 0.98):
        path = save(f"{part}.{kind.lower()}", content[: int(part * len(content))])
        with pytest.raises(DocumentTruncated) as caught:
            reader.inspect(inspect_request(path))
        assert caught.value.detail.endswith("ends before its content does.")


@pytest.mark.parametrize("compression", ["tiff_lzw", "group4", "jpeg", "tiff_adobe_deflate"])
def test_truncated_compressed_tiff(reader: Reader, save: Save, compression: str) -> None:
    noise = Image.effect_noise((200, 200), 80)
    noise = noise.convert("1") if compression == "group4" else noise
    content = encoded(noise, "TIFF", compression=compression)
    for part in (0.3, 0.6, 0.9):
        path = save(f"{part}.tiff", content[: int(part * len(content))])
        with pytest.raises(DocumentTruncated):
            reader.inspect(inspect_request(path))


def test_a_png_of_which_only_the_end_mark_is_missing(render: Render, save: Save) -> None:
    assert render(save("a.png", encoded(corners(), "PNG")[:-12]))[0].width == 80


def test_too_few_pixels_in_a_file_that_has_its_end(reader: Reader, save: Save) -> None:
    path = save("a.tif", tiff([(grey_tags(40, 40), bytes(100))] * 2))
    with pytest.raises(PageFailed, match=r"^Page 2 is cut off:"):
        reader.render(render_request(path, 2))
    path = save("b.tif", tiff([(grey_tags(40, 40), bytes(100))]))
    with pytest.raises(DocumentTruncated):
        reader.render(render_request(path))


def damaged_png() -> bytes:
    rows = zlib.compress(bytes(101 * 100))
    content = bytearray(png(100, 100, pixels=bytes(101 * 100)))
    at = content.index(rows)
    content[at + 2 : at + 8] = b"\xff" * 6
    return bytes(content)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.png", damaged_png()),
        ("a.png", png(10, 10, pixels=bytes(110), depth=3)),
        ("a.jpg", b"\xff\xd8\xff\xe0\x00\x04ab" + b"x" * 400),
        ("a.bmp", encoded(corners(), "BMP")[:28] + b"\x07" + encoded(corners(), "BMP")[29:]),
        ("a.tif", tiff([([(256, 4, [4]), (257, 4, [4]), (258, 3, [77])], bytes(16))])),
        ("a.tif", tiff([([(257, 4, [4])], bytes(16))])),
    ],
)
def test_corrupt(reader: Reader, save: Save, name: str, content: bytes) -> None:
    path = save(name, content)
    with pytest.raises(DocumentCorrupt, match=r"is damaged and cannot be read\.$"):
        reader.render(render_request(path))
    assert list(path.parent.glob("*.out.bmp")) == []


def test_a_damaged_frame_is_only_that_page(reader: Reader, save: Save) -> None:
    good, bad = (grey_tags(40, 40), bytes(1600)), ([(257, 4, [4])], bytes(16))
    path = save("a.tif", tiff([good, bad, good]))
    assert reader.inspect(inspect_request(path)).page_count == 3
    with pytest.raises(PageFailed, match=r"^Page 2 is damaged and cannot be read\.$"):
        reader.render(render_request(path, 2))
    assert reader.render(render_request(path, 3)).width == 40


def big_header(kind: str, width: int, height: int) -> bytes:
    """A small file that says that it is a huge image."""
    if kind == "png":
        return png(width, height, pixels=b"", depth=1)
    if kind == "bmp":
        content = bytearray(encoded(Image.new("1", (8, 8)), "BMP"))
        struct.pack_into("<ii", content, 18, width, height)
        return bytes(content)
    if kind == "tiff":
        return tiff([(grey_tags(width, height, bits=1), bytes(8))])
    content = bytearray(encoded(Image.new("L", (8, 8)), "JPEG"))
    struct.pack_into(">HH", content, content.index(b"\xff\xc0") + 5, height, width)
    return bytes(content)


@pytest.mark.parametrize("kind", ["png", "bmp", "tiff", "jpeg"])
def test_bombs_are_refused_by_their_header(reader: Reader, save: Save, kind: str) -> None:
    path = save(f"a.{kind}", big_header(kind, 60_000, 50_000))
    with pytest.raises(DocumentTooManyPixels) as caught:
        reader.inspect(inspect_request(path))
    assert caught.value.detail.endswith(
        f"is 60000 by 50000 pixels, more than the {MAX_PIXELS} pixels that are allowed."
    )


def test_the_limit_itself_is_allowed(save: Save) -> None:
    path = save("a.png", encoded(Image.new("1", (100, 50)), "PNG"))
    assert Reader(5000).inspect(inspect_request(path)).page_count == 1
    with pytest.raises(DocumentTooManyPixels):
        Reader(4999).inspect(inspect_request(path))


def test_a_line_of_pixels_is_no_page(reader: Reader, save: Save) -> None:
    """Padded to the smallest side it would have 32 times as many."""
    path = save("a.png", encoded(Image.new("1", (100_000, 1)), "PNG"))
    with pytest.raises(DocumentTooManyPixels):
        reader.inspect(inspect_request(path))


def test_a_bomb_among_frames_is_only_that_page(reader: Reader, save: Save) -> None:
    good = (grey_tags(40, 40), bytes(1600))
    bomb = (grey_tags(60_000, 50_000, bits=1), bytes(8))
    path = save("a.tif", tiff([good, bomb]))
    assert reader.inspect(inspect_request(path)).page_count == 2
    assert reader.render(render_request(path, 1)).width == 40
    with pytest.raises(PageFailed, match=r"^Page 2 is 60000 by 50000 pixels, more than"):
        reader.render(render_request(path, 2))


def test_nothing_but_bombs(reader: Reader, save: Save) -> None:
    path = save("a.tif", tiff([(grey_tags(60_000, 50_000, bits=1), bytes(8))] * 2))
    with pytest.raises(DocumentTooManyPixels, match=r"^Every page of the TIFF image is 60000"):
        reader.inspect(inspect_request(path))


def test_libtiff_says_nothing(
    reader: Reader, save: Save, capfd: pytest.CaptureFixture[str]
) -> None:
    noise = Image.effect_noise((200, 200), 80)
    content = bytearray(encoded(noise, "TIFF", compression="tiff_lzw"))
    content[5000:9000] = b"\xff" * 4000
    with pytest.raises(DocumentError):
        reader.render(render_request(save("a.tif", bytes(content))))
    assert capfd.readouterr() == ("", "")


def test_only_the_four_kinds_may_be_opened(reader: Reader, save: Save) -> None:
    """Whatever else Pillow knows stays shut, even when a name asks for it."""
    path = save("a.png", encoded(corners(), "GIF"))
    with pytest.raises(DocumentError):
        reader.inspect(inspect_request(path))


def test_memory_that_runs_out(reader: Reader, save: Save, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save("a.png", encoded(corners(), "PNG"))

    def load(_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("PIL.PngImagePlugin.PngImageFile.load", load)
    with pytest.raises(DocumentError, match="needs more memory to read than is allowed"):
        reader.render(render_request(path))


def test_a_tiff_of_a_thousand_pages_is_read_frame_by_frame(reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(tiff([(grey_tags(100, 100), bytes([n % 256]) * 10_000) for n in range(1000)]))
    assert reader.inspect(inspect_request(path)).page_count == 1000
    image = reader.render(render_request(path, 1000))
    with Image.open(image.file) as opened:
        assert opened.getpixel((0, 0)) == (999 % 256,) * 3
