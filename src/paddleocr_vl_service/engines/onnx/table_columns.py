"""Columns that nothing stands in: the structure model sees one under a heading that is set wide."""

from __future__ import annotations

from dataclasses import replace

from paddleocr_vl_service.engines.onnx.table_filling import FilledCell, FilledTable


def without_empty_columns(table: FilledTable) -> FilledTable:
    """A table without the columns in which no cell of their own has text.

    A cell that reaches over such a column becomes narrower. A column whose heading alone has text
    stays: somebody meant to fill it in.
    """
    own = {cell.slot.column for cell in table.cells if cell.slot.columns == 1 and cell.text}
    empty = [column for column in range(table.columns) if column not in own]
    kept = [column for column in range(table.columns) if column in own]
    # A column that only spanning cells fill is empty beside another one that they cover.
    gone = {column for column in empty if _is_covered_elsewhere(column, table, set(kept))}
    if not gone:
        return table
    cells = [narrowed for cell in table.cells if (narrowed := _narrowed(cell, gone)) is not None]
    return replace(table, columns=table.columns - len(gone), cells=tuple(cells))


def _is_covered_elsewhere(column: int, table: FilledTable, kept: set[int]) -> bool:
    """Whether every cell with text over a column also covers one that stays."""
    return all(
        any(place in kept for place in range(cell.slot.column, cell.slot.column_end))
        for cell in table.cells
        if cell.text and cell.slot.column <= column < cell.slot.column_end
    )


def _narrowed(cell: FilledCell, gone: set[int]) -> FilledCell | None:
    places = [place for place in range(cell.slot.column, cell.slot.column_end) if place not in gone]
    if not places:
        return None
    before = sum(column < places[0] for column in gone)
    slot = replace(cell.slot, column=places[0] - before, columns=len(places))
    return replace(cell, slot=slot)
