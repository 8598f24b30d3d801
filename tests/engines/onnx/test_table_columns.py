from __future__ import annotations

from paddleocr_vl_service.engines.onnx.table_columns import settle_columns, without_empty_columns
from paddleocr_vl_service.engines.onnx.table_draft import Draft
from paddleocr_vl_service.engines.onnx.tables import to_text
from tests.engines.onnx.table_samples import piece, seen


def text_of(table: Draft) -> str:
    return to_text(table.filled())


def test_an_empty_column_under_a_wide_heading_goes() -> None:
    table = seen(
        *((0, 0, 1, 1, piece("Year", 0, 0, 40)), (0, 1, 1, 2, piece("Depth in m", 100, 0, 90))),
        *((1, 0, 1, 1, piece("1800", 0, 40, 40)), (1, 2, 1, 1, piece("1.0", 150, 40, 30))),
    )

    assert without_empty_columns(table).columns == 2
    assert text_of(without_empty_columns(table)) == "Year\tDepth in m\n1800\t1.0"


def test_a_column_to_be_filled_in_stays() -> None:
    table = seen(
        *((0, 0, 1, 1, piece("Name", 0, 0, 40)), (0, 1, 1, 1, piece("Signature", 100, 0, 90))),
        (1, 0, 1, 1, piece("Ada", 0, 40, 40)),
    )

    assert without_empty_columns(table) == table


def test_a_column_that_only_spanning_cells_fill_is_not_lost() -> None:
    table = seen(
        (0, 0, 1, 2, piece("All of it", 0, 0, 90)), (1, 0, 1, 2, piece("and more", 0, 40, 90))
    )

    assert without_empty_columns(table) == table


def test_text_below_each_other_is_one_column() -> None:
    """The model put every other name into a column of its own."""
    table = seen(
        *((0, 1, 1, 1, piece("River", 0, 0, 50)), (0, 2, 1, 1, piece("Length", 100, 0, 60))),
        *((1, 0, 1, 1, piece("Rhine", 0, 40, 50)), (1, 2, 1, 1, piece("1230", 120, 40, 40))),
        *((2, 1, 1, 1, piece("Danube", 0, 80, 60)), (2, 2, 1, 1, piece("2850", 120, 80, 40))),
    )

    assert text_of(settle_columns(table)) == "River\tLength\nRhine\t1230\nDanube\t2850"


def test_text_side_by_side_in_one_cell_is_two_columns() -> None:
    table = seen(
        *(
            (row, 0, 1, 1, each)
            for row, words in enumerate((("Age", "Weight"), ("12", "40"), ("13", "44")))
            for each in (piece(words[0], 0, 40 * row, 50), piece(words[1], 100, 40 * row, 60))
        ),
    )

    assert text_of(settle_columns(table)) == "Age\tWeight\n12\t40\n13\t44"


def test_a_row_of_cells_that_was_read_as_one_line_does_not_become_a_span() -> None:
    table = seen(
        *(
            (row, column, 1, 1, piece(f"{row}{column}", 100 * column, 40 * row, 80))
            for row in range(3)
            for column in range(4)
        ),
        (3, 1, 1, 1, piece("30 31 32 33", 0, 120, 380)),
    )

    cells = {cell.text: cell.slot for cell in settle_columns(table).filled().cells}
    assert (cells["30 31 32 33"].column, cells["30 31 32 33"].columns) == (1, 1)
