"""Where things of a PDF page are in its rendered image."""

from __future__ import annotations

import math

import numpy as np
import pypdfium2
from numpy.typing import NDArray

from paddleocr_vl_service.intake.pdf_resolution import PixelSize

Boxes = NDArray[np.float64]
"""Rows of left, top, right, bottom in pixels."""


class Placement:
    """Where a point of the page is in its image: crop box, rotation and resolution in one.

    Args:
        page: Open.
        size: Of its rendered image.
    """

    def __init__(self, page: pypdfium2.PdfPage, size: PixelSize) -> None:
        width, height = size.width, size.height
        to_page = pypdfium2.PdfPosConv(page, (0, 0, width, height, 0)).to_page
        self._x0, self._y0 = to_page(0, 0)
        right, below = to_page(width, 0), to_page(0, height)
        self._a, self._c = (right[0] - self._x0) / width, (right[1] - self._y0) / width
        self._b, self._d = (below[0] - self._x0) / height, (below[1] - self._y0) / height
        self._determinant = self._a * self._d - self._b * self._c

    def vector(self, dx: float, dy: float) -> tuple[float, float]:
        """A direction on the page as one in the image."""
        return (
            (self._d * dx - self._b * dy) / self._determinant,
            (self._a * dy - self._c * dx) / self._determinant,
        )

    def boxes(self, rectangles: NDArray[np.float64]) -> Boxes:
        """Rows of left, bottom, right, top on the page as boxes in the image."""
        x = rectangles[:, 0::2] - self._x0
        y = rectangles[:, 1::2] - self._y0
        across = (self._d * x - self._b * y) / self._determinant
        down = (self._a * y - self._c * x) / self._determinant
        corners = (across.min(axis=1), down.min(axis=1), across.max(axis=1), down.max(axis=1))
        return np.stack(corners, axis=1)

    def turn(self, dx: float, dy: float) -> int:
        """Quarter turns clockwise, in the image, of text that runs in a direction on the page."""
        x, y = self.vector(dx, dy)
        return round(math.atan2(y, x) / (math.pi / 2)) % 4
