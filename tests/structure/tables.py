"""Tables of known structure: drawn, and as what is expected of them."""

from __future__ import annotations

from collections.abc import Sequence
from html.parser import HTMLParser

from tests.structure.blocks import Cell, Table

Grid = list[list[Cell]]


def placed_cells(rows: Sequence[Sequence[Cell | str]]) -> list[tuple[int, int, Cell]]:
    """Row, column and cell, each in its row's first free place, as HTML has it."""
    taken: set[tuple[int, int]] = set()
    placed = []
    for number, row in enumerate(rows):
        column = 0
        for entry in row:
            cell = Cell(entry) if isinstance(entry, str) else entry
            while (number, column) in taken:
                column += 1
            placed.append((number, column, cell))
            taken |= {
                (number + down, column + across)
                for down in range(cell.rows)
                for across in range(cell.columns)
            }
    return placed


def column_count(table: Table) -> int:
    """How many columns a table has."""
    return max(column + cell.columns for _, column, cell in placed_cells(table.rows))


def expected_grid(table: Table) -> Grid:
    """The cells that start in each row."""
    grid: Grid = [[] for _ in table.rows]
    for row, _, cell in placed_cells(table.rows):
        grid[row].append(cell._replace(text=cell.text.replace("\n", " ")))
    return grid


def expected_text(table: Table) -> str:
    """A line a row, a tab between cells; spanned places are empty."""
    grid = [[""] * column_count(table) for _ in table.rows]
    for row, column, cell in placed_cells(table.rows):
        grid[row][column] = cell.text.replace("\n", " ")
    return "\n".join("\t".join(row) for row in grid)


def grid_of(html: str | None) -> Grid:
    """The cells of a table's HTML, whether of its head or its body."""
    parser = _Cells()
    parser.feed(html or "")
    assert parser.tables == 1, html
    return parser.grid


class _Cells(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.grid: Grid = []
        self.tables = 0
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.tables += 1
        elif tag == "tr":
            self.grid.append([])
        elif tag in ("td", "th"):
            spans = dict(attrs)
            rows, columns = (int(spans.get(name) or 1) for name in ("rowspan", "colspan"))
            self.grid[-1].append(Cell("", rows, columns))
            self._inside = True

    def handle_data(self, data: str) -> None:
        if self._inside:
            cell = self.grid[-1][-1]
            self.grid[-1][-1] = cell._replace(text=cell.text + data)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._inside = False
