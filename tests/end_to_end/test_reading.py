"""The real engine behind the real server: what goes in as text comes out as text."""

import io
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from PIL import Image, ImageDraw, ImageFont
from rapidfuzz.distance import Levenshtein
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from tests.support.corpus import corpus_dir
from tests.support.documents import encode
from tests.support.fonts import font_file
from tests.support.server import Server, running_server

QUARTZ = (
    "Rivers carry what mountains lose. A grain of quartz that leaves the summit in spring may "
    "take ten thousand years to reach the sea, resting on every bank on its way."
)
FLOODS = (
    "Floods move more in a day than quiet water moves in a decade, and so the shape of a valley "
    "is written by its rarest hours."
)
ENGLISH = (QUARTZ, FLOODS)
STRASSE = (
    "Die Straße führt über den Fluss und weiter nach Süden. Zwölf Boxkämpfer jagen Viktor quer "
    "über den großen Sylter Deich; schöne Grüße aus Köln."
)
CHINESE = ("河流把山上的石头带到海里，", "一粒沙子要走一万年才能到达大海。")
JAPANESE = ("川は山の石を海まで運びます。", "春になると雪が解けて水が増えます。")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("reading")
    with running_server(folder, "onnx", ENGINE_PROCESSES="1") as server:
        yield server


class Page:
    """A PDF page on which text is set in known places."""

    def __init__(self, font: str = "sans", size: float = 11) -> None:
        self.size = size
        self._buffer = io.BytesIO()
        self.canvas = Canvas(self._buffer, A4)
        pdfmetrics.registerFont(TTFont(font, str(font_file(font))))
        self._font = font

    def write(self, text: str, x: float, y: float, width: float, size: float = 0) -> float:
        """Set a paragraph from its top left corner, in points from the page's top; its bottom."""
        size = size or self.size
        line = ""
        for word in [*text.split(), ""]:
            longer = f"{line} {word}".strip()
            if word and pdfmetrics.stringWidth(longer, self._font, size) <= width:
                line = longer
                continue
            self.canvas.setFont(self._font, size)
            self.canvas.drawString(x, A4[1] - y - size, line)
            y, line = y + 1.3 * size, word
        return y

    def pdf(self) -> bytes:
        self.canvas.showPage()
        self.canvas.save()
        return self._buffer.getvalue()


def turned(content: bytes, angle: int) -> bytes:
    """A PDF whose first page says that it is to be shown turned clockwise."""
    document = pypdfium2.PdfDocument(content)
    document[0].set_rotation(angle)
    buffer = io.BytesIO()
    document.save(buffer)
    document.close()
    return buffer.getvalue()


def column(paragraphs: Sequence[str], font: str = "sans", size: float = 11) -> Page:
    page = Page(font, size)
    y = page.write("On the Work of Rivers", 70, 70, 400, size=22) + 14
    for paragraph in paragraphs:
        y = page.write(paragraph, 70, y, 430) + 12
    return page


def picture(lines: Sequence[str], style: str, size: int = 32) -> Image.Image:
    image = Image.new("RGB", (1000, 120 + 60 * len(lines)), "white")
    font = ImageFont.truetype(str(font_file(style)), size)
    for number, line in enumerate(lines):
        ImageDraw.Draw(image).text((60, 60 + 60 * number), line, "black", font)
    return image


def text_of(body: dict[str, Any]) -> str:
    return "\n".join(element["content"]["text"] for element in body["elements"])


def distance(got: str, expected: str) -> float:
    """Normalised edit distance without regard to white space."""
    return Levenshtein.normalized_distance("".join(got.split()), "".join(expected.split()))


def read(server: Server, name: str, content: bytes, **fields: str) -> dict[str, Any]:
    response = server.extract(name, content, **fields)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


@pytest.mark.parametrize("font", ["sans", "serif"])
@pytest.mark.parametrize("size", [8, 11, 16])
def test_one_column(server: Server, font: str, size: float) -> None:
    body = read(server, "a.pdf", column(ENGLISH, font, size).pdf())
    expected = "\n".join(("On the Work of Rivers", *ENGLISH))
    assert distance(text_of(body), expected) < 0.02
    types = [element["content"]["type"] for element in body["elements"]]
    assert types[0] in ("title", "heading")
    assert types[1:] == ["text", "text"]
    assert body["warnings"] == []


def test_elements_have_boxes_confidences_and_an_order(server: Server) -> None:
    body = read(server, "a.pdf", column(ENGLISH).pdf(), text_source="ocr")
    (page,) = body["pages"]
    assert page["height"] / page["width"] == pytest.approx(A4[1] / A4[0], rel=0.01)
    bottom = 0
    for order, element in enumerate(body["elements"]):
        about = element["metadata"]
        left, top, right, lower = about["bbox"]
        assert 0 <= left < right <= page["width"]
        assert bottom <= top < lower <= page["height"]
        assert about["order"] == order
        assert about["text_source"] == "ocr"
        assert 0.8 < about["recognition_confidence"] <= 1
        assert about["confidence"] == about["recognition_confidence"]
        bottom = lower - 5


def test_two_columns_are_read_one_after_the_other(server: Server) -> None:
    page = Page(size=9)
    y = page.write("On the Work of Rivers", 60, 60, 470, size=20) + 20
    left = [f"Left {number}: {ENGLISH[number % 2]}" for number in range(4)]
    right = [f"Right {number}: {ENGLISH[number % 2]}" for number in range(4)]
    for x, paragraphs in ((60, left), (310, right)):
        below = y
        for paragraph in paragraphs:
            below = page.write(paragraph, x, below, 225) + 10
    body = read(server, "a.pdf", page.pdf())
    expected = "\n".join(("On the Work of Rivers", *left, *right))
    assert distance(text_of(body), expected) < 0.02


def test_german(server: Server) -> None:
    body = read(server, "a.pdf", column([STRASSE]).pdf())
    assert distance(text_of(body), "On the Work of Rivers" + STRASSE) < 0.03


@pytest.mark.parametrize("lines", [CHINESE, JAPANESE])
def test_chinese_and_japanese(server: Server, lines: tuple[str, ...]) -> None:
    body = read(server, "a.png", encode(picture(lines, "cjk"), "PNG"))
    text = text_of(body)
    assert distance(text, "".join(lines)) < 0.1
    assert " " not in text


@pytest.mark.parametrize("angle", [90, 180, 270])
def test_turned_pages_come_out_upright(server: Server, angle: int) -> None:
    expected = "\n".join(("On the Work of Rivers", *ENGLISH))
    body = read(server, "a.pdf", turned(column(ENGLISH).pdf(), angle))
    assert distance(text_of(body), expected) < 0.02
    (page,) = body["pages"]
    assert page["rotation"] == (360 - angle) % 360
    assert page["width"] < page["height"]


def test_a_scan_that_lies_on_its_side_comes_out_upright(server: Server) -> None:
    scan = picture(
        ["Rivers carry what mountains lose.", "A grain of quartz leaves", "the summit in spring."],
        "serif",
        44,
    )
    body = read(server, "a.png", encode(scan.transpose(Image.Transpose.ROTATE_90), "PNG"))
    assert body["pages"][0]["rotation"] == 90
    assert (body["pages"][0]["width"], body["pages"][0]["height"]) == scan.size
    assert "grain of quartz" in text_of(body)


def test_a_page_in_another_script_is_a_warning_and_no_invented_letters(server: Server) -> None:
    lines = [
        "Реки несут то, что теряют горы.",
        "Песчинка идёт к морю десять тысяч лет,",
        "отдыхая на каждом берегу своего пути.",
        "Наводнение за день уносит больше камня,",
        "чем спокойная вода за десять долгих лет.",
    ]
    body = read(server, "a.png", encode(picture(lines, "cyrillic"), "PNG"))
    assert [warning["code"] for warning in body["warnings"]] == ["script-unsupported"]
    assert len(re.sub(r"[\d\W]", "", text_of(body))) < 10


def test_the_text_layer_is_taken_where_it_is_asked_for(server: Server) -> None:
    page = column(ENGLISH)
    body = read(server, "a.pdf", page.pdf(), text_source="text-layer")
    assert distance(text_of(body), "\n".join(("On the Work of Rivers", *ENGLISH))) == 0
    assert {element["metadata"]["text_source"] for element in body["elements"]} == {"text-layer"}
    assert {element["metadata"]["recognition_confidence"] for element in body["elements"]} == {None}


def test_a_page_without_a_text_layer_is_read_all_the_same_and_says_so(server: Server) -> None:
    image = encode(picture(["Rivers carry what mountains lose."], "serif"), "PNG")
    body = read(server, "a.png", image, text_source="text-layer")
    assert "mountains" in text_of(body)
    assert [warning["code"] for warning in body["warnings"]] == ["text-layer-absent"]


def test_a_table_has_rows_and_columns(server: Server) -> None:
    rows = [
        ("River", "Length", "Mouth"),
        ("Danube", "2850 km", "Black Sea"),
        ("Rhine", "1230 km", "North Sea"),
        ("Rhone", "813 km", "Mediterranean"),
    ]
    page = Page()
    page.write(FLOODS, 70, 70, 430)
    lefts, top, height = (90, 220, 350, 500), 150, 26
    for number, row in enumerate(rows):
        for x, text in zip(lefts, row, strict=False):
            page.write(text, x + 8, top + height * number + 7, 200)
    for number in range(len(rows) + 1):
        y = A4[1] - top - height * number
        page.canvas.line(lefts[0], y, lefts[-1], y)
    for x in lefts:
        page.canvas.line(x, A4[1] - top, x, A4[1] - top - height * len(rows))
    page.write(QUARTZ, 70, 290, 430)
    body = read(server, "a.pdf", page.pdf())
    (table,) = (each for each in body["elements"] if each["content"]["type"] == "table")
    cells = re.findall(r"<t[dh]>(.*?)</t[dh]>", table["content"]["html"])
    assert cells == [cell for row in rows for cell in row]
    assert table["content"]["html"].count("<tr>") == 4
    assert table["content"]["text"] == "\n".join("\t".join(row) for row in rows)
    assert table["content"]["html"] in body["markdown"]


def test_an_empty_page_has_no_elements(server: Server) -> None:
    body = read(server, "a.png", encode(Image.new("RGB", (800, 1000), "white"), "PNG"))
    assert (body["elements"], body["markdown"]) == ([], "# Document OCR Results\n")


def test_twenty_documents_at_once_each_get_their_own_text(server: Server) -> None:
    def upload(number: int) -> tuple[int, str]:
        image = picture([f"Document number {number * 7919}"], "sans", 40)
        return number, text_of(read(server, "a.png", encode(image, "PNG")))

    with ThreadPoolExecutor(20) as threads:
        for number, text in threads.map(upload, range(20)):
            assert f"number {number * 7919}" in text


def test_the_engine_is_named(server: Server) -> None:
    with server.client() as client:
        health = client.get("/health").json()
    assert (health["engine"]["name"], health["device"]) == ("onnx", "cpu")
    assert {"Latn", "Hani", "Hira", "Kana"} == set(health["scripts"])


HARD_PDFS = sorted((folder / "hard-pdfs").glob("*.pdf")) if (folder := corpus_dir()) else []


@pytest.mark.parametrize("path", HARD_PDFS, ids=lambda path: path.stem)
def test_hard_pdfs_go_through(server: Server, path: Path) -> None:
    body = read(server, path.name, path.read_bytes(), pages="1")
    assert body["errors"] == []
    assert len(text_of(body)) > 20


@pytest.mark.skipif(not HARD_PDFS, reason="needs the corpus")
def test_a_rotated_pdf_reads_like_its_upright_twin(server: Server) -> None:
    upright, rotated = (
        read(server, name, path.read_bytes(), pages="1")
        for name, path in ((path.name, path) for path in HARD_PDFS if "edgar" in path.name)
    )
    assert distance(text_of(upright), text_of(rotated)) < 0.05
