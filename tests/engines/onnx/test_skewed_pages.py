from __future__ import annotations

import pytest

from tests.engines.onnx.page_layouts import (
    FULL,
    LEFT,
    Page,
    prose,
    texts,
    turned,
    two_columns,
    types,
)


@pytest.mark.parametrize("degrees", [-3.0, 2.0])
def test_a_skewed_scan_reads_like_a_straight_one(degrees: float) -> None:
    page = two_columns()
    straight = page.compose()
    page.lines = turned(page.lines, degrees)
    skewed = page.compose()
    assert texts(skewed) == texts(straight)
    assert types(skewed) == types(straight)
    assert all(element.polygon is not None for element in skewed)


def test_the_polygon_of_a_skewed_block_is_smaller_than_its_box() -> None:
    page = Page()
    page.paragraph(LEFT, 400, FULL, prose(60))
    page.lines = turned(page.lines, 3)
    (element,) = page.compose()
    assert element.polygon is not None
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = element.polygon
    assert x0 < x1
    assert x3 < x2
    assert y1 - y0 == pytest.approx(FULL * 0.0523, abs=3)
    assert y2 - y3 == pytest.approx(FULL * 0.0523, abs=3)
