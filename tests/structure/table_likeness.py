"""How alike a table is to the one that was set: TEDS, and whether every cell is as it should be."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import NamedTuple

from table_recognition_metric import TEDS

from benchmarks.omnidocbench.normalise import normalised_table
from benchmarks.scores import word_f1
from tests.structure.blocks import Cell, Table
from tests.structure.tables import expected_grid, grid_of

_LEAST_ALIKE = 0.4


class Likeness(NamedTuple):
    """Of two tables.

    Attributes:
        teds: Of structure and text, 0 to 1.
        structure: Of structure alone, 0 to 1.
        exact: Whether cells, spans and texts are the same.
    """

    teds: float
    structure: float
    exact: bool


def likeness(table: Table, read: str) -> Likeness:
    """How alike the HTML that was read is to a table; it is empty where none was."""
    if not read:
        return Likeness(0.0, 0.0, exact=False)
    true, own = normalised_table(true_html(table)), normalised_table(read)
    teds, structure = (float(TEDS(structure_only=bare)(own, true)) for bare in (False, True))
    return Likeness(teds, structure, exact=grid_of(read) == expected_grid(table))


def matched(tables: Sequence[Table], read: Sequence[str]) -> list[tuple[Table, str]]:
    """Each table with the HTML that has most of its words; empty HTML where none has many."""
    pairs = []
    for table in tables:
        words = " ".join(cell.text for row in expected_grid(table) for cell in row)
        alike = {
            each: word_f1(words, " ".join(cell.text for row in grid_of(each) for cell in row))
            for each in read
        }
        best = max(alike, key=alike.__getitem__, default="")
        pairs.append((table, best if alike.get(best, 0.0) >= _LEAST_ALIKE else ""))
    return pairs


def true_html(table: Table) -> str:
    """As HTML."""
    rows = ("".join(map(_cell_html, row)) for row in expected_grid(table))
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


def _cell_html(cell: Cell) -> str:
    spans = f' rowspan="{cell.rows}"' if cell.rows > 1 else ""
    spans += f' colspan="{cell.columns}"' if cell.columns > 1 else ""
    return f"<td{spans}>{html.escape(cell.text)}</td>"
