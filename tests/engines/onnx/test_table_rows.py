from __future__ import annotations

import pytest

from paddleocr_vl_service.engines.onnx.table_draft import Draft
from paddleocr_vl_service.engines.onnx.table_rows import settle_rows
from tests.engines.onnx.table_samples import Place, piece, seen

BODY: tuple[Place, ...] = tuple(
    (3 + row, column, 1, 1, piece(f"{row}{column}", 100 * column, 100 + 50 * row, 60))
    for row in range(3)
    for column in range(3)
)


def rows_of(table: Draft) -> dict[str, tuple[int, int]]:
    """First row and number of rows of each cell with text."""
    return {
        cell.text: (cell.slot.row, cell.slot.rows) for cell in table.filled().cells if cell.text
    }


@pytest.mark.parametrize("row", [0, 1, 2], ids=["above", "a row of its own", "below"])
def test_a_head_half_way_between_two_rows_spans_both(row: int) -> None:
    table = seen(
        (0, 1, 1, 2, piece("Length", 150, 0, 60)),
        (row, 0, 1, 1, piece("River", 0, 25, 60)),
        *((2, column, 1, 1, piece(f"course {column}", 100 * column, 50, 60)) for column in (1, 2)),
        *BODY,
    )

    settled = settle_rows(table)

    assert settled.rows == 5
    rows = rows_of(settled)
    assert (rows["River"], rows["Length"], rows["course 1"]) == ((0, 2), (0, 1), (1, 1))
    assert (rows["00"], rows["22"]) == ((2, 1), (4, 1))


def test_lines_of_one_cell_are_no_rows() -> None:
    table = seen(
        *((0, 0, 1, 1, piece("Tagus", 0, 38, 60)), (0, 1, 1, 1, piece("Atlantic", 100, 26, 80))),
        *((0, 2, 1, 1, piece("1007", 200, 38, 60)), (1, 1, 1, 1, piece("Ocean", 100, 50, 60))),
        *BODY,
    )

    settled = settle_rows(table)

    assert settled.rows == 4
    assert rows_of(settled)["Atlantic Ocean"] == (0, 1)


def test_a_row_without_text_goes() -> None:
    settled = settle_rows(seen((0, 0, 1, 1, piece("above", 0, 0, 60)), *BODY))

    assert settled.rows == 4
    assert rows_of(settled)["00"] == (1, 1)


def test_rows_that_are_far_enough_apart_stay() -> None:
    """A line for each group is a row, though nothing stands beside it."""
    table = seen(
        *((0, 0, 1, 1, piece("first", 0, -50, 60)), (1, 0, 1, 1, piece("second", 0, 0, 60))),
        (2, 0, 1, 1, piece("third", 0, 50, 60)),
        *BODY,
    )

    assert settle_rows(table) == table


def test_text_that_would_lie_on_other_text_stays_where_the_model_has_it() -> None:
    table = seen(
        *((0, 0, 1, 1, piece("a", 0, 0, 60)), (0, 1, 1, 1, piece("b", 100, 0, 60))),
        *((1, 0, 1, 1, piece("c", 0, 25, 60)), (2, 0, 1, 1, piece("d", 0, 50, 60))),
        *BODY,
    )

    assert settle_rows(table) == table
