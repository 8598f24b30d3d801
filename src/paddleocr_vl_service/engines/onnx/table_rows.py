"""Rows of a table, settled by the levels on which its text stands.

The structure model gives a text half-way between two rows, the head of a group of rows or a cell
beside two rows of the head, to one of the two, or a row of its own. Lines of one cell it may take
for rows. Where text stands too close for rows, its distances tell what it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from paddleocr_vl_service.engines.onnx.line_geometry import bounding_rect
from paddleocr_vl_service.engines.onnx.table_draft import (
    Draft,
    TextCell,
    overlap,
    sorted_slots,
)
from paddleocr_vl_service.engines.onnx.table_filling import trimmed
from paddleocr_vl_service.engines.onnx.table_fragments import Fragment
from paddleocr_vl_service.engines.onnx.table_grid import Slot

_SAME_LEVEL = 0.35
_TOO_CLOSE = 0.85
_OFF_ROW = 0.2
_FEWEST_SHARED = 2


@dataclass(frozen=True)
class _Piece:
    """Lines of one cell that follow each other, and the rows and columns that they have so far."""

    fragments: tuple[Fragment, ...]
    slot: Slot

    @property
    def y(self) -> float:
        return bounding_rect(trimmed(one) for one in self.fragments).middle_y

    @property
    def em(self) -> float:
        return max(one.em for one in self.fragments)

    @property
    def columns(self) -> range:
        return range(self.slot.column, self.slot.column_end)


_Level = list[_Piece]


def settle_rows(table: Draft) -> Draft:
    """A table without rows that hold nothing or only what stands between two others."""
    table = _without_empty_rows(table)
    pitch = _pitch(_levels(_pieces(table, 0.0)))
    if pitch is None:
        return table
    for knot in _knots(_levels(_pieces(table, pitch)), pitch):
        moved = _untied(table, knot, pitch)
        if moved is not None:
            table = _without_empty_rows(moved)
    return table


def _pieces(table: Draft, pitch: float) -> list[_Piece]:
    """The text of each cell, lines together that are too close to each other for rows."""
    pieces = []
    for cell in table.cells:
        lines: list[list[Fragment]] = []
        for one in sorted(cell.fragments, key=lambda one: trimmed(one).middle_y):
            last = lines[-1][-1] if lines else None
            if (
                last is not None
                and trimmed(one).middle_y - trimmed(last).middle_y < _TOO_CLOSE * pitch
                and one.rect.shared_width(last.rect) > 0
            ):
                lines[-1].append(one)
            else:
                lines.append([one])
        pieces += [_Piece(tuple(each), cell.slot) for each in lines]
    return pieces


def _levels(pieces: Sequence[_Piece]) -> list[_Level]:
    """What stands side by side, from the top."""
    levels: list[_Level] = []
    for piece in sorted(pieces, key=lambda piece: (piece.y, piece.slot.column)):
        near = _SAME_LEVEL * piece.em
        if levels and piece.y - levels[-1][0].y < near:
            levels[-1].append(piece)
        else:
            levels.append([piece])
    return levels


def _height(level: _Level) -> float:
    return median(piece.y for piece in level)


def _pitch(levels: Sequence[_Level]) -> float | None:
    """From level to level where several columns have text in two rows of the model's."""
    steps = []
    for upper, lower in pairwise(levels):
        above = {column: piece.slot for piece in upper for column in piece.columns}
        shared = {
            column
            for piece in lower
            for column in piece.columns
            if column in above and above[column].row_end <= piece.slot.row
        }
        if len(shared) >= _FEWEST_SHARED:
            steps.append(_height(lower) - _height(upper))
    return min(steps, default=None)


def _knots(levels: Sequence[_Level], pitch: float) -> list[list[_Level]]:
    """Levels that are too close to each other for rows."""
    knots: list[list[_Level]] = []
    for before, level in pairwise(levels):
        if _height(level) - _height(before) >= _TOO_CLOSE * pitch:
            continue
        if knots and knots[-1][-1] is before:
            knots[-1].append(level)
        else:
            knots.append([before, level])
    return knots


def _untied(table: Draft, knot: Sequence[_Level], pitch: float) -> Draft | None:
    """The table with the rows that a knot is made of; None where it is one row, or unclear."""
    known = {one for level in knot for piece in level for one in piece.fragments}
    slots = [cell.slot for cell in table.cells if known.intersection(cell.fragments)]
    if len({(slot.row, slot.rows) for slot in slots}) < 2:
        return None
    for order in (range(len(knot)), _fullest_first(knot)):
        anchors = _anchors([_height(knot[place]) for place in order], pitch)
        spans = [_rows_of(_height(level), anchors) for level in knot]
        found = {
            one: span
            for level, span in zip(knot, spans, strict=True)
            if span is not None
            for piece in level
            for one in piece.fragments
        }
        moved = _with_rows(table, found, len(anchors)) if None not in spans else None
        if moved is not None:
            return moved
    return None


def _fullest_first(knot: Sequence[_Level]) -> list[int]:
    return sorted(
        range(len(knot)),
        key=lambda place: -len({column for piece in knot[place] for column in piece.columns}),
    )


def _anchors(heights: Sequence[float], pitch: float) -> list[float]:
    """Heights of rows: the first of those given, and all that are far enough from those before."""
    anchors: list[float] = []
    for height in heights:
        if all(abs(height - anchor) >= _TOO_CLOSE * pitch for anchor in anchors):
            anchors.append(height)
    return sorted(anchors)


def _rows_of(y: float, anchors: Sequence[float]) -> tuple[int, int] | None:
    """The first of the rows that a level covers and how many; None where that is unclear."""
    if len(anchors) == 1:
        return 0, 1
    for row, (upper, lower) in enumerate(pairwise(anchors)):
        part = (y - upper) / (lower - upper)
        for place, found in ((0.0, (row, 1)), (0.5, (row, 2)), (1.0, (row + 1, 1))):
            if abs(part - place) < _OFF_ROW:
                return found
    return None


def _with_rows(table: Draft, found: dict[Fragment, tuple[int, int]], count: int) -> Draft | None:
    """The table with some of its text in rows of its own; None where two cells would overlap.

    Args:
        table: As it is.
        found: The text, with the first of its new rows and how many.
        count: Of the new rows.
    """
    touched = [cell for cell in table.cells if any(one in found for one in cell.fragments)]
    start = min(cell.slot.row for cell in touched)
    end = max(cell.slot.row_end for cell in touched)
    mixed = {
        row
        for cell in table.cells
        if cell.slot.rows == 1 and not all(one in found for one in cell.fragments)
        for row in [cell.slot.row]
        if start <= row < end
    }
    highest = min(trimmed(one).middle_y for one in found)
    above = [row for row in sorted(mixed) if _top_of(table, row, found) < highest]
    below = [row for row in sorted(mixed) if row not in above]
    if above and below and above[-1] > below[0]:
        return None
    order = [*range(start), *above]
    first = len(order)
    rest = [*below, *range(end, table.rows)]
    place_of = {row: place for place, row in enumerate(order)}
    place_of.update({row: first + count + place for place, row in enumerate(rest)})
    new = range(first, first + count)

    cells: dict[Slot, list[Fragment]] = {}
    for cell in table.cells:
        for one in cell.fragments:
            if one in found:
                row, rows = first + found[one][0], found[one][1]
            else:
                kept = [place_of[row] for row in _rows(cell.slot) if row in place_of]
                gone = [row for row in _rows(cell.slot) if row not in place_of]
                kept += [*new] if gone else []
                row, rows = min(kept), max(kept) - min(kept) + 1
            slot = replace(cell.slot, row=row, rows=rows)
            cells.setdefault(slot, []).append(one)
    if overlap(cells):
        return None
    header = sum(place_of[row] < first for row in range(table.header_rows) if row in place_of)
    header += count if start < table.header_rows else 0
    blanks = [slot for slot in table.blanks if slot.row_end <= start]
    return replace(
        table,
        rows=first + count + len(rest),
        header_rows=header,
        cells=tuple(TextCell(slot, tuple(cells[slot])) for slot in sorted_slots(cells)),
        blanks=tuple(blanks),
    )


def _top_of(table: Draft, row: int, found: dict[Fragment, tuple[int, int]]) -> float:
    return min(
        trimmed(one).middle_y
        for cell in table.cells
        if (cell.slot.row, cell.slot.rows) == (row, 1)
        for one in cell.fragments
        if one not in found
    )


def _rows(slot: Slot) -> range:
    return range(slot.row, slot.row_end)


def _without_empty_rows(table: Draft) -> Draft:
    """A table without the rows that only cells of others reach into."""
    own = {cell.slot.row for cell in table.cells if cell.slot.rows == 1}
    spanned = [cell.slot for cell in table.cells if cell.slot.rows > 1]
    gone = [
        row
        for row in range(table.rows)
        if row not in own
        and all(
            any(other in own for other in _rows(slot)) for slot in spanned if row in _rows(slot)
        )
    ]
    if not gone:
        return table

    def left(slot: Slot) -> Slot | None:
        kept = [row for row in _rows(slot) if row not in gone]
        before = sum(row < slot.row for row in gone)
        return replace(slot, row=slot.row - before, rows=len(kept)) if kept else None

    cells = [replace(cell, slot=left(cell.slot) or cell.slot) for cell in table.cells]
    return replace(
        table,
        rows=table.rows - len(gone),
        header_rows=table.header_rows - sum(row < table.header_rows for row in gone),
        cells=tuple(cells),
        blanks=tuple(slot for blank in table.blanks if (slot := left(blank))),
    )
