"""The order in which a page's blocks are read.

The page is cut recursively. A gutter that runs from top to bottom separates columns, which are
read one after the other. Where there is none, the page falls into horizontal bands; neighbouring
bands that share a gutter belong to the same columns and are put together again, so a gap that
happens to be at one height in all columns cuts nothing, while a spanning title or figure does.
What cannot be cut is sorted by who stands above and who at the left (Breuel's rules).

Only blocks of lines are cut, never boxes of layout detection: those move with every change of the
input, and an order that hangs on them flips whole columns.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from paddleocr_vl_service.engines.onnx.columns import (
    Item,
    Items,
    is_aside,
    is_notes,
    is_upright_headline,
    reads_by_blocks,
    reads_by_lines,
    rows_of,
    split_at_spanning,
    split_authors,
    split_bands,
    split_columns,
)
from paddleocr_vl_service.engines.onnx.line_geometry import Rect

_BESIDE = 0.3


def reading_order(items: Sequence[Item], em: float) -> list[list[Item]]:
    """The items in the order in which they are read.

    Items in one list belong to one table-like area and are read line by line across it; all
    others are alone in theirs.
    """
    return _order(list(items), em)


def _order(items: list[Item], em: float) -> list[list[Item]]:
    if len(items) < 2:
        return [items] if items else []
    columns = split_columns(items, em)
    parts = split_authors(items, em) if len(columns) > 1 else split_at_spanning(items, em)
    if len(parts) < 2 and len(columns) > 1:
        return _order_beside(columns, items, em)
    if len(parts) < 2:
        parts = split_bands(items, em)
    if len(parts) > 1:
        return [group for part in parts for group in _order(part, em)]
    return [[item] for item in _sorted_by_neighbours(items, em)]


def _order_beside(columns: list[list[Item]], items: Items, em: float) -> list[list[Item]]:
    """Columns one after the other, or what else may stand side by side.

    An upright headline stands at the right of its text, where vertical writing begins.
    """
    for place, column in enumerate(columns[1:], start=1):
        if is_upright_headline(column, em):
            before, text, after = columns[: place - 1], columns[place - 1], columns[place + 1 :]
            parts = ([i for c in before for i in c], column, text, [i for c in after for i in c])
            return [group for part in parts for group in _order(part, em)]
    if reads_by_lines(columns, em):
        return [list(items)]
    if reads_by_blocks(columns, em):
        return [[item] for row in rows_of(items, em) for item in row]
    if len(columns) == 2:
        left, right = columns
        if is_notes(left, right, em):
            return _with_notes(_order(right, em), left, before=True)
        if is_notes(right, left, em):
            return _with_notes(_order(left, em), right, before=False)
        if is_aside(left, right):
            columns = [right, left]
    return [group for column in columns for group in _order(column, em)]


def _with_notes(main: list[list[Item]], notes: Items, *, before: bool) -> list[list[Item]]:
    """Marginal notes put with what they stand beside: before it at the left, else after it."""
    placed: dict[int, list[list[Item]]] = {}
    for note in sorted(notes, key=lambda note: (note.rect.top, note.rect)):
        level = [
            place
            for place, group in enumerate(main)
            if any(item.rect.bottom > note.rect.middle_y for item in group)
        ]
        placed.setdefault(level[0] if level else len(main) - 1, []).append([note])
    ordered: list[list[Item]] = []
    for place, group in enumerate(main):
        beside = placed.get(place, [])
        ordered += [*beside, group] if before else [group, *beside]
    return ordered


def _sorted_by_neighbours(items: Items, em: float) -> list[Item]:
    """Breuel's rules: above goes first, and so does left unless something spans both."""
    waiting = sorted(items, key=lambda item: (item.rect.top, item.rect))
    precedes = _precedence([item.rect for item in waiting], em)
    before = precedes.sum(axis=0)
    ordered: list[Item] = []
    left = np.arange(len(waiting))
    while len(left):
        free = left[before[left] == 0]
        following = free[0] if len(free) else left[0]
        ordered.append(waiting[following])
        before -= precedes[following]
        left = left[left != following]
    return ordered


def _precedence(rects: Sequence[Rect], em: float) -> npt.NDArray[np.bool_]:
    """Which of the boxes are read before which: n x n, the one first by row."""
    left, right = (np.array([getattr(rect, side) for rect in rects]) for side in ("left", "right"))
    x, y = (np.array([getattr(rect, side) for rect in rects]) for side in ("middle_x", "middle_y"))
    shared = np.minimum.outer(right, right) - np.maximum.outer(left, left)
    stacked = shared > _BESIDE * em
    downwards = np.argsort(y)
    level = y[downwards]
    low, high = np.minimum.outer(y, y), np.maximum.outer(y, y)
    first, last = np.searchsorted(level, low, "right"), np.searchsorted(level, high, "left")
    by_level = stacked[:, downwards]
    precedes: npt.NDArray[np.bool_] = stacked & (y[:, None] < y)
    counts = np.zeros((len(rects), len(rects) + 1), np.int32)
    for one in range(len(rects)):
        # How many span this one and each of the others, from the top down to each level.
        np.cumsum(by_level & by_level[one], axis=1, out=counts[:, 1:])
        between = (
            np.take_along_axis(counts, last[one][:, None], axis=1)
            - np.take_along_axis(counts, first[one][:, None], axis=1)
        )[:, 0]
        precedes[one] |= ~stacked[one] & (x[one] <= x) & (between <= 0)
    np.fill_diagonal(precedes, val=False)
    return precedes
