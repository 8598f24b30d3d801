from __future__ import annotations

import pytest
from PIL import Image

from paddleocr_vl_service.engines.onnx.line_geometry import PlacedLine, Rect
from paddleocr_vl_service.engines.onnx.model_files import model_path
from paddleocr_vl_service.engines.onnx.rules import find_rules
from paddleocr_vl_service.engines.onnx.table_fragments import cut_line
from paddleocr_vl_service.engines.onnx.table_pieces import cuts_between_rows, read_in_pieces
from paddleocr_vl_service.engines.onnx.table_structure import TableStructure, TableStructureModel
from paddleocr_vl_service.engines.onnx.tables import (
    add_table_structure,
    read_table,
    to_html,
    to_text,
)
from paddleocr_vl_service.engines.onnx.types import ReadLine
from paddleocr_vl_service.models.document import Element, ElementType, TextSource, TextWord
from tests.engines.onnx.table_samples import (
    WHITE,
    Cell,
    RenderedTable,
    expected_text,
    grid_structure,
    line,
    piece,
    placed,
    render,
)

SPANS: list[list[Cell | str]] = [
    [Cell("Region", 2), Cell("First half", 1, 2), Cell("Second half", 1, 2)],
    ["Q1", "Q2", "Q3", "Q4"],
    [Cell("North", 2), "12.5", "13.1", "", "10.2"],
    ["7.25", "8.00", "6.75", ""],
    ["Coast\nand islands\nto the east", "31.0", "29.4\n(revised)", Cell("none", 1, 2)],
]


def by_rules(table: RenderedTable) -> str:
    lines = placed(table.lines)
    read = read_table(lines, Rect(*table.box), table.page, None, find_rules(table.page, lines))
    return to_html(read)


def test_rules_give_every_cell_and_span_without_a_model() -> None:
    assert by_rules(render(SPANS)) == (
        "<table>"
        '<tr><td rowspan="2">Region</td><td colspan="2">First half</td>'
        '<td colspan="2">Second half</td></tr>'
        "<tr><td>Q1</td><td>Q2</td><td>Q3</td><td>Q4</td></tr>"
        '<tr><td rowspan="2">North</td><td>12.5</td><td>13.1</td><td></td><td>10.2</td></tr>'
        "<tr><td>7.25</td><td>8.00</td><td>6.75</td><td></td></tr>"
        "<tr><td>Coast and islands to the east</td><td>31.0</td><td>29.4 (revised)</td>"
        '<td colspan="2">none</td></tr>'
        "</table>"
    )


def test_a_ruled_table_of_many_rows_is_exact() -> None:
    rows: list[list[Cell | str]] = [["No", "Name", "Share", "Rank"]]
    rows += [[str(n), f"part {n}\nsecond line" if n % 3 else f"part {n}", f"{n / 7:.2f}", str(99 - n)] for n in range(45)]  # fmt: skip # noqa: E501
    table = render(rows, size=16)
    lines = placed(table.lines)
    read = read_table(lines, Rect(*table.box), table.page, None, find_rules(table.page, lines))
    assert to_text(read) == expected_text(rows)


def test_a_box_around_a_table_and_one_upright_rule_leave_its_rows_to_the_text() -> None:
    table = render([["a", "1.5"], ["b", "2.5"], ["c", "3.5"], ["d", "4.5"]], "borderless")
    left, top, right, bottom = (round(edge) for edge in table.box)
    page = table.page.copy()
    for box in ((left, top, right, top + 2), (left, bottom, right, bottom + 2), (left, top, left + 2, bottom), (right, top, right + 2, bottom)):  # fmt: skip # noqa: E501
        page.paste("black", box)
    edge = round((table.lines[0].box[2] + table.lines[1].box[0]) / 2)
    page.paste("black", (edge, top, edge + 2, bottom))
    lines = placed(table.lines)
    read = read_table(lines, Rect(*table.box), page, None, find_rules(page, lines))
    assert to_text(read) == "a\t1.5\nb\t2.5\nc\t3.5\nd\t4.5"


def test_tables_are_read_with_layout_detection_off() -> None:
    table = render(SPANS)
    left, top, right, bottom = (round(edge) for edge in table.box)
    element = Element(ElementType.TABLE, "\n".join(one.text for one in table.lines), (left, top, right, bottom), page=1)  # fmt: skip # noqa: E501
    [read] = add_table_structure([element], table.lines, table.page, None)
    assert read.text == expected_text(SPANS)


def worded(*words: tuple[str, int, int], text: str | None = None) -> PlacedLine:
    known = tuple(TextWord(word, (left, 100, right, 120)) for word, left, right in words)
    said = " ".join(word for word, _, _ in words) if text is None else text
    whole = line(said, words[0][1], 100, words[-1][2], 120)
    [on_page] = placed([ReadLine(said, None, whole.quad, TextSource.TEXT_LAYER, known)])
    return on_page


def test_words_of_a_text_layer_say_where_a_line_is_cut() -> None:
    one = worded(("Open", 50, 90), ("sea", 96, 120), ("12.5", 140, 180), ("±0.1", 300, 340))
    cut = cut_line(one, WHITE)
    assert [(part.text, part.rect.left, part.rect.right) for part in cut] == [
        ("Open sea", 50, 120),
        ("12.5", 140, 180),
        ("±0.1", 300, 340),
    ]


def test_words_are_cut_at_a_rule_however_close_they_stand() -> None:
    one = worded(("seven", 50, 100), ("thirty", 106, 160))
    assert len(cut_line(one, WHITE)) == 1
    assert [part.text for part in cut_line(one, WHITE, [Rect(102, 80, 104, 140)])] == ["seven", "thirty"]  # fmt: skip # noqa: E501
    assert len(cut_line(one, WHITE, [Rect(102, 10, 104, 90)])) == 1


def test_words_that_are_not_the_lines_text_cut_nothing() -> None:
    one = worded(("Open", 50, 90), ("12.5", 240, 280), text="Open water 12.5")
    assert [part.text for part in cut_line(one, WHITE)] == ["Open water 12.5"]


class Pieces(TableStructureModel):
    """Sees as many rows in a piece as the piece is high."""

    def __init__(self, *columns: int) -> None:
        self._columns = list(columns)

    def recognise(self, image: Image.Image, region: Rect) -> TableStructure | None:
        rows = round(region.height / 40)
        found = grid_structure(rows, self._columns.pop(0), header_rows=int(region.top < 1))
        cells = tuple(
            type(cell)(
                cell.slot,
                cell.rect._replace(
                    top=cell.rect.top + region.top, bottom=cell.rect.bottom + region.top
                ),
            )
            for cell in found.cells
        )
        return TableStructure(found.rows, found.columns, found.header_rows, cells, 0.9)


MANY = [
    piece(f"{row}.{n}", n * 110 + 5, row * 40 + 4, 80, 24) for row in range(40) for n in range(3)
]


def test_a_long_table_is_cut_between_rows_and_put_together() -> None:
    cuts = cuts_between_rows(MANY)
    assert len(cuts) == 2
    assert not any(one.rect.top < cut < one.rect.bottom for one in MANY for cut in cuts)
    found = read_in_pieces(Rect(0, 0, 330, 1600), WHITE, MANY, Pieces(3, 3, 3))
    assert found is not None
    assert (found.rows, found.columns, found.header_rows) == (40, 3, 1)


def test_pieces_with_different_columns_are_not_believed() -> None:
    assert read_in_pieces(Rect(0, 0, 330, 1600), WHITE, MANY, Pieces(3, 2, 3)) is None


@pytest.mark.parametrize("rows", [1, 5, 12])
def test_a_short_table_is_not_cut(rows: int) -> None:
    assert cuts_between_rows(MANY[: rows * 3]) == []


def test_a_ruled_column_to_be_filled_in_stays_though_it_is_empty() -> None:
    rows: list[list[Cell | str]] = [["Question", "", "No"], ["Is it ripe?", "", ""], ["Is it sweet?", "", ""]]  # fmt: skip # noqa: E501
    table = render(rows)
    left, top, right, bottom = (round(edge) for edge in table.box)
    text = "\n".join(one.text for one in table.lines)
    element = Element(ElementType.TABLE, text, (left, top, right, bottom), page=1)
    model = TableStructureModel(model_path("table_structure"), threads=1)
    [read] = add_table_structure([element], table.lines, table.page, model)
    assert read.text == expected_text(rows)
