"""Sets documents as PDFs and tells where each of their blocks came to stand."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from tests.structure.blocks import (
    Block,
    Caption,
    Columns,
    Document,
    Figure,
    Footnote,
    Heading,
    Item,
    Items,
    PageBreak,
    Paragraph,
    Place,
    Running,
    Sidebar,
    Table,
    Title,
)
from tests.structure.lines import Line, broken
from tests.structure.table_setting import TableLayout, draw_rows, lay_out
from tests.support.fonts import font_file

FAMILIES = {
    "serif": ("Times-Roman", "Times-Bold"),
    "sans": ("Helvetica", "Helvetica-Bold"),
    "chinese": ("STSong-Light", "STSong-Light"),
    "japanese": ("HeiseiMin-W3", "HeiseiKakuGo-W5"),
}
_LEADING = 1.22
_GUTTER = 22.0
_RUNNING_SIZE = 0.85
_NOTE_SIZE = 0.8
_CAPTION_SIZE = 0.9
_HEADINGS = {1: 1.44, 2: 1.2, 3: 1.0}
_TITLE = 2.0
_ITEM_INDENT = 16.0


class Spot(NamedTuple):
    """A column of a page; pages count from 1, columns from 0."""

    page: int
    column: int


@dataclass(frozen=True)
class Placed:
    """A block and the columns that hold a part of it."""

    block: Block
    spots: tuple[Spot, ...]


@dataclass(frozen=True)
class Typeset:
    """A document as PDF."""

    document: Document
    pdf: bytes
    placed: tuple[Placed, ...]
    pages: int


def typeset(document: Document) -> Typeset:
    """Set a document; skips the test where the machine lacks the fonts."""
    if document.style.font in ("chinese", "japanese"):
        font_file("cjk")  # the PDF names a font that the reader has to find a stand-in for
        for name in FAMILIES[document.style.font]:
            pdfmetrics.registerFont(UnicodeCIDFont(name))
    pages = _Press(document, 0).run().pages
    return _Press(document, pages).run()


@dataclass
class _Column:
    """Where the next line goes: from the page's top, in points."""

    x: float
    width: float
    top: float
    bottom: float
    y: float = field(init=False)

    def __post_init__(self) -> None:
        self.y = self.top


class _Press:
    def __init__(self, document: Document, pages: int) -> None:
        self._document = document
        self._style = document.style
        self._regular, self._bold = FAMILIES[self._style.font]
        self._buffer = io.BytesIO()
        self._canvas = Canvas(self._buffer, A4, invariant=1)
        self._pages, self._page, self._index = pages, 1, 0
        self._columns: list[_Column] = []
        self._sidebar_bottom = 0.0
        self._spots: list[Spot] = []
        self._open(1, self._style.margin)

    def run(self) -> Typeset:
        """Set every block."""
        placed = []
        blocks = list(self._document.blocks)
        while blocks:
            block, self._spots = blocks.pop(0), []
            if isinstance(block, Figure) and blocks and isinstance(blocks[0], Caption):
                self._keep_together(block.height + 4 * self._style.size)
            elif isinstance(block, Caption) and blocks and isinstance(blocks[0], Table):
                self._keep_together(3 * self._style.size + self._table_height(blocks[0]))
            self._set(block)
            if self._spots:
                placed.append(Placed(block, tuple(dict.fromkeys(self._spots))))
        self._end_page()
        self._canvas.save()
        return Typeset(self._document, self._buffer.getvalue(), tuple(placed), self._page)

    def _set(self, block: Block) -> None:  # noqa: C901 - one case for each kind of block
        size = self._style.size
        match block:
            case Title(text):
                self._lines(text, _TITLE * size, bold=True, gap=1.2 * size)
            case Heading(text, level):
                height = _HEADINGS[level] * size
                self._gap(0.9 * size)
                self._keep_together(height + 4 * size)
                self._lines(text, height, bold=True, gap=0.5 * size)
            case Paragraph(text):
                gap = 0 if self._style.indent else 0.6 * size
                first = self._style.indent
                self._lines(text, size, first=first, gap=gap, justified=self._style.justified)
            case Items(items):
                self._items(items, 0)
                self._gap(0.6 * size)
            case Caption(text):
                self._gap(0.4 * size)
                self._lines(text, _CAPTION_SIZE * size, gap=0.9 * size, whole=True)
            case Figure(height):
                self._gap(0.6 * size)
                self._figure(height)
            case Table():
                self._table(block)
            case Footnote(text):
                self._footnote(text)
            case Columns(count):
                self._open(count, max(column.y for column in self._columns) + size)
            case Sidebar(heading, text):
                self._sidebar(heading, text)
            case PageBreak():
                self._next_page()

    @property
    def _column(self) -> _Column:
        return self._columns[self._index]

    def _open(self, count: int, top: float) -> None:
        style = self._style
        whole = A4[0] - 2 * style.margin - style.outer
        width = (whole - (count - 1) * _GUTTER) / count
        self._columns = [
            _Column(style.margin + index * (width + _GUTTER), width, top, A4[1] - style.margin)
            for index in range(count)
        ]
        self._index = 0

    def _next_column(self) -> None:
        if self._index + 1 < len(self._columns):
            self._index += 1
        else:
            self._next_page()

    def _next_page(self) -> None:
        self._end_page()
        self._page += 1
        self._open(len(self._columns), self._style.margin)

    def _end_page(self) -> None:
        for running, y in (
            *((each, 0.6 * self._style.margin) for each in self._style.head),
            *((each, A4[1] - 0.5 * self._style.margin) for each in self._style.foot),
        ):
            self._running(running, y)
        self._canvas.showPage()

    def _running(self, running: Running, y: float) -> None:
        text, size = running.on(self._page, self._pages), _RUNNING_SIZE * self._style.size
        free = A4[0] - 2 * self._style.margin - self._measure(text, size)
        share: dict[Place, float] = {"left": 0, "centre": 0.5, "right": 1}
        self._print(text, self._style.margin + free * share[running.place], y, size)

    def _gap(self, height: float) -> None:
        if self._column.y > self._column.top:
            self._column.y += height

    def _keep_together(self, height: float) -> None:
        if self._column.y + height > self._column.bottom:
            self._next_column()

    def _take(self, height: float) -> float:
        """The top of a strip of the column, which is the next one where this one is full."""
        self._keep_together(height)
        y = self._column.y
        self._column.y += height
        self._spots.append(Spot(self._page, self._index))
        return y

    def _measure(self, text: str, size: float, *, bold: bool = False) -> float:
        width: float = pdfmetrics.stringWidth(text, self._bold if bold else self._regular, size)
        return width

    def _print(
        self, text: str, x: float, y: float, size: float, *, bold: bool = False, space: float = 0
    ) -> None:
        """A line whose top is `y`."""
        line = self._canvas.beginText(x, A4[1] - y - 0.8 * size)
        line.setFont(self._bold if bold else self._regular, size)
        line.setWordSpace(space)
        line.textOut(text)
        self._canvas.drawText(line)

    def _break(self, text: str, size: float, width: float, first: float, rest: float) -> list[Line]:
        return broken(text, width, lambda each: self._measure(each, size), first=first, rest=rest)

    def _lines(
        self,
        text: str,
        size: float,
        *,
        bold: bool = False,
        first: float = 0,
        rest: float = 0,
        gap: float = 0,
        justified: bool = False,
        whole: bool = False,
        marker: str = "",
    ) -> None:
        width = self._column.width
        measure_bold = [self._measure(text, size, bold=True) / (self._measure(text, size) or 1)]
        lines = self._break(text, size, width / (measure_bold[0] if bold else 1), first, rest)
        if whole:
            self._keep_together(len(lines) * _LEADING * size)
        for number, line in enumerate(lines):
            y = self._take(_LEADING * size)
            x, spaces = self._column.x + line.indent, line.text.count(" ")
            free = width - line.indent - self._measure(line.text, size, bold=bold)
            space = free / spaces if justified and spaces and not line.last else 0
            if marker and number == 0:
                self._print(marker, x - 0.8 * _ITEM_INDENT, y, size)
            self._print(line.text, x, y, size, bold=bold, space=space)
        self._gap(gap)

    def _items(self, items: Sequence[Item], depth: int) -> None:
        indent = (depth + 1) * _ITEM_INDENT
        for item in items:
            self._lines(
                item.text, self._style.size, first=indent, rest=indent, gap=2, marker=item.marker
            )
            self._items(item.items, depth + 1)

    def _figure(self, height: float) -> None:
        """A bar chart without a word."""
        y = self._take(height)
        x, width = self._column.x, min(self._column.width, 2 * height)
        x += (self._column.width - width) / 2
        self._canvas.rect(x, A4[1] - y - height, width, height)
        for bar in range(9):
            self._canvas.setFillGray(0.2 + 0.06 * bar)
            share = 0.25 + 0.65 * ((bar * 5) % 9) / 9
            left = x + width * (0.06 + 0.1 * bar)
            self._canvas.rect(left, A4[1] - y - height, 0.07 * width, share * height, fill=1)
        self._canvas.setFillGray(0)

    def _footnote(self, text: str) -> None:
        size, column = _NOTE_SIZE * self._style.size, self._column
        lines = self._break(text, size, column.width, 0, 0)
        rule = column.bottom == A4[1] - self._style.margin
        column.bottom -= len(lines) * _LEADING * size + (0.8 * size if rule else 0)
        y = column.bottom + (0.8 * size if rule else 0)
        if rule:
            line = A4[1] - column.bottom - 0.4 * size
            self._canvas.line(column.x, line, column.x + 0.4 * column.width, line)
        for number, each in enumerate(lines):
            self._print(each.text, column.x, y + number * _LEADING * size, size)
        self._spots.append(Spot(self._page, self._index))

    def _sidebar(self, heading: str, text: str) -> None:
        size, inset = 0.9 * self._style.size, 8.0
        x, y = A4[0] - self._style.margin - self._style.outer + _GUTTER, self._column.y
        width = self._style.outer - _GUTTER
        lines = self._break(text, size, width - 2 * inset, 0, 0)
        height = 2 * inset + (len(lines) + 1.5) * _LEADING * size
        self._canvas.setFillGray(0.9)
        self._canvas.rect(x, A4[1] - y - height, width, height, stroke=0, fill=1)
        self._canvas.setFillGray(0)
        self._print(heading, x + inset, y + inset, size, bold=True)
        for number, line in enumerate(lines):
            top = y + inset + (number + 1.5) * _LEADING * size
            self._print(line.text, x + inset, top, size)
        self._spots.append(Spot(self._page, self._index))

    def _layout(self, table: Table) -> TableLayout:
        size = 0.95 * self._style.size
        fonts = (self._regular, self._bold)
        return lay_out(table, fonts, size, min(self._column.width, 460))

    def _table_height(self, table: Table) -> float:
        heights = self._layout(table).heights
        return sum(heights[: table.head + 2] if table.long else heights)

    def _table(self, table: Table) -> None:
        layout = self._layout(table)
        self._gap(0.4 * self._style.size)
        row, rows = 0, len(table.rows)
        while row < rows:
            head = list(range(table.head)) if row else []
            free = self._column.bottom - self._column.y
            count = layout.rows_that_fit(row, free - layout.height(head))
            if count == 0 or (not table.long and count < rows):
                self._next_column()
                continue
            shown = [*head, *range(row, row + count)]
            y = self._take(layout.height(shown))
            free_width = self._column.width - layout.width
            corner = (self._column.x + free_width / 2, A4[1] - y)
            draw_rows(self._canvas, layout, shown, corner)
            row += count
        self._gap(1.2 * self._style.size)
