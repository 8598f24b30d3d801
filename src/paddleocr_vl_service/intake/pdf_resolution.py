"""How many pixels a PDF page becomes."""

from __future__ import annotations

import math
from dataclasses import dataclass

POINTS_PER_INCH = 72.0
NORMAL_DPI = 200.0
SMALL_PAGE_DPI = 600.0
"""Most that a small page is rendered at."""
SMALL_PAGE_SIDE = 1600
"""Pixels that the long side of a small page gets: many are scans whose stated size is wrong."""
LONG_SIDE = 5000
"""Pixels that the long side of a large page gets at most..."""
SKINNY_SHORT_SIDE = 640
"""...unless that would leave fewer than these to the short side: a receipt, a drill log..."""
SKINNY_LONG_SIDE = 20_000
"""...which may be this long."""


@dataclass(frozen=True)
class PixelSize:
    """Size of a rendered page.

    Attributes:
        width: Pixels, at least 1.
        height: Pixels, at least 1.
        dpi: Pixels to 72 units of the page.
    """

    width: int
    height: int
    dpi: float


def pixel_size(width: float, height: float, max_pixels: int) -> PixelSize | None:
    """The size at which to render a page.

    Args:
        width: Of the visible, turned page, in points.
        height: Likewise.
        max_pixels: Most pixels the image may have.

    Returns:
        None for a page whose size is no size: not finite, or nothing.
    """
    if not (math.isfinite(width) and math.isfinite(height) and width > 0 and height > 0):
        return None
    short, long = sorted((width, height))
    scale = NORMAL_DPI / POINTS_PER_INCH
    if long * scale < SMALL_PAGE_SIDE:
        scale = min(SMALL_PAGE_SIDE / long, SMALL_PAGE_DPI / POINTS_PER_INCH)
    largest = max(LONG_SIDE / long, min(SKINNY_SHORT_SIDE / short, SKINNY_LONG_SIDE / long))
    scale = min(scale, largest, math.sqrt(min(max_pixels, LONG_SIDE**2) / width / height))
    return PixelSize(
        max(1, math.floor(width * scale + 1e-6)),
        max(1, math.floor(height * scale + 1e-6)),
        round(scale * POINTS_PER_INCH, 2),
    )
