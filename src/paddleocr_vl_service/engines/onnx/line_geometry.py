"""Lines of text as rectangles of a straightened page, so that grouping needs no trigonometry.

A scan is a few degrees askew, and vertical writing runs down the page: both are undone here once.
Everything after works on `PlacedLine.rect`, where lines run left to right and follow each other
from top to bottom, and measures in multiples of a line's height, never in pixels.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from paddleocr_vl_service.engines.onnx.types import Box, Quad, ReadLine
from paddleocr_vl_service.text.kinds import count_cjk, is_cjk

_TALL = 1.5
_STRAIGHT_ENOUGH = math.radians(0.15)
_MOST_SKEW = math.radians(12)
_WIDE_ENOUGH_TO_TELL = 5.0
_LEAST_HEIGHT = 1e-3
_ADVANCES_TO_TELL = 6.0
_TALLER_THAN_WIDE = 1.25


class Rect(NamedTuple):
    """An upright rectangle in a page's frame."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Top to bottom."""
        return self.bottom - self.top

    @property
    def area(self) -> float:
        """Zero where the rectangle is degenerate."""
        return max(self.width, 0.0) * max(self.height, 0.0)

    @property
    def middle_x(self) -> float:
        """Of left and right."""
        return (self.left + self.right) / 2

    @property
    def middle_y(self) -> float:
        """Of top and bottom."""
        return (self.top + self.bottom) / 2

    def shared_width(self, other: Rect) -> float:
        """How far the two overlap from left to right; negative is a gap."""
        return min(self.right, other.right) - max(self.left, other.left)

    def shared_height(self, other: Rect) -> float:
        """How far the two overlap from top to bottom; negative is a gap."""
        return min(self.bottom, other.bottom) - max(self.top, other.top)

    def shared_area(self, other: Rect) -> float:
        """Area of the intersection."""
        return max(self.shared_width(other), 0.0) * max(self.shared_height(other), 0.0)

    def share_inside(self, other: Rect) -> float:
        """The part of this rectangle's area that lies in the other one, 0 to 1."""
        return self.shared_area(other) / self.area if self.area > 0 else 0.0


def bounding_rect(rects: Iterable[Rect]) -> Rect:
    """The smallest rectangle around all of them."""
    lefts, tops, rights, bottoms = zip(*rects, strict=True)
    return Rect(min(lefts), min(tops), max(rights), max(bottoms))


@dataclass(frozen=True)
class PlacedLine:
    """A line on the straightened page.

    Attributes:
        text: Of one or, after joining, of several detected fragments.
        rect: In the frame.
        em: Height of the line, the unit of every distance near it.
        parts: The lines as they were read.
    """

    text: str
    rect: Rect
    em: float
    parts: tuple[ReadLine, ...]


@dataclass(frozen=True)
class Frame:
    """A straightened view of a page.

    Attributes:
        angle: Radians by which the page's lines run down to the right.
        centre: Of the page, about which it is turned.
        vertical: The page is written top to bottom, columns from right to left; in the frame its
            columns are lines.
    """

    angle: float
    centre: tuple[float, float]
    vertical: bool

    def point(self, x: float, y: float) -> tuple[float, float]:
        """A point of the image in the frame."""
        cx, cy = self.centre
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        dx, dy = x - cx, y - cy
        x, y = cx + dx * cos + dy * sin, cy - dx * sin + dy * cos
        return (y, 2 * cx - x) if self.vertical else (x, y)

    def image_point(self, x: float, y: float) -> tuple[float, float]:
        """A point of the frame in the image."""
        cx, cy = self.centre
        if self.vertical:
            x, y = 2 * cx - y, x
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        dx, dy = x - cx, y - cy
        return cx + dx * cos - dy * sin, cy + dx * sin + dy * cos

    def quad_rect(self, quad: Quad) -> Rect:
        """The frame's rectangle around a quad of the image."""
        points = [self.point(x, y) for x, y in quad]
        return bounding_rect(Rect(x, y, x, y) for x, y in points)

    def box_rect(self, box: Box) -> Rect:
        """A box of the image in the frame: moved, and turned by quarters only.

        A box around skewed content is larger than the content; turning its corners would make it
        larger still.
        """
        left, top, right, bottom = box
        x, y = self.point((left + right) / 2, (top + bottom) / 2)
        half_width, half_height = (right - left) / 2, (bottom - top) / 2
        if self.vertical:
            half_width, half_height = half_height, half_width
        return Rect(x - half_width, y - half_height, x + half_width, y + half_height)

    def image_quad(self, rect: Rect) -> Quad:
        """Corners in the image of a rectangle of the frame, clockwise from the top left."""
        corners = (
            self.image_point(rect.left, rect.top),
            self.image_point(rect.right, rect.top),
            self.image_point(rect.right, rect.bottom),
            self.image_point(rect.left, rect.bottom),
        )
        return (corners[3], corners[0], corners[1], corners[2]) if self.vertical else corners


def is_tall(line: ReadLine) -> bool:
    """Whether a line runs down the page: vertical writing, or text on its side."""
    top_width, side_height = _sides(line.quad)
    return side_height > _TALL * top_width and len(line.text) > 1


def is_upright(line: PlacedLine) -> bool:
    """Whether a line runs down its frame."""
    return line.rect.height > _TALL * line.rect.width and len(line.text) > 1


def page_frame(lines: Sequence[ReadLine], width: int, height: int) -> Frame:
    """The frame in which most of a page's text is straight."""
    tall = sum(len(line.text) for line in lines if is_tall(line) and is_cjk(line.text))
    level = sum(len(line.text) for line in lines if not is_tall(line))
    vertical = tall > level
    return Frame(_skew(lines, vertical), (width / 2, height / 2), vertical)


def place(line: ReadLine, frame: Frame) -> PlacedLine:
    """A line in the frame."""
    rect = frame.quad_rect(line.quad)
    em = max(min(rect.width, rect.height), _LEAST_HEIGHT)
    if rect.height <= rect.width or len(line.text) == 1:
        em = max(rect.height, _LEAST_HEIGHT)
    return PlacedLine(line.text.strip(), rect, em, (line,))


def settle_sizes(lines: Sequence[PlacedLine]) -> list[PlacedLine]:
    """The lines with `em` cut back where only a box is tall, not the characters in it.

    A box grows with an index, a root or a neighbour's descender in it, and then a line of text
    seems to be a heading. Its characters are as wide as ever.
    """
    usual: dict[bool, float] = {}
    for cjk in (False, True):
        shapes = [
            (line.em * units / _length(line.rect), units)
            for line in lines
            if is_cjk(line.text) == cjk and (units := _advances(line.text)) > _ADVANCES_TO_TELL
        ]
        usual[cjk] = _weighted_median(shapes)
    settled = []
    for line in lines:
        units = _advances(line.text)
        most = _TALLER_THAN_WIDE * usual[is_cjk(line.text)] * _length(line.rect) / max(units, 1.0)
        tall = units > _ADVANCES_TO_TELL and most < line.em
        settled.append(replace(line, em=most) if tall else line)
    return settled


def _length(rect: Rect) -> float:
    return max(rect.width, rect.height, _LEAST_HEIGHT)


def _advances(text: str) -> float:
    """How wide a text is in ems, roughly: half of one for a letter, one for a CJK character."""
    return (len(text) + count_cjk(text)) / 2


def typical_em(lines: Sequence[PlacedLine]) -> float:
    """The height of the lines in which most of the characters stand."""
    return _weighted_median((line.em, float(len(line.text))) for line in lines) or 1.0


def _sides(quad: Quad) -> tuple[float, float]:
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = quad
    across = (math.hypot(x1 - x0, y1 - y0) + math.hypot(x2 - x3, y2 - y3)) / 2
    down = (math.hypot(x3 - x0, y3 - y0) + math.hypot(x2 - x1, y2 - y1)) / 2
    return across, down


def _skew(lines: Sequence[ReadLine], vertical: bool) -> float:
    """The angle that half of the text's length lies below, from lines long enough to tell."""
    angles: list[tuple[float, float]] = []
    for line in lines:
        across, down = _sides(line.quad)
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = line.quad
        if vertical and down > _WIDE_ENOUGH_TO_TELL * across:
            angles.append((math.atan2((x0 + x1) - (x2 + x3), (y2 + y3) - (y0 + y1)), down))
        elif not vertical and across > _WIDE_ENOUGH_TO_TELL * down:
            angles.append((math.atan2((y1 + y2) - (y0 + y3), (x1 + x2) - (x0 + x3)), across))
    if not angles:
        return 0.0
    angle = _weighted_median(angles)
    return angle if _STRAIGHT_ENOUGH < abs(angle) < _MOST_SKEW else 0.0


def _weighted_median(weighted: Iterable[tuple[float, float]]) -> float:
    """The value that half of the weight lies below."""
    ordered = sorted(weighted)
    half = sum(weight for _, weight in ordered) / 2
    seen = 0.0
    for value, weight in ordered:
        seen += weight
        if seen >= half:
            return value
    return 0.0
