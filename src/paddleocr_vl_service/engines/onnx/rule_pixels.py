"""The pixels of ruling lines: what differs from both of its sides, and for how long it goes on.

Most of a page holds no rule, so it is first looked at with several pixels side by side made one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from paddleocr_vl_service.engines.onnx.line_geometry import Rect

CONTRAST = 14
"""Levels of 255 that one can see."""
DOTS = 2
"""Pixels from one dot of a dotted rule to the next, at most."""
NO_LETTER = 4.0
"""Strokes of letters are no more than so many lengths of the shortest rule."""
BRIDGED = 2.5
"""A rule that upright ones cross has so many lengths of the shortest one."""

STEP = 30
"""Levels of 255 from a filled area to what is beside it, more than that."""

_CORE = 0.2
_PARTS = 8

Pixels = npt.NDArray[np.uint8]
Marks = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]


def core(text: Rect) -> tuple[int, int]:
    """From where to where a line of text is full of strokes."""
    margin = _CORE * text.height
    return max(round(text.top + margin), 0), max(round(text.bottom - margin), 0)


@dataclass(frozen=True)
class Squeezed:
    """A picture in which several pixels side by side are made one.

    A rule is one in it as well, and there is less to look at; dots run together.

    Attributes:
        grey: Height x parts of the width.
        share: Pixels to one.
    """

    grey: Pixels
    share: int

    @classmethod
    def of(cls, grey: Pixels, length: int) -> Squeezed:
        """So that runs of that length are several pixels long still."""
        share = max(length // _PARTS, 1)
        return cls(np.asarray(Image.fromarray(grey).reduce((share, 1))), share)

    def rows_with_rules(
        self, reach: int, length: int, texts: Sequence[Rect], across: Sequence[Rect]
    ) -> Rows:
        """Where a rule may run, whole, dotted or crossed by upright ones."""
        ridges = ridges_of(self.grey, reach, np.arange(len(self.grey)))
        dots = ridges > CONTRAST // (DOTS + 1)
        promising = self._has_run(dots, round(NO_LETTER * length))
        marks = ridges > CONTRAST - 2
        clear = marks.copy()
        for text in texts:
            top, bottom = core(text)
            clear[
                top:bottom, max(int(text.left) // self.share, 0) : int(text.right) // self.share
            ] = False
        promising |= self._has_run(clear, length)
        if across:
            for rule in across:
                columns = slice(int(rule.left) // self.share, -(-int(rule.right) // self.share))
                marks[max(int(rule.top) - reach, 0) : int(rule.bottom) + reach, columns] = True
            promising |= self._has_run(marks, round(BRIDGED * length))
        return np.flatnonzero(promising)

    def rows_below_edges(self, length: int) -> Rows:
        """The rows above and below which a filled area may begin or end."""
        steps = steps_between(self.grey[:-2], self.grey[2:], STEP - 2)
        return np.flatnonzero(self._has_run(steps, length)) + 1

    def _has_run(self, marks: Marks, length: int) -> Marks:
        return _has_run(marks, max(length // self.share - 1, 2))


def _has_run(marks: Marks, length: int) -> Marks:
    """For each row whether so many marks follow each other."""
    so_far = 1
    while so_far < length and marks.shape[1] > 1:
        step = min(so_far, length - so_far, marks.shape[1] - 1)
        marks = marks[:, step:] & marks[:, :-step]
        so_far += step
    return np.asarray(marks.any(axis=1))


def between(rows: Rows, first: int, end: int) -> slice:
    """The places of the rows from one to another, which is not among them."""
    start, stop = np.searchsorted(rows, (max(first, 0), max(end, 0)))
    return slice(int(start), int(stop))


def steps_between(above: Pixels, below: Pixels, least: int) -> Marks:
    """Where the pixels of two rows differ by more than that."""
    steps: Marks = np.maximum(above, below) - np.minimum(above, below) > least
    return steps


def long_runs(marks: Marks, rows: Rows, length: float, gap: int) -> list[Rect]:
    """Where marks follow each other in a row, with gaps of some pixels, for a length at least.

    Args:
        marks: Of some rows.
        rows: Which ones.
        length: The least, pixels.
        gap: Pixels from one mark to the next, at most.
    """
    long_enough = np.count_nonzero(marks, axis=1) >= length / (gap + 1)
    marks, rows = marks[long_enough], rows[long_enough]
    width = marks.shape[1] + gap + 1
    padded = np.zeros((len(rows), width), dtype=np.bool_)
    padded[:, 1 : marks.shape[1] + 1] = marks
    flat = padded.ravel()
    edges = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    if len(edges) % 2:
        edges = np.append(edges, len(flat))
    starts, ends = edges[::2], edges[1::2]
    if gap > 1 and len(starts):
        apart = np.flatnonzero(starts[1:] - ends[:-1] > gap)
        starts = starts[np.concatenate(([0], apart + 1))]
        ends = ends[np.concatenate((apart, [len(ends) - 1]))]
    long = ends - starts >= length
    starts, ends = starts[long], ends[long]
    tops = rows[starts // width]
    lefts = starts % width - 1
    return [
        Rect(float(left), float(top), float(left + size), top + 1.0)
        for left, top, size in zip(
            lefts.tolist(), tops.tolist(), (ends - starts).tolist(), strict=True
        )
    ]


def ridges_of(grey: Pixels, reach: int, rows: Rows) -> Pixels:
    """By how much pixels are darker than those above and below, or lighter.

    It is looked from near and from afar: thick rules need the one, rules close to text the other.

    Args:
        grey: Height x width.
        reach: How far above and below is looked, pixels.
        rows: Of which rows; in order.

    Returns:
        Rows asked for x width.
    """
    strength = np.zeros((len(rows), grey.shape[1]), dtype=np.uint8)
    for distance in {reach, (reach + 1) // 2}:
        some = between(rows, distance, len(grey) - distance)
        chosen = rows[some]
        if not len(chosen):
            continue
        here = _taken(grey, chosen)
        above, below = _taken(grey, chosen - distance), _taken(grey, chosen + distance)
        paler, darker = np.minimum(above, below), np.maximum(above, below)
        found = strength[some]
        np.maximum(found, np.maximum(paler, here) - here, out=found)
        np.maximum(found, here - np.minimum(darker, here), out=found)
    return strength


def _taken(grey: Pixels, rows: Rows) -> Pixels:
    """Some rows; not copied where they follow each other."""
    first, last = int(rows[0]), int(rows[-1])
    return grey[first : last + 1] if last - first + 1 == len(rows) else grey[rows]
