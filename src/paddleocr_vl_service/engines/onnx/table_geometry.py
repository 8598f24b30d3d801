"""Grids of tables from their text's geometry alone, where no structure model can be believed.

Rows are what stands on one level. Columns are found from the narrowest pieces of text to the
widest: what lies below each other is a column, what lies across several spans them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from paddleocr_vl_service.engines.onnx.table_filling import (
    FilledCell,
    FilledTable,
    cell_text,
    levels,
)
from paddleocr_vl_service.engines.onnx.table_fragments import Fragment
from paddleocr_vl_service.engines.onnx.table_grid import Slot

_OVERLAP = 0.3


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


def grid_from_geometry(fragments: Sequence[Fragment]) -> FilledTable:
    """A table without a head, whose rows and columns are those that the text shows."""
    rows = levels(fragments)
    columns = _columns(fragments, rows)
    inside: dict[tuple[int, int], list[Fragment]] = {}
    spans: dict[tuple[int, int], int] = {}
    for number, row in enumerate(rows):
        homes = [_home(fragments[index], columns) for index in row]
        for index, (first, end, best) in zip(row, homes, strict=True):
            others = [other for other in homes if other != (first, end, best)]
            alone = all(other[1] <= first or other[0] >= end for other in others)
            start = first if alone else best
            inside.setdefault((number, start), []).append(fragments[index])
            spans[number, start] = end - first if alone else 1
    return FilledTable(
        len(rows), len(columns), 0, tuple(_cells(len(rows), len(columns), inside, spans))
    )


def _cells(
    rows: int,
    columns: int,
    inside: dict[tuple[int, int], list[Fragment]],
    spans: dict[tuple[int, int], int],
) -> list[FilledCell]:
    cells = []
    for row in range(rows):
        column = 0
        while column < columns:
            width = spans.get((row, column), 1)
            text = cell_text(inside.get((row, column), ()))
            cells.append(FilledCell(Slot(row, column, 1, width), text))
            column += width
    return cells


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
