from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from paddleocr_vl_service.engines.onnx.line_geometry import Frame, Rect
from paddleocr_vl_service.engines.onnx.model_files import model_path
from paddleocr_vl_service.engines.onnx.table_filling import (
    FilledCell,
    FilledTable,
    assign,
    fill,
)
from paddleocr_vl_service.engines.onnx.table_fragments import cut_line
from paddleocr_vl_service.engines.onnx.table_grid import Slot
from paddleocr_vl_service.engines.onnx.table_structure import (
    TableStructure,
    TableStructureModel,
)
from paddleocr_vl_service.engines.onnx.tables import (
    add_table_structure,
    read_table,
    table_lines,
    to_html,
    to_text,
)
from paddleocr_vl_service.engines.onnx.types import ReadLine
from paddleocr_vl_service.models.document import Element, ElementType
from tests.engines.onnx.table_samples import (
    WHITE,
    Cell,
    RenderedTable,
    Style,
    expected_text,
    grid_structure,
    line,
    piece,
    placed,
    render,
)

PLAIN: list[list[Cell | str]] = [
    ["Station", "Depth", "Salinity", "Oxygen"],
    ["Harbour", "12.5", "34.10", "7.9"],
    ["Lagoon", "40.1", "35.02", "6.4"],
    ["Open sea", "1,250", "36.00", "5.1"],
    ["Estuary", "3.5", "12.75", "8.8"],
]
SPANNED: list[list[Cell | str]] = [
    [Cell("Region", 2), Cell("First half", 1, 2), Cell("Second half", 1, 2)],
    ["Q1", "Q2", "Q3", "Q4"],
    ["North", "12.5", "13.1", "9.80", "10.2"],
    ["South", "7.25", "8.00", "6.75", "7.10"],
    ["Coast\nand islands", "31.0", "29.4", "33.3", "35.9"],
]
GROUPED: list[list[Cell | str]] = [
    ["Group", "Part", "Length", "Weight"],
    [Cell("Alpha", 2), "first", "12", "4.50"],
    ["second", "15", "6.25"],
    [Cell("Beta", 2), "first", "22", "7.75"],
    ["second", "25", "9.10"],
]


@pytest.fixture(scope="module")
def model() -> TableStructureModel:
    return TableStructureModel(model_path("table_structure"), threads=1)


class Told(TableStructureModel):
    """Knows the structure of every table beforehand, or that there is none."""

    def __init__(self, structure: TableStructure | None) -> None:
        self._structure = structure
        self.regions: list[Rect] = []

    def recognise(self, image: Image.Image, region: Rect) -> TableStructure | None:
        self.regions.append(region)
        return self._structure


def table_element(table: RenderedTable, text: str | None = None) -> Element:
    left, top, right, bottom = (round(edge) for edge in table.box)
    known = "\n".join(one.text for one in table.lines) if text is None else text
    return Element(ElementType.TABLE, known, (left, top, right, bottom), page=1, order=0)


def characters(text: str) -> Counter[str]:
    return Counter(re.sub(r"\s", "", text))


def test_there_is_a_head_only_if_the_model_says_so() -> None:
    cells = (FilledCell(Slot(0, 0), "a"), FilledCell(Slot(1, 0), "b"))
    assert to_html(FilledTable(2, 1, 0, cells)) == (
        "<table><tr><td>a</td></tr><tr><td>b</td></tr></table>"
    )
    assert to_html(FilledTable(2, 1, 2, cells)) == (
        "<table><thead><tr><th>a</th></tr><tr><th>b</th></tr></thead></table>"
    )


def test_spans_are_kept_in_html_and_leave_places_empty_in_text() -> None:
    structure = grid_structure(3, 3, [Slot(0, 1, 1, 2), Slot(0, 0, 2, 1)], header_rows=2)
    pieces = [piece("Region", 10, 25), piece("Half & half", 180, 5), piece("<Q1>", 115, 45)]
    pieces += [piece('"Q2"', 225, 45), piece("North", 5, 85), piece("1", 120, 85), piece("2", 230, 85)]  # fmt: skip # noqa: E501
    table = fill(structure, pieces, assign(structure, pieces))
    assert to_html(table) == (
        '<table><thead><tr><th rowspan="2">Region</th><th colspan="2">Half &amp; half</th></tr>'
        "<tr><th>&lt;Q1&gt;</th><th>&quot;Q2&quot;</th></tr></thead>"
        "<tbody><tr><td>North</td><td>1</td><td>2</td></tr></tbody></table>"
    )
    assert to_text(table) == 'Region\tHalf & half\t\n\t<Q1>\t"Q2"\nNorth\t1\t2'


def test_geometry_takes_over_where_the_structure_does_not_fit() -> None:
    lines = [
        line(f"{row}.{column}", column * 150 + 10, row * 40, column * 150 + 60, row * 40 + 20)
        for row in range(4)
        for column in range(3)
    ]
    expected = "\n".join("\t".join(f"{row}.{column}" for column in range(3)) for row in range(4))
    whole = Rect(0, 0, 400, 200)
    for told in (Told(None), Told(grid_structure(2, 1))):
        assert to_text(read_table(placed(lines), whole, WHITE, told)) == expected


def test_a_table_without_text_keeps_the_structure() -> None:
    told = Told(grid_structure(1, 2))
    table = read_table([], Rect(0, 0, 200, 40), WHITE, told)
    assert to_html(table) == "<table><tr><td></td><td></td></tr></table>"
    assert to_html(read_table([], Rect(0, 0, 9, 9), WHITE, Told(None))) == "<table></table>"


@pytest.mark.parametrize("style", ["ruled", "booktabs", "borderless"])
@pytest.mark.parametrize("rows", [PLAIN, SPANNED, GROUPED], ids=["plain", "spanned", "grouped"])
def test_a_printed_table_is_read_whole(
    model: TableStructureModel, style: Style, rows: list[list[Cell | str]]
) -> None:
    table = render(rows, style, header_rows=2 if rows is SPANNED else 1)
    other = Element(ElementType.TEXT, "Before", (0, 0, 100, 10), page=1)
    before, element = add_table_structure(
        (other, table_element(table)), table.lines, table.page, model
    )
    assert before is other
    assert element.text == expected_text(rows)
    assert element.html is not None
    assert element.html.count("<tr>") == len(rows)
    assert element.html.count("<thead>") == 1
    assert element.html.count("colspan") == (2 if rows is SPANNED else 0)
    assert element.html.count("rowspan") == {4: 2, 3: 1}.get(len(rows[0]), 0) * (rows is not PLAIN)
    assert element.bbox == table_element(table).bbox


def test_a_long_table_keeps_every_row(model: TableStructureModel) -> None:
    rows: list[list[Cell | str]] = [["Item", "Count", "Price"]]
    rows += [[f"item {number}", f"{number * 7}", f"{number * 1.5:.2f}"] for number in range(1, 40)]
    table = render(rows, "booktabs")
    [element] = add_table_structure([table_element(table)], table.lines, table.page, model)
    assert element.text == expected_text(rows)


def test_a_tilted_table_is_read_straight(model: TableStructureModel) -> None:
    table = render(PLAIN, "ruled", origin=(80, 80))
    width, height = table.page.size
    frame = Frame(-0.12, (width / 2, height / 2), vertical=False)
    (x0, y0), (x1, y1), (x2, y2) = (frame.image_point(*at) for at in ((0, 0), (1, 0), (0, 1)))
    page = table.page.transform(
        table.page.size,
        Image.Transform.AFFINE,
        (x1 - x0, x2 - x0, x0, y1 - y0, y2 - y0, y0),
        Image.Resampling.BICUBIC,
        fillcolor="white",
    )
    lines = []
    for one in table.lines:
        a, b, c, d = (frame.point(x, y) for x, y in one.quad)
        lines.append(ReadLine(one.text, one.score, (a, b, c, d)))
    # Lines long enough to show the angle stand around a table.
    (xa, ya), (xb, yb) = frame.point(20, 30), frame.point(width - 20, 30)
    (xc, yc), (xd, yd) = frame.point(width - 20, 50), frame.point(20, 50)
    lines.append(ReadLine("a line of text over the table", 0.9, ((xa, ya), (xb, yb), (xc, yc), (xd, yd))))  # fmt: skip # noqa: E501
    text = "\n".join(one.text for one in table.lines)
    element = Element(ElementType.TABLE, text, (20, 20, width - 20, height - 20), page=1)
    [read] = add_table_structure([element], lines, page, model)
    assert read.text == expected_text(PLAIN)
    assert read.html is not None
    assert "<thead>" in read.html
    told = Told(None)
    add_table_structure([element], lines, page, told)
    left, top, right, bottom = table.box
    [region] = told.regions
    assert left < region.left < region.right < right
    assert top < region.top < region.bottom < bottom


def test_a_table_on_a_page_of_vertical_writing_is_level() -> None:
    table = render(PLAIN, origin=(60, 60))
    upright = [
        line("竖排文字从上到下阅读的一行字", 700 + 30 * n, 20, 720 + 30 * n, 400) for n in range(9)
    ]
    element = table_element(table)
    page = Image.new("RGB", (1000, 600), "white")
    page.paste(table.page)
    [read] = add_table_structure([element], [*table.lines, *upright], page, Told(None))
    assert read.text == expected_text(PLAIN)


def test_a_page_without_tables_does_not_need_the_model() -> None:
    text = Element(ElementType.TEXT, "a", (0, 0, 10, 10), page=1)
    nothing: Any = None
    assert add_table_structure([text], [line("a", 0, 0, 10, 10)], nothing, nothing) == (text,)


def test_a_table_leaves_the_lines_of_others() -> None:
    own = [line("12.5", 100, 100, 160, 120), line("Depth", 100, 60, 180, 80)]
    stranger = line("A caption that reaches in", 60, 90, 400, 110)
    inside = line("a note beside", 200, 100, 300, 120)
    table = Element(ElementType.TABLE, "Depth\n12.5", (90, 50, 310, 130), page=1)
    assert table_lines(table, [*own, stranger, inside]) == own


@pytest.mark.parametrize(
    "reach", [(80, 0, 0, 0), (0, 40, 0, 0), (0, 0, 350, 0), (0, 0, 0, 170)], ids=str
)
def test_a_line_that_reaches_out_of_the_box_is_not_the_tables(
    reach: tuple[int, int, int, int],
) -> None:
    box = (100, 100, 160, 120)
    left, top, right, bottom = (out or edge for out, edge in zip(reach, box, strict=True))
    table = Element(ElementType.TABLE, "12.5", (90, 50, 310, 130), page=1)
    own = line("12.5", 200, 60, 260, 80)
    assert table_lines(table, [line("12.5", left, top, right, bottom), own]) == [own]


def test_lines_are_kept_where_the_text_cannot_tell_them() -> None:
    lines = [line("12.5", 100, 100, 160, 120), line("Depth", 100, 60, 180, 80)]
    table = Element(ElementType.TABLE, "quite different words", (90, 50, 310, 130), page=1)
    assert table_lines(table, lines) == lines


texts = st.text("ab<&>\"'é中 文-9", min_size=1, max_size=12).filter(str.strip)
any_line = st.builds(
    lambda text, x, y, width, height: line(text, x, y, x + width, y + height),
    texts,
    st.integers(0, 700),
    st.integers(0, 500),
    st.integers(4, 300),
    st.integers(4, 40),
)
structures = st.one_of(
    st.none(),
    st.builds(
        grid_structure,
        st.integers(3, 14),
        st.integers(3, 6),
        st.sampled_from([(), (Slot(0, 0, 2, 2),), (Slot(1, 1, 1, 2), Slot(0, 0, 3, 1))]),
        header_rows=st.integers(0, 3),
    ),
)


@given(st.lists(any_line, max_size=25), structures, st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_no_text_is_lost_and_the_order_of_lines_is_no_matter(
    lines: list[ReadLine], structure: TableStructure | None, shuffler: random.Random
) -> None:
    told, whole = Told(structure), Rect(0, 0, 800, 600)
    table = read_table(placed(lines), whole, WHITE, told)
    check_whole(table, lines)
    shuffled = list(lines)
    shuffler.shuffle(shuffled)
    assert read_table(placed(shuffled), whole, WHITE, told) == table


@given(st.lists(any_line, min_size=1, max_size=25), structures.filter(bool))
@settings(max_examples=100, deadline=None)
def test_no_text_is_lost_in_a_structure_that_does_not_fit(
    lines: list[ReadLine], structure: TableStructure
) -> None:
    pieces = [fragment for one in placed(lines) for fragment in cut_line(one, WHITE)]
    check_whole(fill(structure, pieces, assign(structure, pieces)), lines)


def check_whole(table: FilledTable, lines: Sequence[ReadLine]) -> None:
    """Every line is in one cell, and the HTML is well formed and means the same."""
    known = characters("".join(one.text for one in lines))
    found = characters("".join(cell.text for cell in table.cells))
    # A hyphen that breaks a word at the end of a line is the typesetter's.
    assert {**found, "-": 0} == {**known, "-": 0} | {"-": 0}
    assert found["-"] <= known["-"]
    root = ElementTree.fromstring(to_html(table))
    assert root.tag == "table"
    cells = [cell for cell in root.iter() if cell.tag in {"td", "th"}]
    assert [cell.text or "" for cell in cells] == [cell.text for cell in table.cells]
    area = sum(int(cell.get("rowspan", 1)) * int(cell.get("colspan", 1)) for cell in cells)
    assert area == table.rows * table.columns
    assert characters(to_text(table)) == found
