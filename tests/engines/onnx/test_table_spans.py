from __future__ import annotations

from collections.abc import Sequence

import pytest

from paddleocr_vl_service.engines.onnx.line_geometry import Rect
from paddleocr_vl_service.engines.onnx.table_grid import Slot
from paddleocr_vl_service.engines.onnx.table_spans import settle_spans
from tests.engines.onnx.table_samples import Place, piece, seen


def body(first: int, top: float, columns: Sequence[int], rows: int = 3) -> list[Place]:
    return [
        (first + row, column, 1, 1, piece(f"{row}{column}", 100 * column, top + 50 * row, 60))
        for row in range(rows)
        for column in columns
    ]


def slots_of(places: Sequence[Place], *rules: Rect) -> dict[str, Slot]:
    table = settle_spans(seen(*places), rules)
    return {cell.text: cell.slot for cell in table.filled().cells if cell.text}


def test_text_in_the_middle_of_two_columns_spans_them() -> None:
    slots = slots_of(
        [
            *body(0, 0, range(3)),
            *((3, 0, 1, 1, piece("Tagus", 0, 150, 60)), (3, 1, 1, 1, piece("both", 140, 150, 80))),
        ]
    )

    assert slots["both"] == Slot(3, 1, 1, 2)


def test_text_at_the_left_of_two_columns_does_not_span_them() -> None:
    """A heading between rows runs on over the columns beside its own."""
    slots = slots_of([*body(0, 0, range(3)), (3, 0, 1, 1, piece("In the north", 0, 150, 130))])

    assert slots["In the north"] == Slot(3, 0)


def test_a_rule_below_a_head_says_which_columns_it_spans() -> None:
    places = [(0, 1, 1, 1, piece("Length", 100, 0, 60)), *body(1, 50, range(4))]

    assert slots_of(places, Rect(100, 35, 360, 37))["Length"] == Slot(0, 1, 1, 3)
    assert slots_of(places, Rect(0, 35, 360, 37))["Length"].columns == 1, "it rules the whole table"


@pytest.mark.parametrize("column", [1, 2, 3])
def test_heads_share_out_the_columns_so_that_each_stands_in_the_middle(column: int) -> None:
    slots = slots_of(
        [
            (0, 0, 2, 1, piece("River", 0, 25, 60)),
            (0, column, 1, 1, piece("Length", 200, 0, 60)),
            *body(1, 50, range(1, 4), rows=1),
            *((2 + row, 0, 1, 1, piece("x", 0, 100 + 50 * row, 60)) for row in range(2)),
            *((2, each, 1, 1, piece(f"n{each}", 100 * each, 100, 60)) for each in range(1, 4)),
            *((3, each, 1, 1, piece(f"m{each}", 100 * each, 150, 60)) for each in range(1, 4)),
        ]
    )

    assert slots["Length"] == Slot(0, 1, 1, 3)
    assert slots["River"] == Slot(0, 0, 2, 1)


def test_heads_above_their_own_columns_leave_the_corner_empty() -> None:
    slots = slots_of(
        [
            *((0, column, 1, 1, piece(f"head {column}", 100 * column, 0, 60)) for column in (1, 2)),
            *body(1, 50, range(3)),
        ]
    )

    assert slots["head 1"] == Slot(0, 1)


def groups(*heads: tuple[int, str, float]) -> list[Place]:
    """Eight rows below a heading, and heads of groups in the first column."""
    return [
        *((0, column, 1, 1, piece(f"h{column}", 100 * column, 0, 60)) for column in range(3)),
        *body(1, 50, (1, 2), rows=6),
        *((row, 0, 1, 1, piece(text, 0, top, 60)) for row, text, top in heads),
    ]


def test_a_group_of_three_has_its_head_in_the_middle_where_another_one_has() -> None:
    places = groups((2, "three", 100), (4, "one", 200), (6, "two", 275))
    places[-1] = (5, 0, 2, 1, places[-1][4])

    slots = slots_of(places)

    assert (slots["three"], slots["one"]) == (Slot(1, 0, 3, 1), Slot(4, 0))
    assert slots["two"] == Slot(5, 0, 2, 1)


def test_heads_at_the_top_of_their_groups_stay() -> None:
    slots = slots_of(groups((1, "a", 50), (3, "b", 150), (5, "c", 250)))

    assert (slots["a"], slots["b"], slots["c"]) == (Slot(1, 0), Slot(3, 0), Slot(5, 0))


def test_columns_that_overlap_are_left_alone() -> None:
    places = [
        (row, column, 1, 1, piece(f"{row}{column}", 40 * column, 50 * row, 60))
        for row in range(3)
        for column in range(2)
    ]

    assert {slot.columns for slot in slots_of(places).values()} == {1}
