"""Draws tables, or some rows of them, on a reportlab canvas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from tests.structure.blocks import Cell, Table
from tests.structure.tables import column_count, placed_cells

_PADDING = 7.0
_LEADING = 1.2
_ROW = 0.55  # of the size, above and below the lines of a row


@dataclass(frozen=True)
class TableLayout:
    """A table with the sizes of its columns and rows in points."""

    table: Table
    fonts: tuple[str, str]
    size: float
    widths: tuple[float, ...]
    heights: tuple[float, ...]

    @property
    def width(self) -> float:
        """Of the whole table."""
        return sum(self.widths)

    def height(self, rows: Sequence[int]) -> float:
        """Of some rows."""
        return sum(self.heights[row] for row in rows)

    def rows_that_fit(self, start: int, height: float) -> int:
        """How many rows from one on are no higher together; no row that a span ties is parted."""
        count, used = 0, 0.0
        for row in range(start, len(self.heights)):
            used += self.heights[row]
            if used > height + 0.01:
                break
            count += 1
        while count and start + count < len(self.heights) and self._is_tied(start + count):
            count -= 1
        return count

    def _is_tied(self, row: int) -> bool:
        """Whether a cell reaches into a row from above, or the row is the first after the head."""
        cells = placed_cells(self.table.rows)
        return row <= self.table.head or any(top < row < top + cell.rows for top, _, cell in cells)


def lay_out(table: Table, fonts: tuple[str, str], size: float, most: float) -> TableLayout:
    """Find the sizes of columns and rows.

    Args:
        table: The table.
        fonts: Regular and bold.
        size: Of the letters.
        most: Width that the table is not to be wider than; more text than that is an error.
    """
    cells = placed_cells(table.rows)
    widths = [0.0] * column_count(table)
    heights = [(_LEADING + 2 * _ROW) * size] * len(table.rows)
    for row, column, cell in cells:
        lines = cell.text.split("\n")
        if cell.columns == 1:
            widths[column] = max(widths[column], _text_width(cell, fonts, size))
        if cell.rows == 1:
            heights[row] = max(heights[row], (len(lines) * _LEADING + 2 * _ROW) * size)
    for _, column, cell in cells:
        span = range(column, column + cell.columns)
        lacking = _text_width(cell, fonts, size) - sum(widths[each] for each in span)
        for each in span:
            widths[each] += max(0.0, lacking) / cell.columns
    assert sum(widths) <= most + 0.01, f"a table {sum(widths):.0f} wide in {most:.0f}"
    return TableLayout(table, fonts, size, tuple(widths), tuple(heights))


def draw_rows(
    canvas: Canvas, layout: TableLayout, rows: Sequence[int], corner: tuple[float, float]
) -> None:
    """Draw some rows one below the other.

    Args:
        canvas: With the origin of its page bottom left.
        layout: Of the table.
        rows: Their numbers; a cell that spans rows has all of them here.
        corner: Top left, points.
    """
    xs = [corner[0] + sum(layout.widths[:number]) for number in range(len(layout.widths) + 1)]
    ys = [corner[1] - layout.height(rows[:number]) for number in range(len(rows) + 1)]
    table = layout.table
    for row, column, cell in placed_cells(table.rows):
        if row not in rows:
            continue
        place = rows.index(row)
        left, right = xs[column], xs[column + cell.columns]
        top, bottom = ys[place], ys[place + cell.rows]
        if table.style == "ruled":
            canvas.rect(left, bottom, right - left, top - bottom)
        elif table.style == "booktabs" and cell.columns > 1:
            canvas.line(left + _PADDING, bottom, right - _PADDING, bottom)
        _write(canvas, layout, cell, (left, top, right, bottom), bold=row < table.head)
    if table.style == "booktabs":
        head = sum(1 for row in rows if row < table.head)
        for y, width in ((ys[0], 1.1), (ys[head], 0.6), (ys[-1], 1.1)):
            canvas.setLineWidth(width)
            canvas.line(xs[0], y, xs[-1], y)
        canvas.setLineWidth(1)


def _text_width(cell: Cell, fonts: tuple[str, str], size: float) -> float:
    widest: float = max(
        pdfmetrics.stringWidth(line, font, size) for line in cell.text.split("\n") for font in fonts
    )
    return 2 * _PADDING + widest


def _write(
    canvas: Canvas,
    layout: TableLayout,
    cell: Cell,
    area: tuple[float, float, float, float],
    *,
    bold: bool,
) -> None:
    """Text at the left, centred over spanned columns, numbers at the right."""
    left, top, right, bottom = area
    lines, size = cell.text.split("\n"), layout.size
    canvas.setFont(layout.fonts[bold], size)
    y = (top + bottom) / 2 + (len(lines) * _LEADING * size) / 2 - 0.95 * size
    for line in lines:
        if cell.columns > 1:
            canvas.drawCentredString((left + right) / 2, y, line)
        elif line.replace(".", "").replace(",", "").isdigit():
            canvas.drawRightString(right - _PADDING, y, line)
        else:
            canvas.drawString(left + _PADDING, y, line)
        y -= _LEADING * size
