"""Columns and spans of a table, settled by where its text and its rules stand.

A cell over several columns or rows stands in their middle, and a rule below a head reaches over
all columns that it belongs to. The structure model sees most of this, but not always the same
columns, and some that are none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from math import inf
from statistics import median

from paddleocr_vl_service.engines.onnx.line_geometry import Rect
from paddleocr_vl_service.engines.onnx.table_draft import Draft, TextCell, places
from paddleocr_vl_service.engines.onnx.table_grid import Slot

_OFF_MIDDLE = 0.75
_REACHES = 0.5
_SAME_EDGE = 0.25
_COVERED = 0.5
_NEAR_RULE = 1.5
_WHOLE = 0.9
_OFF_ROWS = 0.3
_FEW = 2


@dataclass(frozen=True)
class Band:
    """From where to where the text of a column stands."""

    left: float
    right: float

    @property
    def width(self) -> float:
        """Of all of it."""
        return self.right - self.left

    def shared(self, rect: Rect) -> float:
        """How much of a rectangle stands in it, across."""
        return min(self.right, rect.right) - max(self.left, rect.left)


def settle_spans(table: Draft, rules: Sequence[Rect]) -> Draft:
    """A table whose cells span the columns and rows in whose middle they stand.

    Args:
        table: Its rows and columns are right.
        rules: Level ones in the table's place.
    """
    bands = column_bands(table)
    if bands is None:
        return table
    table = _spanned_by_rules(table, bands, rules)
    table = _spanned_by_text(table, bands)
    table = _head_in_the_middle(table, bands)
    return _stub_in_the_middle(table, bands, rules)


def column_bands(table: Draft) -> list[Band] | None:
    """Where each column's text stands, spanning cells left out; None where columns overlap."""
    owners = table.owners
    single: list[list[TextCell]] = [[] for _ in range(table.columns)]
    for cell in table.cells:
        if cell.slot.columns == 1:
            single[cell.slot.column].append(cell)
    bands: list[Band] = []
    for column, cells in enumerate(single):
        low = max((each.rect.right for own in single[:column] for each in own), default=-inf)
        high = min((each.rect.left for own in single[column + 1 :] for each in own), default=inf)
        # What reaches over text of a neighbour, and has room for it, may span columns.
        rects = [
            cell.rect
            for cell in cells
            if (cell.rect.left >= low or (cell.slot.row, column - 1) in owners)
            and (cell.rect.right <= high or (cell.slot.row, column + 1) in owners)
        ]
        if not rects:
            return None
        bands.append(Band(min(rect.left for rect in rects), max(rect.right for rect in rects)))
    return bands if all(one.right <= other.left for one, other in pairwise(bands)) else None


def _spanned_by_rules(table: Draft, bands: Sequence[Band], rules: Sequence[Rect]) -> Draft:
    """Cells right above a rule that ends within the table span the columns that it covers."""
    width = bands[-1].right - bands[0].left
    for rule in rules:
        covered = [
            column for column, band in enumerate(bands) if band.shared(rule) > _COVERED * band.width
        ]
        if rule.width > _WHOLE * width or len(covered) < 2:
            continue
        above = [
            cell
            for cell in table.cells
            if cell.rect.bottom < rule.bottom
            and rule.top - cell.rect.bottom < _NEAR_RULE * cell.em
            and min(rule.right, cell.rect.right) > max(rule.left, cell.rect.left)
        ]
        if len(above) != 1:
            continue
        [cell] = above
        slot = replace(cell.slot, column=covered[0], columns=len(covered))
        table = _respanned(table, cell, slot) or table
    return table


def _spanned_by_text(table: Draft, bands: Sequence[Band]) -> Draft:
    """Cells whose text reaches into several columns, in the middle of them."""
    for cell in table.cells:
        if cell.slot.columns > 1:
            continue
        reached = [
            column
            for column, band in enumerate(bands)
            if band.shared(cell.rect) > min(_REACHES * cell.em, _COVERED * band.width)
        ]
        if len(reached) < 2 or cell.slot.column not in reached or _fills(cell, reached, bands):
            continue
        first, last = bands[reached[0]], bands[reached[-1]]
        begins_there = abs(cell.rect.left - first.left) < _SAME_EDGE * cell.em
        ends_there = abs(cell.rect.right - last.right) < _SAME_EDGE * cell.em
        if _off_middle(cell, first, last) > _OFF_MIDDLE or begins_there != ends_there:
            continue
        slot = replace(cell.slot, column=reached[0], columns=reached[-1] - reached[0] + 1)
        table = _respanned(table, cell, slot) or table
    return table


def _fills(cell: TextCell, reached: Sequence[int], bands: Sequence[Band]) -> bool:
    """Whether text reaches over many columns from edge to edge: a row of cells read as one line."""
    width = bands[reached[-1]].right - bands[reached[0]].left
    return len(reached) > _FEW and cell.rect.width > _WHOLE * width


def _off_middle(cell: TextCell, first: Band, last: Band) -> float:
    """How far a cell stands from the middle of some columns, in heights of a line."""
    return abs(cell.rect.middle_x - (first.left + last.right) / 2) / cell.em


def _respanned(table: Draft, cell: TextCell, slot: Slot) -> Draft | None:
    """A table with a cell that covers other places; None where text stands there."""
    owners = table.owners
    if any(owners.get(place, cell) is not cell for place in places(slot)):
        return None
    return table.with_slots({cell.slot: slot})


def _head_in_the_middle(table: Draft, bands: Sequence[Band]) -> Draft:
    """The upper rows of a head, where each cell stands in the middle of all that is below it."""
    for row in range(table.rows - 1):
        spanned = _head_row(table, row, bands)
        if spanned is None:
            return table
        table = spanned
    return table


def _head_row(table: Draft, row: int, bands: Sequence[Band]) -> Draft | None:
    """The table with spans in one row of its head; None where that is no such row."""
    owners = table.owners
    own = [cell for cell in table.cells if (cell.slot.row, cell.slot.rows) == (row, 1)]
    below = {
        column
        for column in range(table.columns)
        if (cell := owners.get((row + 1, column))) and cell.slot.row == row + 1
    }
    other = {
        column
        for column in range(table.columns)
        if (cell := owners.get((row, column))) and cell not in own
    }
    free = [column for column in range(table.columns) if column not in other]
    if not own or not all(column in below for column in free):
        return None
    if len(own) == len(free):
        return None
    changed = {
        cell.slot: replace(cell.slot, column=columns[0], columns=len(columns))
        for cell, columns in _parted(free, own, bands)
    }
    return table.with_slots(changed) if changed else None


def _parted(
    free: Sequence[int], cells: Sequence[TextCell], bands: Sequence[Band]
) -> list[tuple[TextCell, list[int]]]:
    """Neighbouring columns for each cell so that it stands in their middle; none where it cannot.

    Args:
        free: Columns to be shared out, all of them.
        cells: What stands in them.
        bands: Of all columns.
    """
    ordered = sorted(cells, key=lambda cell: cell.rect.middle_x)

    @cache
    def best(start: int, number: int) -> tuple[float, tuple[int, ...]] | None:
        """The least distance from the middle of the rest, and where each one's columns end."""
        if number == len(ordered):
            return (0.0, ()) if start == len(free) else None
        found: tuple[float, tuple[int, ...]] | None = None
        for end in range(start + 1, len(free) + 1):
            if free[end - 1] - free[start] != end - 1 - start:
                break
            off = _off(ordered[number], bands[free[start]], bands[free[end - 1]], end - start)
            rest = best(end, number + 1) if off is not None else None
            if off is not None and rest is not None and (found is None or off + rest[0] < found[0]):
                found = off + rest[0], (end, *rest[1])
        return found

    solution = best(0, 0)
    if solution is None:
        return []
    starts = (0, *solution[1])
    return [
        (cell, list(free[start:end]))
        for cell, start, end in zip(ordered, starts, solution[1], strict=False)
    ]


def _off(cell: TextCell, first: Band, last: Band, count: int) -> float | None:
    """How far a cell is from where it would stand over so many columns; None where too far."""
    if count == 1:
        return 0.0 if first.shared(cell.rect) > 0 else None
    off = _off_middle(cell, first, last)
    return off if off <= _OFF_MIDDLE else None


def _stub_in_the_middle(table: Draft, bands: Sequence[Band], rules: Sequence[Rect]) -> Draft:
    """Heads of groups of rows in the first column, where each stands in the middle of its group.

    A head at the top of its group is more usual. So one must be known to stand in the middle, as
    one between two rows does, and all of the column must be groups with their heads in the middle.
    """
    heights = _row_heights(table)
    first = table.header_rows or 1
    stub = [cell for cell in table.cells if cell.slot.column == 0 and cell.slot.row >= first]
    owners = table.owners
    if (
        not stub
        or None in heights[first:]
        or any(cell.slot.columns > 1 for cell in stub)
        or all((row, 0) in owners for row in range(first, table.rows))
    ):
        return table
    known = any(cell.slot.rows > 1 for cell in stub) or (first, 0) not in owners
    if not known:
        return table
    ordered = sorted(stub, key=lambda cell: cell.rect.middle_y)
    ys = [height or 0.0 for height in heights]
    walls = [rule.middle_y for rule in rules if bands[0].shared(rule) > _COVERED * bands[0].width]
    start, changed = first, {}
    for cell in ordered:
        end = _group_end(cell, start, ys, walls)
        if end is None:
            return table
        changed[cell.slot] = replace(cell.slot, row=start, rows=end - start)
        start = end
    return table.with_slots(changed) if start == table.rows else table


def _row_heights(table: Draft) -> list[float | None]:
    """The middle of each row's text, beside the first column."""
    found: list[float | None] = []
    for row in range(table.rows):
        middles = [
            cell.rect.middle_y
            for cell in table.cells
            if (cell.slot.row, cell.slot.rows) == (row, 1) and cell.slot.column > 0
        ]
        found.append(median(middles) if middles else None)
    return found


def _group_end(
    cell: TextCell, start: int, ys: Sequence[float], walls: Sequence[float]
) -> int | None:
    """The row after a group that begins at `start` and has a cell in its middle."""
    for end in range(start + 1, len(ys) + 1):
        if any(ys[start] < wall < ys[end - 1] for wall in walls):
            return None
        if abs((ys[start] + ys[end - 1]) / 2 - cell.rect.middle_y) < _OFF_ROWS * cell.em:
            return end
    return None
