"""Finds lines of text on a page: DB (Liao et al., Real-time Scene Text Detection, 2020)."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from paddleocr_vl_service.engines.onnx.geometry import (
    Mask,
    Rectangle,
    connected_components,
    min_area_rectangle,
)
from paddleocr_vl_service.engines.onnx.sessions import FloatArray, Model, image_tensor
from paddleocr_vl_service.engines.onnx.types import Quad

_MAX_SIDE = 1280
_PIXEL_BUDGET = _MAX_SIDE * _MAX_SIDE / math.sqrt(2)
"""An A4 page at `_MAX_SIDE`: a narrower page may be longer than that."""

_SIDE_MULTIPLE = 32
_MEAN = _DEVIATION = (0.5, 0.5, 0.5)

_PIXEL_THRESHOLD = 0.3
_REGION_THRESHOLD = 0.5
_UNCLIP_RATIO = 1.6
_MIN_SIDE = 3.0
_SCORE_TOLERANCE = 0.2


class TextDetector:
    """The PP-OCR text detection model.

    Args:
        path: Its ONNX file.
        threads: CPU threads to use.
    """

    def __init__(self, path: Path, threads: int) -> None:
        self._model = Model(path, threads)

    def detect(self, page: Image.Image) -> list[Quad]:
        """Return a quad around every line of text of an RGB page, from top to bottom.

        A tilted quad may reach a few pixels over the page's edge.
        """
        width, height = input_size(page.width, page.height)
        resized = page.resize((width, height), Image.Resampling.BICUBIC)
        (probabilities,) = self._model.run(image_tensor(np.asarray(resized), _MEAN, _DEVIATION))
        scale_x, scale_y = page.width / width, page.height / height
        return [
            rectangle.scaled(scale_x, scale_y) for rectangle in text_rectangles(probabilities[0, 0])
        ]


def input_size(width: int, height: int) -> tuple[int, int]:
    """Return the size in which a page is looked at: never enlarged, sides multiples of 32."""
    longest = max(width, height)
    scale = max(_MAX_SIDE / longest, math.sqrt(_PIXEL_BUDGET / (width * height)))
    scale = min(scale, 1.0)

    def side(length: int) -> int:
        return max(_SIDE_MULTIPLE, round(length * scale / _SIDE_MULTIPLE) * _SIDE_MULTIPLE)

    return side(width), side(height)


def text_rectangles(probabilities: FloatArray) -> list[Rectangle]:
    """Turn a map of text probabilities into rectangles around lines, in pixels of the map.

    The model marks the core of each line; the rectangle around a core is grown to the line's
    full height, by an amount that depends on its shape (DB's "unclip").
    """
    rectangles = []
    for component in connected_components(_dilated(probabilities > _PIXEL_THRESHOLD)):
        core = min_area_rectangle(component)
        if min(core.width, core.height) < _MIN_SIDE:
            continue
        if _mean_inside(probabilities, core) < _REGION_THRESHOLD:
            continue
        perimeter = 2 * (core.width + core.height)
        rectangles.append(core.grown(core.width * core.height * _UNCLIP_RATIO / perimeter))
    return rectangles


def _dilated(mask: Mask) -> Mask:
    """Grow a mask by one pixel to the right and down.

    Pixel indices of the result are then pixel edges of the mask: what spans the indices
    [a, b] of one spans the coordinates [a, b] of the other.
    """
    grown: Mask = mask.copy()
    grown[1:] |= mask[:-1]
    grown[:, 1:] |= grown[:, :-1].copy()
    return grown


def _mean_inside(values: FloatArray, rectangle: Rectangle) -> float:
    """Return the mean of the pixels whose indices lie in a rectangle."""
    tolerant = rectangle.grown(_SCORE_TOLERANCE)
    quad = np.array(tolerant.scaled(1, 1))
    left, top = np.maximum(np.ceil(quad.min(axis=0)).astype(int), 0)
    right, bottom = np.floor(quad.max(axis=0)).astype(int) + 1
    window = values[top:bottom, left:right]
    xs: npt.NDArray[np.float64] = np.arange(left, left + window.shape[1], dtype=np.float64)
    ys: npt.NDArray[np.float64] = np.arange(top, top + window.shape[0], dtype=np.float64)
    inside = tolerant.contains(xs, ys)
    return float(window[inside].mean()) if inside.any() else 0.0
