import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paddleocr_vl_service.intake.pdf_resolution import PixelSize, pixel_size

PLENTY = 80_000_000


@pytest.mark.parametrize(
    ("points", "pixels", "dpi"),
    [
        ((612, 792), (1700, 2200), 200),  # US letter
        ((595.32, 841.92), (1653, 2338), 200),  # A4
        ((420, 595), (1166, 1652), 200),  # A5
        ((180, 300), (960, 1600), 384),  # a page scan that calls itself a visiting card
        ((252, 144), (1600, 914), 457.14),  # a visiting card
        ((36, 36), (300, 300), 600),
        ((2384, 3370), (3537, 5000), 106.82),  # A0
        ((14400, 14400), (5000, 5000), 25),
        ((234, 14294.9), (327, 20000), 100.74),  # a drill log
        ((226, 4000), (627, 11111), 200),  # a receipt
        ((14400, 1), (20000, 1), 100),
    ],
)
def test_sizes(points: tuple[float, float], pixels: tuple[int, int], dpi: float) -> None:
    size = pixel_size(*points, PLENTY)
    assert size is not None
    assert (size.width, size.height) == pixels
    assert size.dpi == pytest.approx(dpi, abs=0.01)


@pytest.mark.parametrize("max_pixels", [10_000, 1_000_000])
def test_never_more_than_max_pixels(max_pixels: int) -> None:
    size = pixel_size(612, 792, max_pixels)
    assert size is not None
    assert 0.95 * max_pixels < size.width * size.height <= max_pixels
    assert size.width / size.height == pytest.approx(612 / 792, rel=0.02)


@pytest.mark.parametrize(
    ("width", "height"),
    [(0, 5), (5, 0), (-1, 5), (math.nan, 5), (5, math.inf), (-math.inf, math.nan)],
)
def test_a_size_that_is_none(width: float, height: float) -> None:
    assert pixel_size(width, height, PLENTY) is None


SIDES = st.floats(1e-30, 1e30) | st.floats(1, 20000)


@given(SIDES, SIDES, st.integers(10_000, PLENTY))
def test_any_page_becomes_an_image_within_the_limits(
    width: float, height: float, max_pixels: int
) -> None:
    size = pixel_size(width, height, max_pixels)
    assert size is not None
    assert 1 <= size.width <= 20_000
    assert 1 <= size.height <= 20_000
    assert size.width * size.height <= max(max_pixels, 20_000)
    flipped = pixel_size(height, width, max_pixels)
    assert flipped == PixelSize(size.height, size.width, size.dpi)
