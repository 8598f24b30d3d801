"""Figures that layout detection proposes where there is nothing but text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from PIL import Image

from paddleocr_vl_service.engines.onnx.types import LayoutLabel, LayoutRegion, ReadLine

_INK = 32
"""Levels of grey, of 255, by which a drawing differs from what it is drawn on."""
_DRAWN = 0.002
_AROUND_LINE = 0.3


def without_false_figures(
    regions: Sequence[LayoutRegion], lines: Sequence[ReadLine], image: Image.Image
) -> list[LayoutRegion]:
    """The regions, with figures that show their lines and nothing else called what they may be.

    A figure has ink of its own, apart from specks. What looks like one and has none is a table
    without rules where most of its lines stand side by side, and text otherwise.

    Args:
        regions: Of the page.
        lines: All that were read on it.
        image: The page, upright.
    """
    found = []
    for region in regions:
        inside = [line for line in lines if _is_inside(line, region)]
        if region.label is LayoutLabel.FIGURE and not _has_ink_of_its_own(region, inside, image):
            label = LayoutLabel.TABLE if _are_side_by_side(inside) else LayoutLabel.TEXT
            found.append(replace(region, label=label))
        else:
            found.append(region)
    return found


def _is_inside(line: ReadLine, region: LayoutRegion) -> bool:
    left, top, right, bottom = line.box
    x, y = (left + right) / 2, (top + bottom) / 2
    return region.box[0] < x < region.box[2] and region.box[1] < y < region.box[3]


def _are_side_by_side(lines: Sequence[ReadLine]) -> bool:
    return 2 * sum(any(_are_level(one, other) for other in lines) for one in lines) > len(lines)


def _are_level(one: ReadLine, other: ReadLine) -> bool:
    _, top, _, bottom = one.box
    _, other_top, _, other_bottom = other.box
    shared = min(bottom, other_bottom) - max(top, other_top)
    return one is not other and 2 * shared > min(bottom - top, other_bottom - other_top)


def _has_ink_of_its_own(
    region: LayoutRegion, lines: Sequence[ReadLine], image: Image.Image
) -> bool:
    left, top = (max(round(edge), 0) for edge in region.box[:2])
    right = min(round(region.box[2]), image.width)
    bottom = min(round(region.box[3]), image.height)
    grey = np.asarray(image.crop((left, top, right, bottom)).convert("L"))
    if not lines or not grey.size:
        return True
    beside = np.ones(grey.shape, np.bool_)
    for line in lines:
        _blank(beside, line, left, top)
    ground = int(np.bincount(grey.ravel(), minlength=256).argmax())
    ink = np.abs(grey.astype(np.int16) - ground) > _INK
    return bool(np.count_nonzero(ink & beside) > _DRAWN * grey.size)


def _blank(beside: npt.NDArray[np.bool_], line: ReadLine, left: int, top: int) -> None:
    x0, y0, x1, y1 = line.box
    margin = _AROUND_LINE * min(x1 - x0, y1 - y0)
    rows = slice(max(round(y0 - margin) - top, 0), max(round(y1 + margin) - top, 0))
    columns = slice(max(round(x0 - margin) - left, 0), max(round(x1 + margin) - left, 0))
    beside[rows, columns] = False
