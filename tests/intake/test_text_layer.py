import random
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from paddleocr_vl_service.intake import text_layer
from paddleocr_vl_service.intake.reader import Reader
from paddleocr_vl_service.intake.types import PageContent
from paddleocr_vl_service.models.document import TextLine
from tests.intake.conftest import Render, Save
from tests.intake.making import one_page_pdf, pdf, raw_pdf, render_request, stream, writing

BOX = b"/MediaBox[0 0 400 300]"
HELLO = b"BT /F 20 Tf 100 200 Td (Hello world) Tj ET"


def lines_of(render: Render, save: Save, content: bytes) -> tuple[TextLine, ...]:
    layer = render(save("a.pdf", content), text=True)[0].text_layer
    assert layer is not None
    return layer.lines


def ink(image: Image.Image) -> tuple[int, int, int, int]:
    """The box of everything that is not paper."""
    box = image.convert("L").point([255 if level < 128 else 0 for level in range(256)]).getbbox()
    assert box is not None
    return box


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize("crop", [b"", b"/CropBox[90 150 390 290]", b"/CropBox[-9 5 395 280]"])
def test_boxes_lie_where_the_ink_is(render: Render, save: Save, rotate: int, crop: bytes) -> None:
    content = one_page_pdf(BOX + crop + b"/Rotate %d" % rotate, HELLO)
    page, image = render(save("a.pdf", content), text=True)
    assert page.text_layer is not None
    (line,) = page.text_layer.lines
    assert line.text == "Hello world"
    left, top, right, bottom = ink(image)
    height = 20 / 72 * (page.dpi or 0)
    assert line.bbox[0] <= left + 1
    assert line.bbox[1] <= top + 1
    assert line.bbox[2] >= right - 1
    assert line.bbox[3] >= bottom - 1
    slack = sorted(abs(a - b) for a, b in zip(line.bbox, (left, top, right, bottom), strict=True))
    assert slack[-1] < 0.5 * height


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_rotated_text(render: Render, save: Save, degrees: int, rotate: int) -> None:
    def page(canvas: Canvas) -> None:
        canvas.setPageRotation(rotate)
        canvas.translate(150, 100)
        canvas.rotate(degrees)
        canvas.drawString(-30, 10, "Two words")

    (line,) = lines_of(render, save, pdf(page))
    assert line.text == "Two words"
    left, top, right, bottom = line.bbox
    assert line.turn == (rotate - degrees) // 90 % 4
    two, words = (word.bbox for word in line.words)
    forward = {0: two[0] < words[0], 1: two[1] < words[1], 2: two[0] > words[0]}
    assert forward.get(line.turn, two[1] > words[1])
    assert max(right - left, bottom - top) > 3 * min(right - left, bottom - top)


def test_slanted_text_stays_together(render: Render, save: Save) -> None:
    def page(canvas: Canvas) -> None:
        canvas.rotate(5)
        canvas.drawString(50, 80, "A scan that lies askew")

    assert [line.text for line in lines_of(render, save, pdf(page))] == ["A scan that lies askew"]


def test_lines_and_columns(render: Render, save: Save) -> None:
    def page(canvas: Canvas) -> None:
        for row in range(3):
            canvas.drawString(20, 150 - 14 * row, f"left line {row}")
            canvas.drawString(160, 150 - 14 * row, f"right line {row}")

    texts = [line.text for line in lines_of(render, save, pdf(page))]
    assert sorted(texts) == [f"{side} line {row}" for side in ("left", "right") for row in range(3)]


def test_words_that_are_placed_one_by_one(render: Render, save: Save) -> None:
    content = b"BT /F 20 Tf 1 0 0 1 50 200 Tm (One) Tj 1 0 0 1 92 200 Tm (line) Tj ET"
    assert [line.text for line in lines_of(render, save, one_page_pdf(BOX, content))] == [
        "One line"
    ]


def test_text_outside_of_the_crop_box_is_left_out(render: Render, save: Save) -> None:
    content = HELLO + b" BT /F 20 Tf 100 20 Td (footnote) Tj ET BT /F 9 Tf 900 200 Td (x) Tj ET"
    boxed = one_page_pdf(BOX + b"/CropBox[0 100 400 300]", content)
    assert [line.text for line in lines_of(render, save, boxed)] == ["Hello world"]


def test_a_line_that_runs_out_of_the_page_is_cut(render: Render, save: Save) -> None:
    content = one_page_pdf(BOX + b"/CropBox[0 0 152 300]", HELLO)
    (line,) = lines_of(render, save, content)
    assert line.text == "Hello"


def test_a_page_without_text(render: Render, save: Save) -> None:
    assert lines_of(render, save, one_page_pdf(BOX)) == ()


def test_too_many_characters(render: Render, save: Save, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_layer, "MAX_CHARACTERS", 5)
    assert lines_of(render, save, one_page_pdf(BOX, HELLO)) == ()


def mapped(*characters: str) -> bytes:
    """A PDF with one line whose letters A, B, ... mean these characters."""
    pairs = b"".join(
        b"<%02X> <%s>\n"
        % (65 + index, character.encode("utf-16-be", "surrogatepass").hex().encode())
        for index, character in enumerate(characters)
    )
    cmap = (
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        b"/CMapName /M def 1 begincodespacerange <00> <FF> endcodespacerange\n"
        b"%d beginbfchar\n%sendbfchar endcmap end end" % (len(characters), pairs)
    )
    letters = bytes(range(65, 65 + len(characters)))
    return raw_pdf(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R%s/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>" % BOX,
            stream(b"BT /F 20 Tf 50 200 Td (%s) Tj ET" % letters),
            b"<</Type/Font/Subtype/Type1/BaseFont/Courier/ToUnicode 6 0 R>>",
            stream(cmap),
        ]
    )


@pytest.mark.parametrize(
    ("characters", "text"),
    [
        ("aé文", "aé文"),
        ("ﬁx", "fix"),
        ("a\U00020000b", "a\U00020000b"),
        ("\U0001f600", "\U0001f600"),
        ("a\xadb", "ab"),
        ("a\xad", "a-"),
        ("a\x00b", "a\ufffdb"),
        ("a\x07b", "ab"),
        ("a\ufffeb", "a-b"),
        ("a\xa0b", "a b"),
        ("a\u3000b", "a b"),
        ("a\tb", "a b"),
        ("a\ud800b", "a\ufffdb"),
        ("\udc00b", "\ufffdb"),
    ],
)
def test_odd_characters(render: Render, save: Save, characters: str, text: str) -> None:
    (line,) = lines_of(render, save, mapped(*characters))
    assert line.text == text


def test_a_word_that_is_broken_at_the_line_end(render: Render, save: Save) -> None:
    content = b"BT /F 20 Tf 50 200 Td (a word that is bro-) Tj 0 -24 Td (ken at the end) Tj ET"
    texts = [line.text for line in lines_of(render, save, one_page_pdf(BOX, content))]
    assert texts == ["a word that is bro-", "ken at the end"]


def test_only_when_asked_for(render: Render, save: Save) -> None:
    assert render(save("a.pdf", pdf(writing("a"))))[0].text_layer is None


def test_words_stand_where_their_ink_is(render: Render, save: Save) -> None:
    page, image = render(save("a.pdf", one_page_pdf(BOX, HELLO)), text=True)
    assert page.text_layer is not None
    (line,) = page.text_layer.lines
    assert [word.text for word in line.words] == ["Hello", "world"]
    first, second = (word.bbox for word in line.words)
    assert first[0] == line.bbox[0]
    assert second[2] == line.bbox[2]
    assert first[2] < second[0]
    gap = image.crop((first[2] + 1, line.bbox[1], second[0] - 1, line.bbox[3])).convert("L")
    assert min(gap.tobytes()) > 250, "nothing is between the words"


@pytest.mark.parametrize(
    ("font", "bold"), [("Helvetica", False), ("Helvetica-Bold", True), ("Times-Italic", False)]
)
def test_bold_fonts(render: Render, save: Save, font: str, bold: bool) -> None:
    def page(canvas: Canvas) -> None:
        canvas.setFont(font, 20)
        canvas.drawString(30, 100, "Some words")

    (line,) = lines_of(render, save, pdf(page))
    assert line.bold is bold


def test_a_bold_word_makes_no_bold_line(render: Render, save: Save) -> None:
    def page(canvas: Canvas) -> None:
        text = canvas.beginText(20, 100)
        text.setFont("Helvetica-Bold", 12)
        text.textOut("Note: ")
        text.setFont("Helvetica", 12)
        text.textOut("the rest of it is not bold")
        canvas.drawText(text)

    (line,) = lines_of(render, save, pdf(page))
    assert line.text == "Note: the rest of it is not bold"
    assert line.bold is False


@pytest.mark.parametrize(
    ("drawn", "bare"),
    [
        (b"", True),
        (b" 1 1 1 rg 20 20 50 50 re f", True),
        (b" 0.9 G 0.1 w 20 150 m 300 150 l S", False),
        (b" 0.95 g 20 20 50 50 re f", False),
        (b" BT /F 20 Tf 100 100 Td (Name: ________) Tj ET", False),
    ],
    ids=["text alone", "white on white", "a faint hairline", "a shade", "a rule of characters"],
)
def test_a_page_that_shows_nothing_but_text(
    render: Render, save: Save, drawn: bytes, bare: bool
) -> None:
    layer = render(save("a.pdf", one_page_pdf(BOX, HELLO + drawn)), text=True)[0].text_layer
    assert layer is not None
    assert layer.bare is bare


NO_WORDS = b"".join(
    b" BT /F 9 Tf 20 %d Td (%s) Tj ET"
    % (280 - 12 * row, bytes(random.Random(row).choices(b"bcdfgjkqxz ", k=60)))
    for row in range(12)
)


@pytest.mark.parametrize(
    ("drawn", "seen"),
    [
        (HELLO, False),
        (HELLO + b" 0.9 G 0.1 w 20 150 m 300 150 l S", True),
        (b"BT /F 20 Tf 3 Tr 100 200 Td (Hello world) Tj ET", True),
        (NO_WORDS, True),
        (b"", True),
    ],
    ids=["text alone", "a hairline", "invisible text", "text that lies", "nothing"],
)
def test_a_page_that_nobody_looks_at_has_no_image(
    reader: Reader, save: Save, drawn: bytes, seen: bool
) -> None:
    request = render_request(save("a.pdf", one_page_pdf(BOX, drawn)), text=True)
    whole = reader.render(request)
    Path(whole.file).unlink()

    page = reader.render(replace(request, wanted=PageContent.IMAGE_UNLESS_TEXT_SAYS_ALL))

    assert (page.path is not None) is seen
    assert Path(request.out_path).exists() is seen
    assert replace(page, path=whole.path) == whole
