import zlib
from pathlib import Path

import pypdfium2
import pytest
from PIL import ImageChops
from reportlab.lib.colors import Color
from reportlab.pdfgen.canvas import Canvas

from paddleocr_vl_service.intake.reader import Reader
from paddleocr_vl_service.models.errors import (
    DocumentCorrupt,
    DocumentTruncated,
    DocumentWithoutPages,
    PageFailed,
    ServiceError,
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
    inspect_request,
    one_page_pdf,
    pdf,
    raw_pdf,
    render_request,
    stream,
    writing,
)

ALL_FOUR = [RED, GREEN, BLUE, BLACK]
# A page of 400 by 300 whose quarters are red and green above blue and black.
QUARTERS = (
    b"1 0 0 rg 0 150 200 150 re f 0 1 0 rg 200 150 200 150 re f "
    b"0 0 1 rg 0 0 200 150 re f 0 0 0 rg 200 0 200 150 re f"
)
BOX = b"/MediaBox[0 0 400 300]"


def test_a_page_becomes_an_image(render: Render, save: Save) -> None:
    page, image = render(save("a.pdf", one_page_pdf(BOX, QUARTERS)))
    assert (page.width, page.height, page.dpi) == (1600, 1200, 288)
    assert page.text_layer is None
    assert corner_colours(image) == ALL_FOUR


def test_paper_is_white(render: Render, save: Save) -> None:
    _, image = render(save("a.pdf", one_page_pdf(BOX)))
    assert image.getextrema() == ((255, 255),) * 3


def test_normal_pages_are_rendered_at_200_dpi(render: Render, save: Save) -> None:
    page, _ = render(save("a.pdf", one_page_pdf(b"/MediaBox[0 0 595.32 841.92]")))
    assert (page.width, page.height, page.dpi) == (1653, 2338, 200)


@pytest.mark.parametrize(
    ("rotate", "order"),
    [(0, (0, 1, 2, 3)), (90, (2, 0, 3, 1)), (180, (3, 2, 1, 0)), (-90, (1, 3, 0, 2))],
)
def test_rotate_is_honoured(
    render: Render, save: Save, rotate: int, order: tuple[int, ...]
) -> None:
    content = one_page_pdf(BOX + b"/Rotate %d" % rotate, QUARTERS)
    page, image = render(save("a.pdf", content))
    assert (page.width > page.height) is (rotate % 180 == 0)
    assert corner_colours(image) == [ALL_FOUR[index] for index in order]


def test_rotate_is_inherited(render: Render, save: Save) -> None:
    content = raw_pdf(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1/Rotate 90/MediaBox[0 0 400 300]>>",
            b"<</Type/Page/Parent 2 0 R/Contents 4 0 R>>",
            stream(QUARTERS),
        ]
    )
    page, image = render(save("a.pdf", content))
    assert page.height > page.width
    assert corner_colours(image) == [BLUE, RED, BLACK, GREEN]


def test_the_crop_box_is_the_page(render: Render, save: Save) -> None:
    content = one_page_pdf(BOX + b"/CropBox[200 150 400 300]", QUARTERS)
    page, image = render(save("a.pdf", content))
    assert page.width / page.height == pytest.approx(4 / 3, rel=0.01)
    assert corner_colours(image) == [GREEN] * 4


def test_a_page_that_does_not_begin_at_zero(render: Render, save: Save) -> None:
    content = one_page_pdf(b"/MediaBox[-100 -50 300 250]", b"1 0 0 1 -100 -50 cm " + QUARTERS)
    _, image = render(save("a.pdf", content))
    assert corner_colours(image) == ALL_FOUR


def test_a_crop_box_larger_than_the_page_is_cut(render: Render, save: Save) -> None:
    content = one_page_pdf(BOX + b"/CropBox[-5000 -5000 9000 9000]", QUARTERS)
    assert corner_colours(render(save("a.pdf", content))[1]) == ALL_FOUR


def filled_form() -> bytes:
    """A text field whose value only its widget shows."""
    appearance = b"0 0 1 rg 0 0 200 100 re f"
    return raw_pdf(
        [
            b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 300]/Annots[4 0 R]>>",
            b"<</Subtype/Widget/FT/Tx/T(a)/V(x)/F 4/Rect[100 100 300 200]/AP<</N 5 0 R>>>>",
            stream(appearance, b"/Type/XObject/Subtype/Form/BBox[0 0 200 100]"),
        ]
    )


def test_form_fields_are_drawn(render: Render, save: Save) -> None:
    _, image = render(save("a.pdf", filled_form()))
    assert image.getpixel((800, 600)) == BLUE
    assert image.getpixel((5, 5)) == WHITE


def test_form_fields_that_reportlab_writes_are_drawn(render: Render, save: Save) -> None:
    def page(canvas: Canvas) -> None:
        canvas.acroForm.textfield(
            value="Mustermann", x=50, y=50, width=200, height=30, borderWidth=0
        )
        canvas.acroForm.checkbox(checked=True, x=50, y=120, size=20)

    _, image = render(save("a.pdf", pdf(page)))
    scale = image.width / 300
    field = image.crop((int(52 * scale), int(122 * scale), int(240 * scale), int(148 * scale)))
    assert min(field.convert("L").tobytes()) < 80


def test_annotations_are_drawn(render: Render, save: Save) -> None:
    stamp = (
        b"<</Type/Annot/Subtype/Stamp/F 4/Rect[100 100 300 200]/AP<</N 6 0 R>>>>",
        stream(b"1 0 0 rg 0 0 200 100 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 200 100]"),
    )
    content = one_page_pdf(BOX + b"/Annots[5 0 R]", b"", stamp)
    assert render(save("a.pdf", content))[1].getpixel((800, 600)) == RED


def test_transparency_is_blended_with_the_paper(render: Render, save: Save) -> None:
    def page(canvas: Canvas) -> None:
        canvas.setFillColor(Color(0, 0, 0, alpha=0.5))
        canvas.rect(0, 0, 300, 200, stroke=0, fill=1)

    _, image = render(save("a.pdf", pdf(page)))
    assert image.getpixel((100, 100)) == about((127, 127, 127))


def test_a_scan_comes_out_as_it_is(render: Render, save: Save, tmp_path: Path) -> None:
    scan = corners((1000, 1400))
    scan.save(tmp_path / "scan.png")
    content = pdf(lambda c: c.drawImage(tmp_path / "scan.png", 0, 0, 360, 504), size=(360, 504))
    _, image = render(save("a.pdf", content))
    assert image.size == (1142, 1600)
    assert corner_colours(image) == [about(colour) for colour in ALL_FOUR]


@pytest.mark.parametrize(
    ("box", "size"),
    [
        (b"[0 0 1 1]", (32, 32)),
        (b"[0 0 14400 14400]", (4472, 4472)),
        (b"[0 0 14400 2]", (20000, 32)),
        (b"[0 0 1e9 1e9]", None),
        (b"[0 0 0 0]", None),
        (b"[5 5 5 900]", None),
        (b"[400 300 0 0]", (1600, 1200)),
        (b"[0 0 nan inf]", None),
        (b"[0 0 1e39 1e39]", None),
        (b"[0 0 99999999999999999999999 9]", None),
        (b"[0 0 (a) /b]", None),
        (b"[]", None),
    ],
)
def test_odd_sizes_become_an_image_or_an_error(
    reader: Reader, save: Save, box: bytes, size: tuple[int, int] | None
) -> None:
    path = save("a.pdf", one_page_pdf(b"/MediaBox" + box, QUARTERS))
    try:
        page = reader.render(render_request(path, text=True))
    except ServiceError as error:
        assert size is None
        assert error.detail == "The PDF has no size and cannot be shown."  # noqa: PT017
    else:
        assert page.width * page.height <= MAX_PIXELS
        assert size is None or (page.width, page.height) == size


def test_a_page_without_a_size_is_an_error_of_that_page(
    reader: Reader, save: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pypdfium2.PdfPage.get_width", lambda _: float("nan"))
    path = save("a.pdf", pdf(writing("a"), writing("b")))
    with pytest.raises(PageFailed, match=r"^Page 2 has no size and cannot be shown\.$"):
        reader.render(render_request(path, 2))


def test_max_pixels_bounds_the_page(save: Save) -> None:
    path = save("a.pdf", one_page_pdf(b"/MediaBox[0 0 3000 3000]"))
    reader = Reader(1_000_000)
    page = reader.render(render_request(path))
    reader.close()
    assert (page.width, page.height) == (1000, 1000)
    assert page.dpi == 24


def test_pages_and_their_numbers(reader: Reader, render: Render, save: Save) -> None:
    path = save("a.pdf", pdf(*(writing(f"Page {number}") for number in range(1, 8))))
    assert reader.inspect(inspect_request(path)).page_count == 7
    for number in (7, 1, 4):
        page, _ = render(path, number, text=True)
        assert page.number == number
        assert page.text_layer is not None
        assert [line.text for line in page.text_layer.lines] == [f"Page {number}"]


@pytest.mark.parametrize("number", [0, -1, 3])
def test_a_page_that_does_not_exist(reader: Reader, save: Save, number: int) -> None:
    path = save("a.pdf", pdf(writing("a"), writing("b")))
    with pytest.raises(PageFailed, match="does not exist"):
        reader.render(render_request(path, number))


def test_a_damaged_page_is_only_that_page(reader: Reader, save: Save) -> None:
    content = raw_pdf(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R 4 0 R 3 0 R]/Count 3>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 300]>>",
            b"(not a page)",
        ]
    )
    path = save("a.pdf", content)
    assert reader.inspect(inspect_request(path)).page_count == 3
    with pytest.raises(PageFailed, match=r"^Page 2 is damaged and cannot be read\.$"):
        reader.render(render_request(path, 2))
    assert reader.render(render_request(path, 3)).width == 1600


def test_no_pages(reader: Reader, save: Save) -> None:
    content = raw_pdf([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[]/Count 0>>"])
    with pytest.raises(DocumentWithoutPages, match=r"^The PDF has no pages\.$"):
        reader.inspect(inspect_request(save("a.pdf", content)))


def test_corrupt(reader: Reader, save: Save) -> None:
    path = save("a.pdf", b"%PDF-1.4\n" + b"rubbish " * 100 + b"\n%%EOF")
    with pytest.raises(DocumentCorrupt, match=r"^The PDF is damaged and cannot be read\.$"):
        reader.inspect(inspect_request(path))


def test_truncated_beyond_repair(reader: Reader, save: Save) -> None:
    path = save("a.pdf", pdf(writing("a"))[:60])
    with pytest.raises(DocumentTruncated, match=r"^The PDF is cut off:"):
        reader.inspect(inspect_request(path))


def test_damaged_but_readable(reader: Reader, render: Render, save: Save) -> None:
    """Its last mark is missing, which PDFium does without."""
    content = pdf(writing("still here"))
    path = save("a.pdf", content[: content.index(b"%%EOF")])
    (notice,) = reader.inspect(inspect_request(path)).notices
    assert notice.code == "pdf-end-damaged"
    page, _ = render(path, text=True)
    assert page.text_layer is not None
    assert page.text_layer.lines[0].text == "still here"


def test_a_cut_one_is_refused_even_where_pages_could_be_found(reader: Reader, save: Save) -> None:
    content = pdf(writing("still here"))
    path = save("a.pdf", content[: content.index(b"startxref")])
    with pytest.raises(DocumentTruncated, match="cut off"):
        reader.inspect(inspect_request(path))


@pytest.mark.parametrize("padding", [b"", b"\n" * 9, bytes(20_000), b"\r\n<!-- mail -->"])
def test_what_follows_the_end_is_no_damage(reader: Reader, save: Save, padding: bytes) -> None:
    path = save("a.pdf", pdf(writing("a")) + padding)
    assert reader.inspect(inspect_request(path)).notices == ()


def test_something_before_the_header(render: Render, save: Save) -> None:
    assert render(save("a.pdf", b"\xef\xbb\xbf\n" + one_page_pdf(BOX, QUARTERS)))


def image_pdf(width: int, height: int, pixels: bytes) -> bytes:
    image = stream(
        pixels,
        b"/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray"
        b"/BitsPerComponent 1/Filter/FlateDecode" % (width, height),
    )
    page = b"/MediaBox[0 0 400 300]/Resources<</XObject<</I 5 0 R>>>>"
    return one_page_pdf(page, b"400 0 0 300 0 0 cm /I Do", [image])


def test_an_image_of_gigapixels_in_a_page(reader: Reader, save: Save) -> None:
    packer = zlib.compressobj(9)
    pixels = b"".join(packer.compress(bytes(1 << 20)) for _ in range(50)) + packer.flush()
    page = reader.render(render_request(save("a.pdf", image_pdf(20_000, 20_000, pixels))))
    assert page.width == 1600


def test_a_page_is_closed_even_when_drawing_it_fails(
    reader: Reader, save: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    path = save("a.pdf", pdf(writing("a"), writing("b")))
    monkeypatch.setattr("paddleocr_vl_service.intake.page_files.write_rows", fail)
    with pytest.raises(PageFailed):
        reader.render(render_request(path))
    reader.close()  # and the fixture looks for what is left open


def test_the_rendering_is_that_of_pdfium_itself(render: Render, save: Save) -> None:
    """Our own rows, header and byte order against pypdfium2's."""
    path = save("a.pdf", pdf(writing("Hamburgefonts"), size=(400, 300)))
    _, image = render(path)
    with pypdfium2.PdfDocument(path) as document:
        opened = document[0]
        bitmap = opened.render(scale=4)
        expected = bitmap.to_pil()
        bitmap.close()
        opened.close()
    assert expected.size == image.size
    assert ImageChops.difference(image, expected).getextrema() == ((0, 0),) * 3


def test_a_chain_of_pages_without_end(reader: Reader, save: Save) -> None:
    content = raw_pdf(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[2 0 R]/Count 2000000000>>",
        ]
    )
    path = save("a.pdf", content)
    try:
        facts = reader.inspect(inspect_request(path))
    except ServiceError:
        return
    assert facts.page_count <= 1 << 20
    with pytest.raises(ServiceError):
        reader.render(render_request(path))
