from __future__ import annotations

from paddleocr_vl_service.engines.onnx.table_filling import (
    FilledCell,
    FilledTable,
)
from paddleocr_vl_service.engines.onnx.table_geometry import draft_from_geometry
from paddleocr_vl_service.engines.onnx.table_grid import Slot
from paddleocr_vl_service.engines.onnx.tables import (
    to_text,
)
from tests.engines.onnx.table_samples import (
    piece,
)


def test_rows_by_level_and_columns_by_alignment() -> None:
    pieces = [
        piece("Name", 0, 0, 50), piece("Number", 200, 2, 70),
        piece("A long name here", 0, 40, 170), piece("7", 255, 41, 15),
        piece("B", 0, 80, 12), piece("1,234", 220, 80, 50),
        piece("C", 0, 120, 12),
    ]  # fmt: skip
    table = draft_from_geometry(pieces).filled()
    assert to_text(table) == "Name\tNumber\nA long name here\t7\nB\t1,234\nC\t"
    assert table.header_rows == 0


def test_text_across_columns_spans_them() -> None:
    pieces = [piece("Across", 100, 0, 180)]
    pieces += [piece(f"{row}{n}", n * 110, row * 40, 50) for row in (1, 2, 3) for n in range(4)]
    table = draft_from_geometry(pieces).filled()
    assert (table.rows, table.columns) == (4, 4)
    assert FilledCell(Slot(0, 1, 1, 2), "Across") in table.cells


def test_pieces_that_never_stand_side_by_side_are_one_column() -> None:
    pieces = [piece("i", 0, 0, 10), piece("right", 60, 40, 40), piece("across all", 0, 80, 100)]
    pieces += [piece("1", 200, row * 40, 10) for row in range(3)]
    table = draft_from_geometry(pieces).filled()
    assert to_text(table) == "i\t1\nright\t1\nacross all\t1"


def test_text_beside_another_stays_in_the_column_that_it_covers_most() -> None:
    pieces = [piece(f"{row}{n}", n * 110, row * 40, 60) for row in (1, 2, 3) for n in range(3)]
    pieces += [piece("left", 0, 0, 30), piece("wide", 38, 0, 130)]
    table = draft_from_geometry(pieces).filled()
    assert to_text(table).split("\n")[0] == "left\twide\t"


def test_no_text_is_no_grid() -> None:
    assert draft_from_geometry([]).filled() == FilledTable(0, 0, 0, ())
