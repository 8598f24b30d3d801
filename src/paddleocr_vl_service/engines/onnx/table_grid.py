"""Grids of tables: cells with spans, laid out so that every place belongs to exactly one cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class CellSpan:
    """How many rows and columns a cell asks for."""

    rows: int = 1
    columns: int = 1


@dataclass(frozen=True)
class Slot:
    """A cell's place in a grid; rows and columns count from 0."""

    row: int
    column: int
    rows: int = 1
    columns: int = 1

    @property
    def row_end(self) -> int:
        """The first row after it."""
        return self.row + self.rows

    @property
    def column_end(self) -> int:
        """The first column after it."""
        return self.column + self.columns


@dataclass(frozen=True)
class Grid:
    """Cells that cover every place of a grid once.

    Attributes:
        rows: Their number.
        columns: Their number.
        slots: Of the cells given, row by row as they came, then of those added.
        ragged: Rows to which cells were added.
    """

    rows: int
    columns: int
    slots: tuple[Slot, ...]
    ragged: int


def lay_out(rows: Sequence[Sequence[CellSpan]]) -> Grid:
    """Place cells as HTML does: each in its row's first free place.

    A span ends where the table does, where another cell stands in its way, and above a row that
    fills the table's width without it. Rows without any cell of their own stay; those at the end
    are dropped.
    """
    rows = rows[: max((number + 1 for number, row in enumerate(rows) if row), default=0)]
    # Nothing reaches into the first row from above, so some row's own cells fill the width.
    full = max((_own_width(row) for row in rows), default=0)
    owners: dict[tuple[int, int], int] = {}
    slots: list[Slot] = []
    for number, row in enumerate(rows):
        if _own_width(row) == full:
            _end_spans(number, slots, owners)
        column = 0
        for span in row:
            while (number, column) in owners:
                column += 1
            width = 1
            while width < span.columns and (number, column + width) not in owners:
                width += 1
            slot = Slot(number, column, min(span.rows, len(rows) - number), width)
            owners.update(dict.fromkeys(_places(slot), len(slots)))
            slots.append(slot)
    columns = max((slot.column_end for slot in slots), default=0)
    ragged = set()
    for number in range(len(rows)):
        for column in range(columns):
            if (number, column) not in owners:
                slots.append(Slot(number, column))
                ragged.add(number)
    return Grid(len(rows), columns, tuple(slots), len(ragged))


def _own_width(row: Sequence[CellSpan]) -> int:
    return sum(span.columns for span in row)


def _end_spans(row: int, slots: list[Slot], owners: dict[tuple[int, int], int]) -> None:
    """Let no cell from above reach into a row."""
    entering = {owner for (number, _), owner in owners.items() if number == row}
    for owner in entering:
        slot = slots[owner]
        for place in _places(slot):
            if place[0] >= row:
                del owners[place]
        slots[owner] = replace(slot, rows=row - slot.row)


def _places(slot: Slot) -> list[tuple[int, int]]:
    return [
        (row, column)
        for row in range(slot.row, slot.row_end)
        for column in range(slot.column, slot.column_end)
    ]
