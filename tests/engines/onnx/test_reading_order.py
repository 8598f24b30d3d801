"""What cannot be cut into columns and bands is sorted by who stands above and who at the left."""

from __future__ import annotations

import random
from itertools import product

import pytest

from paddleocr_vl_service.engines.onnx.columns import Item
from paddleocr_vl_service.engines.onnx.line_geometry import Rect
from paddleocr_vl_service.engines.onnx.reading_order import _precedence, reading_order

EM = 10.0


def scattered(count: int, seed: int, page: int) -> list[Rect]:
    """Boxes in places that meet each other, also exactly."""
    rng = random.Random(seed)
    corners = [(rng.randrange(0, page, 5), rng.randrange(0, page, 5)) for _ in range(count)]
    return [
        Rect(x, y, x + rng.randrange(5, 100, 5), y + rng.randrange(5, 30, 5)) for x, y in corners
    ]


def goes_first(one: Rect, other: Rect, all_of_them: list[Rect]) -> bool:
    """The rule itself, box by box."""

    def stacked(upper: Rect, lower: Rect) -> bool:
        return upper.shared_width(lower) > 0.3 * EM

    if stacked(one, other):
        return one.middle_y < other.middle_y
    low, high = sorted((one.middle_y, other.middle_y))
    spanned = any(
        low < each.middle_y < high and stacked(each, one) and stacked(each, other)
        for each in all_of_them
    )
    return one.middle_x <= other.middle_x and not spanned


@pytest.mark.parametrize("seed", range(20))
def test_who_goes_first(seed: int) -> None:
    rects = scattered(25, seed, page=200)
    found = _precedence(rects, EM)
    for (i, one), (j, other) in product(enumerate(rects), repeat=2):
        assert bool(found[i, j]) is (i != j and goes_first(one, other, rects)), (one, other)


def test_a_thousand_blocks_that_interlock_are_put_in_order() -> None:
    """Like bricks: no gutter and no band. Asked box by box, it took two minutes."""
    bricks = [
        Rect(
            100.0 * column,
            20.0 * row + 7 * column,
            100.0 * column + 101,
            20.0 * row + 7 * column + 21,
        )
        for column in range(5)
        for row in range(200)
    ]
    groups = reading_order([Item(brick, ()) for brick in bricks], EM)
    assert [item.rect for group in groups for item in group] == bricks
