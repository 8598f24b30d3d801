"""Cuts lines of text out of a page and brings them to the recognition model's input height."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image

from paddleocr_vl_service.engines.onnx.types import Box, Quad

INPUT_HEIGHT = 48
"""Pixels; the height the recognition model was trained on."""

_VERTICAL_RATIO = 1.5
_UPRIGHT_DRIFT = 1.0
"""Pixels by which a side may leave its direction in a line that is cut out without turning."""


def crop_line(page: Image.Image, quad: Quad) -> Image.Image:
    """Cut out a line of text.

    A vertical line (`is_vertical`) is turned: its top comes out on the left, as the
    recognition model wants vertical Chinese and Japanese, and as text turned clockwise is read.

    Args:
        page: RGB.
        quad: In pixels of the page, clockwise from the top left corner; it may reach over the
            page's edge.

    Returns:
        An RGB image 48 pixels high and as wide as the line's proportions ask for.
    """
    width, height = _sides(quad)
    vertical = is_vertical(quad)
    proportion = height / width if vertical else width / height
    length = max(1, round(INPUT_HEIGHT * proportion))
    size = (INPUT_HEIGHT, length) if vertical else (length, INPUT_HEIGHT)
    if _drift(quad) <= _UPRIGHT_DRIFT:
        line = page.resize(size, Image.Resampling.BILINEAR, box=_upright_box(page, quad))
    else:
        line = _crop_tilted(page, quad, (math.ceil(width), math.ceil(height)))
        line = line.resize(size, Image.Resampling.BILINEAR)
    return line.transpose(Image.Transpose.ROTATE_90) if vertical else line


def is_vertical(quad: Quad) -> bool:
    """Say whether a line runs from top to bottom: 1.5 times as high as wide, or more."""
    width, height = _sides(quad)
    return height >= _VERTICAL_RATIO * width


def _sides(quad: Quad) -> tuple[float, float]:
    """Return width and height, at least one pixel each."""
    top_left, top_right, bottom_right, bottom_left = quad
    width = max(math.dist(top_left, top_right), math.dist(bottom_left, bottom_right), 1.0)
    height = max(math.dist(top_left, bottom_left), math.dist(top_right, bottom_right), 1.0)
    return width, height


def _drift(quad: Quad) -> float:
    """Return by how many pixels a side leaves the horizontal or the vertical."""
    top_left, top_right, _, bottom_left = quad
    return max(abs(top_right[1] - top_left[1]), abs(bottom_left[0] - top_left[0]))


def _upright_box(page: Image.Image, quad: Quad) -> Box:
    """Return the upright box through the middles of a quad's sides, within the page."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = quad
    left = min(max((x0 + x3) / 2, 0.0), page.width - 1.0)
    top = min(max((y0 + y1) / 2, 0.0), page.height - 1.0)
    right = min(max((x1 + x2) / 2, left + 1.0), float(page.width))
    bottom = min(max((y2 + y3) / 2, top + 1.0), float(page.height))
    return (left, top, right, bottom)


def _crop_tilted(page: Image.Image, quad: Quad, size: tuple[int, int]) -> Image.Image:
    """Cut out a tilted rectangle at the page's resolution; beyond the page its edge goes on."""
    left, top = (math.floor(min(corner[axis] for corner in quad)) - 1 for axis in (0, 1))
    right, bottom = (math.ceil(max(corner[axis] for corner in quad)) + 2 for axis in (0, 1))
    columns = np.clip(np.arange(left, right), 0, page.width - 1)
    rows = np.clip(np.arange(top, bottom), 0, page.height - 1)
    inner = page.crop((int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1))
    window = np.asarray(inner)[rows - rows[0]][:, columns - columns[0]]

    origin, right_corner, _, bottom_corner = np.array(quad)
    step_x, step_y = (right_corner - origin) / size[0], (bottom_corner - origin) / size[1]
    start = origin - (left, top)
    return Image.fromarray(window).transform(
        size,
        Image.Transform.AFFINE,
        (step_x[0], step_y[0], start[0], step_x[1], step_y[1], start[1]),
        resample=Image.Resampling.BICUBIC,
    )
