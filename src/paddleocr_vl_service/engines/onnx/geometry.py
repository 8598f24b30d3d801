"""Plane geometry of text regions: connected components, hulls and smallest rectangles.

Coordinates are x to the right and y down. Everything is numpy: the usual library for this,
OpenCV, cannot be a dependency (docs/architecture.md).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from paddleocr_vl_service.engines.onnx.types import Quad

Points = npt.NDArray[np.float64]
"""N x 2: x and y of each point."""

Mask = npt.NDArray[np.bool_]
"""Height x width."""

_STEEPEST_READING_DEGREES = 70.0
_ELONGATED = 1.5


@dataclass(frozen=True)
class Rectangle:
    """A rectangle at any angle.

    Attributes:
        center_x: Pixels.
        center_y: Pixels.
        width: Length of the sides along ``angle``, in pixels.
        height: Length of the other sides, in pixels.
        angle: Direction of the width in degrees, clockwise on the screen from the x axis.
    """

    center_x: float
    center_y: float
    width: float
    height: float
    angle: float

    def grown(self, margin: float) -> Rectangle:
        """Return the rectangle with every side moved outwards by `margin` pixels."""
        return Rectangle(
            self.center_x,
            self.center_y,
            self.width + 2 * margin,
            self.height + 2 * margin,
            self.angle,
        )

    def scaled(self, scale_x: float, scale_y: float) -> Quad:
        """Return the corners with both axes scaled, clockwise from the top left one."""
        cosine, sine = math.cos(math.radians(self.angle)), math.sin(math.radians(self.angle))
        half_width, half_height = self.width / 2, self.height / 2

        def corner(side_x: int, side_y: int) -> tuple[float, float]:
            along, across = side_x * half_width, side_y * half_height
            x = self.center_x + along * cosine - across * sine
            y = self.center_y + along * sine + across * cosine
            return (x * scale_x, y * scale_y)

        return (corner(-1, -1), corner(1, -1), corner(1, 1), corner(-1, 1))

    def contains(self, xs: npt.NDArray[np.float64], ys: npt.NDArray[np.float64]) -> Mask:
        """Say of each point of a grid (`ys` down, `xs` across) whether it lies inside."""
        cosine, sine = math.cos(math.radians(self.angle)), math.sin(math.radians(self.angle))
        dx, dy = xs[None, :] - self.center_x, ys[:, None] - self.center_y
        along = np.abs(dx * cosine + dy * sine) <= self.width / 2
        across = np.abs(dy * cosine - dx * sine) <= self.height / 2
        inside: Mask = along & across
        return inside


def clipped(quad: Quad, width: int, height: int) -> Quad:
    """Move the corners that lie outside a page onto its edge."""

    def corner(point: tuple[float, float]) -> tuple[float, float]:
        x, y = point
        return (min(max(x, 0.0), float(width)), min(max(y, 0.0), float(height)))

    first, second, third, fourth = quad
    return (corner(first), corner(second), corner(third), corner(fourth))


def connected_components(mask: Mask) -> list[Points]:
    """Find the 8-connected regions of a mask, from its runs of set pixels.

    Returns:
        Of each region the first and last pixel of every run, which have the same convex hull
        as all its pixels. Regions come in the order of their topmost, then leftmost run.
    """
    rows, starts, ends = _runs(mask)
    if len(rows) == 0:
        return []
    labels = _merge(len(rows), *_touching_runs(rows, starts, ends, mask.shape[1]))
    order = np.argsort(labels, kind="stable")
    bounds = np.flatnonzero(np.diff(labels[order])) + 1
    regions = []
    for members in np.split(order, bounds):
        y = rows[members]
        left = np.stack([starts[members], y], axis=1)
        right = np.stack([ends[members], y], axis=1)
        regions.append(np.concatenate([left, right]).astype(np.float64))
    return regions


def _runs(
    mask: Mask,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return row, first and last column of every run of set pixels, row by row."""
    height, width = mask.shape
    padded = np.zeros((height, width + 2), dtype=np.int8)
    padded[:, 1:-1] = mask
    change = np.diff(padded, axis=1)
    rows, starts = np.nonzero(change == 1)
    _, after = np.nonzero(change == -1)
    return rows, starts, after - 1


def _touching_runs(
    rows: npt.NDArray[np.int64],
    starts: npt.NDArray[np.int64],
    ends: npt.NDArray[np.int64],
    width: int,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return all pairs of runs that touch, diagonally too, in neighbouring rows."""
    stride = width + 2  # a row's keys must not reach into the next row's
    first = np.searchsorted(rows * stride + ends, (rows + 1) * stride + starts - 1)
    last = np.searchsorted(rows * stride + starts, (rows + 1) * stride + ends + 1, side="right")
    counts = np.maximum(last - first, 0)
    upper = np.repeat(np.arange(len(rows)), counts)
    offsets = np.arange(len(upper)) - np.repeat(np.cumsum(counts) - counts, counts)
    return upper, np.repeat(first, counts) + offsets


def _merge(
    count: int, left: npt.NDArray[np.int64], right: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Give `count` nodes the smallest index that the pairs connect them with."""
    labels = np.arange(count)
    while True:
        lowest = np.minimum(labels[left], labels[right])
        merged = labels.copy()
        for side in (left, right):
            np.minimum.at(merged, side, lowest)
            np.minimum.at(merged, labels[side], lowest)
        while not np.array_equal(merged[merged], merged):
            merged = merged[merged]
        if np.array_equal(merged, labels):
            return labels
        labels = merged


def convex_hull(points: Points) -> Points:
    """Return the corners of the convex hull (Andrew's monotone chain).

    Points on an edge are left out; one or two different points come back as they are.
    """
    ordered = sorted({(float(x), float(y)) for x, y in points})
    if len(ordered) <= 2:
        return np.array(ordered)

    def chain(candidates: list[tuple[float, float]]) -> list[tuple[float, float]]:
        corners: list[tuple[float, float]] = []
        for x, y in candidates:
            while len(corners) >= 2:
                (ax, ay), (bx, by) = corners[-2:]
                if (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0:
                    break
                corners.pop()
            corners.append((x, y))
        return corners[:-1]

    return np.array(chain(ordered) + chain(ordered[::-1]))


def min_area_rectangle(points: Points) -> Rectangle:
    """Find the smallest rectangle around points; one of its sides lies on a hull edge.

    The angle is the one in which a line of text in the rectangle is most likely read: a
    rectangle much longer than it is high is read along its length unless that is nearly
    vertical; any other is taken to be tilted by at most 45 degrees.
    """
    hull = convex_hull(points)
    edges = np.roll(hull, -1, axis=0) - hull
    angles = np.unique(np.arctan2(edges[:, 1], edges[:, 0]) % (math.pi / 2))
    cosines, sines = np.cos(angles), np.sin(angles)
    along = np.outer(hull[:, 0], cosines) + np.outer(hull[:, 1], sines)
    across = np.outer(hull[:, 1], cosines) - np.outer(hull[:, 0], sines)
    widths, heights = np.ptp(along, axis=0), np.ptp(across, axis=0)
    best = int(np.argmin(widths * heights))
    middle_along = (along[:, best].min() + along[:, best].max()) / 2
    middle_across = (across[:, best].min() + across[:, best].max()) / 2
    return _in_reading_direction(
        Rectangle(
            float(middle_along * cosines[best] - middle_across * sines[best]),
            float(middle_along * sines[best] + middle_across * cosines[best]),
            float(widths[best]),
            float(heights[best]),
            math.degrees(float(angles[best])),
        )
    )


def _in_reading_direction(rectangle: Rectangle) -> Rectangle:
    """Choose among the ways to describe a rectangle whose angle is in [0, 90)."""
    other = Rectangle(
        rectangle.center_x,
        rectangle.center_y,
        rectangle.height,
        rectangle.width,
        rectangle.angle - 90,
    )
    lengthwise, crosswise = (
        (rectangle, other) if rectangle.width >= rectangle.height else (other, rectangle)
    )
    elongated = lengthwise.width >= _ELONGATED * lengthwise.height
    if elongated and abs(lengthwise.angle) <= _STEEPEST_READING_DEGREES:
        return lengthwise
    return min(lengthwise, crosswise, key=lambda choice: abs(choice.angle))
