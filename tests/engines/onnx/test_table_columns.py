from __future__ import annotations

from paddleocr_vl_service.engines.onnx.table_columns import without_empty_columns
from paddleocr_vl_service.engines.onnx.table_filling import FilledCell, FilledTable
from paddleocr_vl_service.engines.onnx.table_grid import Slot


def table(columns: int, *cells: tuple[int, int, int, str]) -> FilledTable:
    """Cells as row, column, columns, text."""
    filled = [FilledCell(Slot(row, column, 1, span), text) for row, column, span, text in cells]
    return FilledTable(max(cell[0] for cell in cells) + 1, columns, 1, tuple(filled))


def test_an_empty_column_under_a_wide_heading_goes() -> None:
    seen = table(
        3,
        *((0, 0, 1, "Year"), (0, 1, 2, "Depth in m")),
        *((1, 0, 1, "1800"), (1, 1, 1, ""), (1, 2, 1, "1.0")),
    )

    assert without_empty_columns(seen) == table(
        2, (0, 0, 1, "Year"), (0, 1, 1, "Depth in m"), (1, 0, 1, "1800"), (1, 1, 1, "1.0")
    )


def test_a_column_to_be_filled_in_stays() -> None:
    form = table(2, (0, 0, 1, "Name"), (0, 1, 1, "Signature"), (1, 0, 1, "Ada"), (1, 1, 1, ""))

    assert without_empty_columns(form) == form


def test_a_column_that_only_spanning_cells_fill_is_not_lost() -> None:
    seen = table(2, (0, 0, 2, "All of it"), (1, 0, 2, "and more"))

    assert without_empty_columns(seen) == seen


def test_an_empty_table_stays_as_it_is_or_is_empty() -> None:
    cells = without_empty_columns(table(2, (0, 0, 1, ""), (0, 1, 1, ""))).cells

    assert all(cell.text == "" for cell in cells)
