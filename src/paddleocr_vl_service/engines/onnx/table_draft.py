"""Tables while their rows, columns and spans are being settled: cells with the text inside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from paddleocr_vl_service.engines.onnx.line_geometry import Rect, bounding_rect
from paddleocr_vl_service.engines.onnx.table_filling import (
    FilledCell,
    FilledTable,
    cell_text,
    trimmed,
)
from paddleocr_vl_service.engines.onnx.table_fragments import Fragment
from paddleocr_vl_service.engines.onnx.table_grid import Slot
from paddleocr_vl_service.engines.onnx.table_structure import StructureCell, TableStructure

Place = tuple[int, int]
"""Row and column."""


@dataclass(frozen=True)
class TextCell:
    """A cell that has text.

    Attributes:
        slot: Its place.
        fragments: Its text, at least one.
    """

    slot: Slot
    fragments: tuple[Fragment, ...]

    @cached_property
    def rect(self) -> Rect:
        """Around its text, without the margins above and below."""
        return bounding_rect(trimmed(one) for one in self.fragments)

    @property
    def em(self) -> float:
        """Height of its lines."""
        return max(one.em for one in self.fragments)


@dataclass(frozen=True)
class Draft:
    """A table that may still change.

    Attributes:
        rows: Their number.
        columns: Their number.
        header_rows: How many rows at the top are the table's head.
        cells: Those with text; they do not overlap.
        blanks: Places of cells without text that span rows or columns.
    """

    rows: int
    columns: int
    header_rows: int
    cells: tuple[TextCell, ...]
    blanks: tuple[Slot, ...] = ()

    @property
    def fragments(self) -> list[Fragment]:
        """All text."""
        return [one for cell in self.cells for one in cell.fragments]

    @cached_property
    def owners(self) -> dict[Place, TextCell]:
        """The cell with text at each place that has one."""
        return {place: cell for cell in self.cells for place in places(cell.slot)}

    def with_slots(self, changed: dict[Slot, Slot]) -> Draft:
        """The same with cells somewhere else, by where they are."""
        cells = [replace(cell, slot=changed.get(cell.slot, cell.slot)) for cell in self.cells]
        return replace(self, cells=tuple(cells))

    def filled(self) -> FilledTable:
        """As it stands, with empty cells where nothing is."""
        texts = {cell.slot: cell_text(cell.fragments) for cell in self.cells}
        taken = {place for slot in texts for place in places(slot)}
        for slot in [*self.blanks, *self._single_places()]:
            if not taken.intersection(places(slot)):
                texts[slot] = ""
                taken.update(places(slot))
        cells = [FilledCell(slot, text) for slot, text in texts.items()]
        cells.sort(key=lambda cell: (cell.slot.row, cell.slot.column))
        return FilledTable(self.rows, self.columns, min(self.header_rows, self.rows), tuple(cells))

    def _single_places(self) -> list[Slot]:
        return [Slot(row, column) for row in range(self.rows) for column in range(self.columns)]


def draft(
    structure: TableStructure, fragments: Sequence[Fragment], homes: Sequence[StructureCell]
) -> Draft:
    """A table as the structure model sees it; `homes` are the fragments' cells, in their order."""
    inside: dict[Slot, list[Fragment]] = {}
    for fragment, home in zip(fragments, homes, strict=True):
        inside.setdefault(home.slot, []).append(fragment)
    cells = [TextCell(slot, tuple(inside[slot])) for slot in sorted_slots(inside)]
    blanks = [
        cell.slot
        for cell in structure.cells
        if cell.slot not in inside and (cell.slot.rows > 1 or cell.slot.columns > 1)
    ]
    return Draft(
        structure.rows, structure.columns, structure.header_rows, tuple(cells), tuple(blanks)
    )


def sorted_slots(slots: Iterable[Slot]) -> list[Slot]:
    """Row by row."""
    return sorted(slots, key=lambda slot: (slot.row, slot.column))


def overlap(slots: Iterable[Slot]) -> bool:
    """Whether two of them cover the same place."""
    taken: set[Place] = set()
    for slot in slots:
        own = places(slot)
        if taken.intersection(own):
            return True
        taken.update(own)
    return False


def places(slot: Slot) -> list[Place]:
    """All that a slot covers."""
    return [
        (row, column)
        for row in range(slot.row, slot.row_end)
        for column in range(slot.column, slot.column_end)
    ]
