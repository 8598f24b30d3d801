"""Tables with known structure: pictures, lines of text, and what the model would say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

import reportlab
from PIL import Image, ImageDraw, ImageFont

from paddleocr_vl_service.engines.onnx.line_geometry import Frame, PlacedLine, Rect, place
from paddleocr_vl_service.engines.onnx.table_draft import Draft, TextCell, sorted_slots
from paddleocr_vl_service.engines.onnx.table_fragments import Fragment
from paddleocr_vl_service.engines.onnx.table_grid import Slot
from paddleocr_vl_service.engines.onnx.table_structure import StructureCell, TableStructure
from paddleocr_vl_service.engines.onnx.types import Box, ReadLine
from paddleocr_vl_service.models.document import TextSource

Style = Literal["ruled", "booktabs", "borderless"]

LEVEL = Frame(0.0, (0.0, 0.0), vertical=False)
WHITE = Image.new("RGB", (800, 600), "white")

_FONTS = Path(reportlab.__file__).parent / "fonts"


class Cell(NamedTuple):
    """A cell's text, its lines separated by line feeds, and its spans."""

    text: str
    rows: int = 1
    columns: int = 1


@dataclass(frozen=True)
class RenderedTable:
    """A page with one table.

    Attributes:
        page: RGB.
        box: The table's place.
        lines: One for each line of text, as long as its ink.
    """

    page: Image.Image
    box: Box
    lines: list[ReadLine] = field(default_factory=list)


def line(text: str, left: float, top: float, right: float, bottom: float) -> ReadLine:
    """An upright line of text."""
    quad = ((left, top), (right, top), (right, bottom), (left, bottom))
    return ReadLine(text, 0.9, quad, TextSource.OCR)


@cache
def font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(_FONTS / ("VeraBd.ttf" if bold else "Vera.ttf"), size)


def render(
    rows: Sequence[Sequence[Cell | str]],
    style: Style = "ruled",
    *,
    size: int = 20,
    header_rows: int = 1,
    padding: int = 14,
    origin: tuple[int, int] = (40, 30),
    numbers_right: bool = False,
) -> RenderedTable:
    """Draw a table of which each row lists the cells that start in it."""
    cells = _placed(rows)
    columns = max(column + cell.columns for _, column, cell in cells)
    widths, heights = _measure(cells, len(rows), columns, size, padding)
    xs = _edges(origin[0], widths)
    ys = _edges(origin[1], heights)
    page = Image.new("RGB", (round(xs[-1]) + origin[0], round(ys[-1]) + origin[1]), "white")
    pen = ImageDraw.Draw(page)
    lines = []
    for row, column, cell in cells:
        area = (xs[column], ys[row], xs[column + cell.columns], ys[row + cell.rows])
        if style == "ruled":
            pen.rectangle(area, outline="black", width=2)
        elif style == "booktabs" and cell.columns > 1:
            pen.line((area[0] + padding, area[3], area[2] - padding, area[3]), "black", 1)
        bold = row < header_rows
        inner = (area[0] + padding, area[1], area[2] - padding, area[3])
        right = numbers_right and not bold and cell.text[:1].isdigit()
        lines += _write(pen, cell, inner, font(size, bold), right)
    if style == "booktabs":
        for y, width in ((ys[0], 3), (ys[header_rows], 2), (ys[-1], 3)):
            pen.line((xs[0], y, xs[-1], y), "black", width)
    return RenderedTable(page, (xs[0] - 2, ys[0] - 2, xs[-1] + 3, ys[-1] + 3), lines)


def expected_text(rows: Sequence[Sequence[Cell | str]]) -> str:
    """The table's text, its cells separated by tabs; spanned places are empty."""
    cells = _placed(rows)
    columns = max(column + cell.columns for _, column, cell in cells)
    grid = [[""] * columns for _ in rows]
    for row, column, cell in cells:
        grid[row][column] = cell.text.replace("\n", " ")
    return "\n".join("\t".join(row) for row in grid)


def _placed(rows: Sequence[Sequence[Cell | str]]) -> list[tuple[int, int, Cell]]:
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


def _measure(
    cells: Sequence[tuple[int, int, Cell]], rows: int, columns: int, size: int, padding: int
) -> tuple[list[float], list[float]]:
    """Widths of the columns and heights of the rows."""
    widths, heights = [0.0] * columns, [size * 1.9] * rows
    for row, column, cell in cells:
        texts = cell.text.split("\n")
        width = max(font(size, True).getlength(text) for text in texts) + 2 * padding
        if cell.columns == 1:
            widths[column] = max(widths[column], width)
        if cell.rows == 1:
            heights[row] = max(heights[row], size * (0.6 + 1.3 * len(texts)))
    for _, column, cell in cells:
        if cell.columns > 1:
            span = range(column, column + cell.columns)
            width = font(size, True).getlength(cell.text) + 2 * padding
            lacking = max(width - sum(widths[number] for number in span), 0)
            for number in span:
                widths[number] += lacking / cell.columns
    return widths, heights


def _edges(start: float, lengths: Sequence[float]) -> list[float]:
    edges = [start]
    for length in lengths:
        edges.append(round(edges[-1] + length))
    return edges


def _write(
    pen: ImageDraw.ImageDraw,
    cell: Cell,
    area: Box,
    face: ImageFont.FreeTypeFont,
    right: bool,
) -> list[ReadLine]:
    texts = [text for text in cell.text.split("\n") if text]
    pitch = 1.3 * face.size
    y = (area[1] + area[3]) / 2 - pitch * len(texts) / 2 + 0.1 * face.size
    lines = []
    for text in texts:
        width = face.getlength(text)
        x = area[0]
        if cell.columns > 1:
            x = (area[0] + area[2] - width) / 2
        elif right:
            x = area[2] - width
        pen.text((x, y), text, "black", face)
        left, _, end, _ = pen.textbbox((x, y), text, face)
        # As detection does, a little more than the letters.
        lines.append(line(text, left - 3, y - 3, end + 3, y + 1.2 * face.size + 3))
        y += pitch
    return lines


def piece(text: str, left: float, top: float, width: float = 60, height: float = 20) -> Fragment:
    return Fragment(text, Rect(left, top, left + width, top + height), height)


Place = tuple[int, int, int, int, Fragment]
"""Row, column, rows and columns of a cell, and some of its text."""


def seen(*places: Place) -> Draft:
    """A table as a model might see it."""
    inside: dict[Slot, list[Fragment]] = {}
    for row, column, rows, columns, fragment in places:
        inside.setdefault(Slot(row, column, rows, columns), []).append(fragment)
    cells = [TextCell(slot, tuple(inside[slot])) for slot in sorted_slots(inside)]
    return Draft(
        max(cell.slot.row_end for cell in cells),
        max(cell.slot.column_end for cell in cells),
        1,
        tuple(cells),
    )


def placed(lines: Sequence[ReadLine]) -> list[PlacedLine]:
    return [place(one, LEVEL) for one in lines]


def grid_structure(
    rows: int, columns: int, spans: Sequence[Slot] = (), *, header_rows: int = 0
) -> TableStructure:
    """Cells 100 wide and 30 high from the page's corner, with 10 between them."""
    covered = {
        (row, column): slot
        for slot in spans
        for row in range(slot.row, slot.row_end)
        for column in range(slot.column, slot.column_end)
    }
    slots = {
        covered.get((row, column), Slot(row, column))
        for row in range(rows)
        for column in range(columns)
    }
    cells = [
        StructureCell(
            slot,
            Rect(
                slot.column * 110,
                slot.row * 40,
                slot.column_end * 110 - 10,
                slot.row_end * 40 - 10,
            ),
        )
        for slot in sorted(slots, key=lambda slot: (slot.row, slot.column))
    ]
    return TableStructure(rows, columns, header_rows, tuple(cells), 0.99)
