"""What nobody sees on a page is no content of it."""

import io
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image, ImageDraw
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from paddleocr_vl_service.intake.pdf_resolution import pixel_size
from paddleocr_vl_service.intake.text_layer import read_text_layer
from paddleocr_vl_service.models.document import TextLayer
from tests.intake.conftest import Render, Save
from tests.intake.making import one_page_pdf, pdf, stream

BOX = b"/MediaBox[0 0 400 300]"
SEEN = b"BT /F 12 Tf 40 250 Td (In plain sight) Tj ET "
SECRET = b"BT /F 12 Tf 40 150 Td (Secret words) Tj ET "
LETTERS = len("Secretwords")


def layer_of(render: Render, save: Save, content: bytes) -> TextLayer:
    layer = render(save("a.pdf", content), text=True)[0].text_layer
    assert layer is not None
    return layer


def texts(layer: TextLayer) -> list[str]:
    return [line.text for line in layer.lines]


HIDDEN = {
    "in no colour": b"3 Tr " + SECRET,
    "white on white": b"1 g " + SECRET,
    "all but white": b"0.98 g " + SECRET,
    "under a white box": SECRET + b"1 g 30 140 200 40 re f",
    "under a black bar": SECRET + b"0 g 30 140 200 40 re f",
    "black on black": b"0 g 30 140 200 40 re f 0 g " + SECRET,
    "clipped away": b"q 0 0 20 20 re W n " + SECRET + b"Q",
    "beside the page": b"1 0 0 1 500 0 cm " + SECRET,
    "tiny": b".05 0 0 .05 100 100 cm " + SECRET,
    "white under black": b"1 g " + SECRET + b"0 g BT /F 12 Tf 40 150 Td (Public words) Tj ET",
}


@pytest.mark.parametrize("content", HIDDEN.values(), ids=HIDDEN)
@pytest.mark.parametrize("rotate", [0, 90])
def test_hidden(render: Render, save: Save, content: bytes, rotate: int) -> None:
    page = one_page_pdf(BOX + b"/Rotate %d" % rotate, SEEN + content)
    layer = layer_of(render, save, page)
    assert "In plain sight" in texts(layer)
    assert "Secret" not in " ".join(texts(layer))
    assert layer.hidden == LETTERS


VISIBLE = {
    "black": SECRET,
    "light grey": b"0.85 g " + SECRET,
    "red": b"1 0 0 rg " + SECRET,
    "yellow": b"1 1 0 rg " + SECRET,
    "red on a green as bright": b"0 .51 0 rg 30 140 200 40 re f 1 0 0 rg " + SECRET,
    "white on a dark box": b"0 0 .3 rg 30 140 200 40 re f 1 g " + SECRET,
    "outlined": b"1 Tr .5 w " + SECRET,
    "over a box": b".9 g 30 140 200 40 re f 0 g " + SECRET,
    "partly over a box": b"0 g 30 140 40 40 re f .5 g " + SECRET,
    "twice, for a bolder look": SECRET + b"1 0 0 1 .3 0 cm " + SECRET,
}


@pytest.mark.parametrize("content", VISIBLE.values(), ids=VISIBLE)
def test_visible(render: Render, save: Save, content: bytes) -> None:
    layer = layer_of(render, save, one_page_pdf(BOX, SEEN + content))
    assert texts(layer) == ["In plain sight", "Secret words"]
    assert (layer.hidden, layer.doubts, layer.beside) == (0, (), ())


def test_no_opacity(render: Render, save: Save) -> None:
    def page(canvas: Canvas) -> None:
        canvas.drawString(20, 150, "In plain sight")
        canvas.setFillAlpha(0)
        canvas.drawString(20, 100, "Secret words")

    layer = layer_of(render, save, pdf(page))
    assert (texts(layer), layer.hidden) == (["In plain sight"], LETTERS)


def photo(width: int = 60, height: int = 40) -> ImageReader:
    """Something with soft shapes and all brightnesses."""
    shades = bytes((x * 3 + y * 2) % 256 for y in range(height) for x in range(width))
    return ImageReader(Image.frombytes("L", (width, height), shades).convert("RGB"))


def test_under_and_over_a_picture(render: Render, save: Save) -> None:
    def page(canvas: Canvas) -> None:
        canvas.drawString(40, 60, "Secret words")
        canvas.drawImage(photo(), 30, 50, 200, 100)
        canvas.setFillColorRGB(1, 0.2, 0.2)
        canvas.drawString(40, 120, "Caption in the picture")

    layer = layer_of(render, save, pdf(page))
    assert (texts(layer), layer.hidden) == (["Caption in the picture"], LETTERS)


def form(content: bytes) -> bytes:
    """A page whose text is all in a form that the page draws, twice as wide."""
    return one_page_pdf(
        BOX.replace(b"/MediaBox", b"/Resources<</XObject<</X 5 0 R>>>>/MediaBox"),
        b"q 2 0 0 1 0 -50 cm /X Do Q",
        [
            stream(
                content,
                b"/Type/XObject/Subtype/Form/BBox[0 0 400 300]/Resources<</Font<</F "
                b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>",
            )
        ],
    ).replace(b"/Resources<</Font<</F <</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>/R", b"/R")


def test_forms(render: Render, save: Save) -> None:
    content = form(SEEN + b"1 g " + SECRET)
    start = content.index(b"startxref")
    # The table of objects is found anew.
    layer = layer_of(render, save, content[:start] + b"startxref\n0\n%%EOF\n")
    assert (texts(layer), layer.hidden) == (["In plain sight"], LETTERS)


def test_a_scan_with_its_text_below(render: Render, save: Save) -> None:
    scan = Image.new("RGB", (600, 400), "white")
    ImageDraw.Draw(scan).text((60, 100), "Scanned words", "black", font_size=40)

    def page(canvas: Canvas) -> None:
        canvas.drawImage(ImageReader(scan), 0, 0, 300, 200)
        text = canvas.beginText(30, 130)
        text.setTextRenderMode(3)
        text.textOut("Scanned vvords")
        canvas.drawText(text)

    layer = layer_of(render, save, pdf(page))
    assert layer.lines == ()
    assert layer.hidden == len("Scannedvvords")
    assert len(layer.beside) == 1


def test_letters_that_a_picture_shines_through(render: Render, save: Save) -> None:
    content = b"q BT 7 Tr /F 40 Tf 40 150 Td (Shining) Tj ET .8 0 0 rg 0 0 400 300 re f Q"
    layer = layer_of(render, save, one_page_pdf(BOX, content))
    assert (texts(layer), layer.hidden) == (["Shining"], 0)


def test_the_page_is_left_as_it_was(render: Render, save: Save) -> None:
    path = save("a.pdf", one_page_pdf(BOX, SEEN + b"1 g " + SECRET))
    images = []
    for text in (False, True, True, False):
        page, _ = render(path, text=text)
        images.append(Path(page.file).read_bytes())
    assert len(set(images)) == 1


def test_looking_leaves_no_object_switched_off(save: Save) -> None:
    path = save("a.pdf", one_page_pdf(BOX, SEEN + b"1 g " + SECRET))
    document = pypdfium2.PdfDocument(path)
    page = document[0]
    size = pixel_size(400, 300, 10_000_000)
    assert size is not None
    before, first = drawn(page), read_text_layer(page, size)
    assert drawn(page) == before
    assert read_text_layer(page, size) == first
    page.close()
    document.close()


def drawn(page: pypdfium2.PdfPage) -> bytes:
    """The page as a PNG file."""
    buffer = io.BytesIO()
    page.render(scale=1).to_pil().save(buffer, "PNG")
    return buffer.getvalue()
