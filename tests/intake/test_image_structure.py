import io

import pytest
from PIL import Image

from paddleocr_vl_service.intake.image_structure import is_cut_off
from paddleocr_vl_service.intake.types import DocumentKind
from tests.intake.conftest import Save
from tests.intake.making import corners, encoded

FILES = {
    "jpeg": encoded(corners(), "JPEG"),
    "progressive jpeg": encoded(corners(), "JPEG", progressive=True),
    "png": encoded(corners(), "PNG"),
    "bmp": encoded(corners(), "BMP"),
    "palette bmp": encoded(corners().convert("P"), "BMP"),
    "1-bit bmp": encoded(corners().convert("1"), "BMP"),
}


def thumbnailed_jpeg() -> bytes:
    """With a whole JPEG, end mark included, in its EXIF data."""
    thumbnail = encoded(Image.new("RGB", (8, 8)), "JPEG")
    exif = Image.Exif()
    exif[0x010E] = thumbnail  # any text will do
    return encoded(corners(), "JPEG", exif=exif)


FILES["jpeg with a thumbnail"] = thumbnailed_jpeg()


def kind_of(name: str) -> DocumentKind:
    return next(kind for kind in DocumentKind if kind.value in name)


@pytest.mark.parametrize("name", FILES)
def test_complete_files(save: Save, name: str) -> None:
    assert not is_cut_off(save("file", FILES[name]), kind_of(name))
    assert not is_cut_off(save("file", FILES[name] + b"trailing"), kind_of(name))


@pytest.mark.parametrize("name", FILES)
def test_every_cut_is_noticed(save: Save, name: str) -> None:
    content = FILES[name]
    step = max(1, len(content) // 60)
    end = len(content) - (12 if "png" in name else 1)  # a PNG's end mark may lose its check
    for size in [*range(20, end, step), end]:
        assert is_cut_off(save("file", content[:size]), kind_of(name)), size


def test_thumbnail_is_really_in_the_file() -> None:
    assert FILES["jpeg with a thumbnail"].count(b"\xff\xd9") == 2


def test_core_header_bmp(save: Save) -> None:
    pixels = bytes(3 * 4 * 4)
    content = b"BM" + bytes(8) + b"\x1a\x00\x00\x00\x0c\x00\x00\x00"
    content += b"\x04\x00\x04\x00\x01\x00\x18\x00" + pixels
    with Image.open(io.BytesIO(content)) as image:
        image.load()
    assert not is_cut_off(save("file", content), DocumentKind.BMP)
    assert is_cut_off(save("file", content[:-1]), DocumentKind.BMP)


def test_run_length_bmp_is_left_to_its_decoder(save: Save) -> None:
    content = bytearray(FILES["palette bmp"])
    content[30:34] = b"\x01\x00\x00\x00"
    assert not is_cut_off(save("file", bytes(content[:200])), DocumentKind.BMP)


def test_unclear_structure_is_not_called_cut_off(save: Save) -> None:
    assert not is_cut_off(save("file", b"\xff\xd8\xff\xe0\x00\x04ab" + b"x" * 50), kind_of("jpeg"))
