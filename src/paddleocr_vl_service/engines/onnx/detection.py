"""Finds lines of text on a page: DB (Liao et al., Real-time Scene Text Detection, 2020).

The model finds lines that are some fifteen pixels high or more. A page is looked at in a size that
suits a page of a book; where its lines come out smaller than that (newspapers, strips, thumbnails),
it is looked at again, larger and in tiles.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

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
_LEAST_LINE_HEIGHT = 14.5
"""Pixels of the model's input: of half of a page's lines at least, or they are found badly."""

_GOOD_LINE_HEIGHT = 18.0
_MOST_ENLARGED = 2.0
_MOST_PIXELS = 14 * _PIXEL_BUDGET
_MOST_LOOKS = 3
_LEAST_WIDTH = 320
"""Pixels of the model's input: of a strip, however long."""

_ONE_PIECE = 1.5 * _PIXEL_BUDGET
_TILE = 1280
_TILE_OVERLAP = 128
"""Pixels that neighbouring tiles share: a line's surroundings, half of it for each."""

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
        size = input_size(page.width, page.height)
        for _ in range(_MOST_LOOKS):
            rectangles = self._look(page, size)
            larger = larger_size((page.width, page.height), size, rectangles)
            if larger is None:
                break
            size = larger
        scale_x, scale_y = page.width / size[0], page.height / size[1]
        return [rectangle.scaled(scale_x, scale_y) for rectangle in rectangles]

    def _look(self, page: Image.Image, size: tuple[int, int]) -> list[Rectangle]:
        """The lines of a page brought to a size, in pixels of that size."""
        resized = page.resize(size, Image.Resampling.BICUBIC)
        width, height = size
        if width * height <= _ONE_PIECE:
            return text_rectangles(self._probabilities(resized))
        whole = np.zeros((height, width), dtype=np.float32)
        for top, bottom, above, below in _tiles(height):
            for left, right, before, after in _tiles(width):
                tile = self._probabilities(resized.crop((left, top, right, bottom)))
                whole[above:below, before:after] = tile[
                    above - top : below - top, before - left : after - left
                ]
        return text_rectangles(whole)

    def _probabilities(self, image: Image.Image) -> FloatArray:
        (probabilities,) = self._model.run(image_tensor(np.asarray(image), _MEAN, _DEVIATION))
        found: FloatArray = probabilities[0, 0]
        return found


def input_size(width: int, height: int) -> tuple[int, int]:
    """Return the size in which a page is looked at: never enlarged, sides multiples of 32."""
    shorter, longer = sorted((width, height))
    scale = max(
        _MAX_SIDE / longer, math.sqrt(_PIXEL_BUDGET / (width * height)), _LEAST_WIDTH / shorter
    )
    scale = min(scale, 1.0, math.sqrt(_MOST_PIXELS / (width * height)))
    return _multiple(width * scale), _multiple(height * scale)


def _multiple(length: float) -> int:
    return max(_SIDE_MULTIPLE, round(length / _SIDE_MULTIPLE) * _SIDE_MULTIPLE)


def larger_size(
    page: tuple[int, int], size: tuple[int, int], lines: Sequence[Rectangle]
) -> tuple[int, int] | None:
    """Return the size in which a page should be looked at again; None where the lines are fine.

    Args:
        page: Width and height in pixels.
        size: In which it was looked at.
        lines: What was found, in pixels of that size.
    """
    if not lines:
        return None
    height = median(min(line.width, line.height) for line in lines)
    if height >= _LEAST_LINE_HEIGHT:
        return None
    scale = size[0] * size[1] / (page[0] * page[1])
    wanted = min(
        math.sqrt(scale) * _GOOD_LINE_HEIGHT / height,
        _MOST_ENLARGED,
        math.sqrt(_MOST_PIXELS / (page[0] * page[1])),
    )
    larger = (_multiple(page[0] * wanted), _multiple(page[1] * wanted))
    return larger if larger[0] > size[0] and larger[1] > size[1] else None


def _tiles(length: int) -> Iterator[tuple[int, int, int, int]]:
    """Cut a length into overlapping tiles: start and end of each, and of the part that counts."""
    count = max(1, math.ceil((length - _TILE_OVERLAP) / (_TILE - _TILE_OVERLAP)))
    step = _multiple((length - _TILE_OVERLAP) / count)
    for index in range(count):
        start, last = index * step, index == count - 1
        end = length if last else start + step + _TILE_OVERLAP
        inner_start = start + (_TILE_OVERLAP // 2 if index else 0)
        yield start, end, inner_start, end if last else end - _TILE_OVERLAP // 2


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
