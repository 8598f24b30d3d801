"""Columns of a table, settled by where its text stands.

The structure model sees a column under a heading that is set wide or under a rule, and puts the
text of one column into two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from paddleocr_vl_service.engines.onnx.table_draft import (
    Draft,
    TextCell,
    overlap,
    sorted_slots,
)
from paddleocr_vl_service.engines.onnx.table_filling import trimmed
from paddleocr_vl_service.engines.onnx.table_fragments import Fragment
from paddleocr_vl_service.engines.onnx.table_geometry import column_homes
from paddleocr_vl_service.engines.onnx.table_grid import Slot

_FEW = 2


def settle_columns(table: Draft) -> Draft:
    """A table without columns that are none."""
    return _by_place(without_empty_columns(table))


def without_empty_columns(table: Draft) -> Draft:
    """A table without the columns in which no cell of their own has text.

    A cell that reaches over such a column becomes narrower. A column whose heading alone has text
    stays: somebody meant to fill it in.
    """
    own = {cell.slot.column for cell in table.cells if cell.slot.columns == 1}
    # A column that only spanning cells fill is empty beside another one that they cover.
    gone = {
        column
        for column in range(table.columns)
        if column not in own
        and all(
            own.intersection(_columns(cell.slot))
            for cell in table.cells
            if column in _columns(cell.slot)
        )
    }
    if not gone:
        return table

    def left(slot: Slot) -> Slot | None:
        kept = [column for column in _columns(slot) if column not in gone]
        before = sum(column < slot.column for column in gone)
        return replace(slot, column=slot.column - before, columns=len(kept)) if kept else None

    return replace(
        table,
        columns=table.columns - len(gone),
        cells=tuple(replace(cell, slot=left(cell.slot) or cell.slot) for cell in table.cells),
        blanks=tuple(slot for blank in table.blanks if (slot := left(blank))),
    )


def _by_place(table: Draft) -> Draft:
    """A table whose text stands in the columns that its place shows.

    Where the rows do not go together with these columns it stays.
    """
    fragments = table.fragments
    homes = dict(zip(fragments, column_homes(fragments), strict=True))
    pieces = [(cell.slot, piece) for cell in table.cells for piece in _side_by_side(cell)]
    cells: dict[Slot, list[Fragment]] = {}
    sides = _Sides(homes)
    moved = False
    for slot, piece in pieces:
        first, end = min(homes[one][0] for one in piece), max(homes[one][1] for one in piece)
        # What recognition took for one line may be a row of cells: the model knows better.
        if slot.columns == 1 and end - first > _FEW and len(piece) == 1:
            first = slot.column if first <= slot.column < end else first
            end = first + 1
        # One that spans columns may stand in a single one of them, but not beside other text.
        inside = slot.column <= first < end <= slot.column_end
        moved = moved or not inside or (slot.columns > 1 and sides.have_text(slot, piece))
        cells.setdefault(replace(slot, column=first, columns=end - first), []).extend(piece)
    count = max(end for _, end in homes.values())
    if count == table.columns and len(pieces) == len(table.cells) and not moved:
        return table
    if overlap(cells):
        return table
    return replace(
        table,
        columns=count,
        cells=tuple(TextCell(slot, tuple(cells[slot])) for slot in sorted_slots(cells)),
        blanks=(),
    )


class _Sides:
    """What text stands on the level of another, by its column.

    Args:
        homes: The columns of each fragment, first and end.
    """

    def __init__(self, homes: dict[Fragment, tuple[int, int]]) -> None:
        self._place_of = {fragment: place for place, fragment in enumerate(homes)}
        self._first = np.array([first for first, _ in homes.values()])
        rects = [trimmed(fragment) for fragment in homes]
        self._top = np.array([rect.top for rect in rects])
        self._bottom = np.array([rect.bottom for rect in rects])

    def have_text(self, slot: Slot, piece: Sequence[Fragment]) -> bool:
        """Whether other text stands beside a piece in the columns that its cell spans."""
        level = trimmed(piece[0])
        beside = (self._top < level.bottom) & (self._bottom > level.top)
        beside &= (self._first >= slot.column) & (self._first < slot.column_end)
        beside[[self._place_of[one] for one in piece]] = False
        return bool(beside.any())


def _side_by_side(cell: TextCell) -> list[list[Fragment]]:
    """A cell's text in parts that do not stand below each other, from the left."""
    parts: list[list[Fragment]] = []
    right = float("-inf")
    for one in sorted(cell.fragments, key=lambda one: one.rect):
        if one.rect.left < right:
            parts[-1].append(one)
        else:
            parts.append([one])
        right = max(right, one.rect.right)
    return parts


def _columns(slot: Slot) -> range:
    return range(slot.column, slot.column_end)
