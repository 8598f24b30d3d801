"""Grids of tables from their text's geometry alone, where no structure model can be believed.

Rows are what stands on one level. Columns are found from the narrowest pieces of text to the
widest: what lies below each other is a column, what lies across several spans them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from paddleocr_vl_service.engines.onnx.table_draft import Draft, TextCell, sorted_slots
from paddleocr_vl_service.engines.onnx.table_filling import levels
from paddleocr_vl_service.engines.onnx.table_fragments import Fragment
from paddleocr_vl_service.engines.onnx.table_grid import Slot

_OVERLAP = 0.3
_MOST_COMPARED = 3000  # keeps time and memory within bounds


@dataclass
class _Column:
    left: float
    right: float
    members: list[int] = field(default_factory=list)

    def shared_width(self, fragment: Fragment) -> float:
        return min(self.right, fragment.rect.right) - max(self.left, fragment.rect.left)

    def holds(self, fragment: Fragment) -> bool:
        narrower = min(self.right - self.left, fragment.rect.width)
        shared = self.shared_width(fragment)
        return shared > 0 and shared >= _OVERLAP * narrower


def draft_from_geometry(fragments: Sequence[Fragment]) -> Draft:
    """A table without a head, whose rows and columns are those that the text shows."""
    rows = levels(fragments)
    columns = _columns(fragments, rows)
    inside: dict[Slot, list[Fragment]] = {}
    for number, row in enumerate(rows):
        homes = [_home(fragments[index], columns) for index in row]
        for index, (first, end, best) in zip(row, homes, strict=True):
            others = [other for other in homes if other != (first, end, best)]
            alone = all(other[1] <= first or other[0] >= end for other in others)
            slot = Slot(number, first, 1, end - first) if alone else Slot(number, best)
            inside.setdefault(slot, []).append(fragments[index])
    cells = [TextCell(slot, tuple(inside[slot])) for slot in sorted_slots(inside)]
    return Draft(len(rows), len(columns), 0, tuple(cells))


def _columns(fragments: Sequence[Fragment], rows: Sequence[Sequence[int]]) -> list[_Column]:
    """From left to right; they do not overlap."""
    columns: list[_Column] = []
    row_of = {index: number for number, row in enumerate(rows) for index in row}
    order = sorted(
        row_of,
        key=lambda index: (
            fragments[index].rect.width,
            fragments[index].rect,
            fragments[index].text,
        ),
    )
    for index in order:
        _add(columns, index, fragments[index])
    while True:
        columns.sort(key=lambda column: column.left)
        bridged = _bridged(columns, fragments, row_of)
        if bridged is None:
            return columns
        _merge(columns, bridged)
        placed = {index for column in columns for index in column.members}
        for index in order:
            if index not in placed:
                _add(columns, index, fragments[index])


def _add(columns: list[_Column], index: int, fragment: Fragment) -> None:
    """Put a fragment into the only column that it touches, or a new one; not into several."""
    touched = [column for column in columns if column.holds(fragment)]
    if not touched:
        columns.append(_Column(fragment.rect.left, fragment.rect.right, [index]))
    elif len(touched) == 1:
        column = touched[0]
        others = [other for other in columns if other is not column]
        left = max([other.right for other in others if other.right <= column.left], default=-1e9)
        right = min([other.left for other in others if other.left >= column.right], default=1e9)
        column.left = max(min(column.left, fragment.rect.left), min(left, column.left))
        column.right = min(max(column.right, fragment.rect.right), max(right, column.right))
        column.members.append(index)


def _bridged(
    columns: Sequence[_Column], fragments: Sequence[Fragment], row_of: dict[int, int]
) -> int | None:
    """The first column that is one with its neighbour at the right.

    More pieces of text lie across the two than rows have text in both.
    """
    placed = {index for column in columns for index in column.members}
    wide = [fragments[index] for index in row_of if index not in placed]
    for number, (left, right) in enumerate(pairwise(columns)):
        bridges = sum(left.holds(fragment) and right.holds(fragment) for fragment in wide)
        both = {row_of[index] for index in left.members} & {
            row_of[index] for index in right.members
        }
        if bridges > len(both):
            return number
    return None


def _merge(columns: list[_Column], number: int) -> None:
    left, right = columns[number], columns[number + 1]
    columns[number : number + 2] = [
        _Column(
            min(left.left, right.left),
            max(left.right, right.right),
            left.members + right.members,
        )
    ]


def _home(fragment: Fragment, columns: Sequence[_Column]) -> tuple[int, int, int]:
    """The columns that a fragment covers, as first, end, and the one that it covers most."""
    held = [number for number, column in enumerate(columns) if column.holds(fragment)]
    best = max(
        range(len(columns)), key=lambda number: (columns[number].shared_width(fragment), -number)
    )
    if not held:
        return best, best + 1, best
    return held[0], held[-1] + 1, best


def column_homes(fragments: Sequence[Fragment]) -> list[tuple[int, int]]:
    """The columns that each fragment covers, first and end, of those that all of them show.

    What stands between columns and alone there, as a heading over several of them does, makes no
    column.
    """
    columns = _columns(fragments, levels(fragments))
    several = [column for column in columns if len(column.members) > 1]
    columns = _without_bridges(several if len(several) > 1 else columns, fragments)
    return [_home(fragment, columns)[:2] for fragment in fragments]


def _without_bridges(columns: Sequence[_Column], fragments: Sequence[Fragment]) -> list[_Column]:
    """The columns as wide as what does not reach over text of another one."""
    order = [index for column in columns for index in column.members]
    if len(order) > _MOST_COMPARED:
        return list(columns)
    column_of = np.repeat(np.arange(len(columns)), [len(column.members) for column in columns])
    left = np.array([fragments[index].rect.left for index in order])
    right = np.array([fragments[index].rect.right for index in order])
    reaches = np.minimum(right[:, None], right) > np.maximum(left[:, None], left)
    reaches &= column_of[:, None] != column_of
    kept = np.ones(len(order), dtype=np.bool_)
    reached = reaches.sum(axis=1)
    while True:
        alone = np.bincount(column_of, kept, len(columns))[column_of] < 2
        bridges = np.where(kept & ~alone, reached, 0)
        most = int(bridges.argmax())
        if not bridges[most]:
            break
        kept[most] = False
        reached -= reaches[most]
    return [
        _Column(left[own].min(), right[own].max())
        for number in range(len(columns))
        for own in [kept & (column_of == number)]
    ]
