"""One HTML table into rows of cells and back.

It reads what engines write, and makes no attempt at what they should not have written: a table
inside a table, text outside the cells, or tags that do not fit together are None.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser

_SECTIONS = {"thead", "tbody", "tfoot"}
_MOST_SPAN = 1000
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True)
class TableCell:
    """A cell as it was written.

    Attributes:
        start: Its start tag.
        tag: ``td`` or ``th``.
        content: Its inner HTML.
        colspan: Columns it covers.
        rowspan: Rows it covers.
    """

    start: str
    tag: str
    content: str
    colspan: int = 1
    rowspan: int = 1

    @property
    def text(self) -> str:
        """Its words without any markup."""
        return " ".join(unescape(_TAG.sub(" ", self.content)).split())


@dataclass(frozen=True)
class TableRow:
    """A row; `section` is ``thead``, ``tbody``, ``tfoot`` or empty where the table has none."""

    cells: tuple[TableCell, ...]
    start: str = "<tr>"
    section: str = ""


@dataclass(frozen=True)
class HtmlTable:
    """The rows of a table, and its start tag."""

    rows: tuple[TableRow, ...]
    start: str = "<table>"

    @property
    def column_count(self) -> int:
        """Columns of its widest row, cells that reach down from rows above included."""
        return max(map(len, occupied_columns(self.rows)), default=0)

    @property
    def reaches_out(self) -> bool:
        """Whether a cell spans more rows than there are."""
        count = len(self.rows)
        return any(
            place + cell.rowspan > count
            for place, row in enumerate(self.rows)
            for cell in row.cells
        )


def parse_table(html: str) -> HtmlTable | None:
    """The table of an element; None where it is not one plain table."""
    parser = _TableParser()
    try:
        parser.feed(html)
        parser.close()
    except (ValueError, AssertionError):
        return None
    return parser.table()


def write_table(table: HtmlTable) -> str:
    """The table as HTML, its cells as they were."""
    parts = [table.start]
    section = ""
    for row in table.rows:
        if row.section != section:
            parts.append(f"</{section}>" if section else "")
            parts.append(f"<{row.section}>" if row.section else "")
            section = row.section
        cells = "".join(f"{cell.start}{cell.content}</{cell.tag}>" for cell in row.cells)
        parts.append(f"{row.start}{cells}</tr>")
    parts.append(f"</{section}>" if section else "")
    return "".join(parts) + "</table>"


def occupied_columns(rows: Sequence[TableRow]) -> list[set[int]]:
    """For each row the columns that its cells cover and those that reach down into it."""
    covered: list[set[int]] = []
    reaching: dict[int, int] = {}
    for row in rows:
        taken = set(reaching)
        coming: dict[int, int] = {}
        column = 0
        for cell in row.cells:
            while column in taken:
                column += 1
            span = range(column, column + cell.colspan)
            taken.update(span)
            coming.update({place: cell.rowspan for place in span if cell.rowspan > 1})
        covered.append(taken)
        reaching = {place: left - 1 for place, left in reaching.items() if left > 1}
        reaching.update({place: span - 1 for place, span in coming.items()})
    return covered


class _TableParser(HTMLParser):
    """Collects rows and cells; anything unexpected makes the table unknown."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self._start = ""
        self._ended = False
        self._strange = False
        self._section = ""
        self._row_start: str | None = None
        self._cells: list[TableCell] = []
        self._rows: list[TableRow] = []
        self._cell: TableCell | None = None
        self._content: list[str] = []

    def table(self) -> HtmlTable | None:
        """What was read, if all of it was understood."""
        whole = self._ended and not self._strange and bool(self._rows)
        return HtmlTable(tuple(self._rows), self._start) if whole else None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        raw = self.get_starttag_text() or f"<{tag}>"
        if tag == "table":
            self._strange |= bool(self._start)
            self._start = raw
        elif tag in _SECTIONS:
            self._end_row()
            self._section = tag
        elif tag == "tr":
            self._end_row()
            self._row_start = raw
        elif tag in ("td", "th"):
            self._end_cell()
            self._strange |= self._row_start is None
            values = {name: value or "" for name, value in attrs}
            self._cell = TableCell(
                raw, tag, "", _span(values.get("colspan")), _span(values.get("rowspan"))
            )
        else:
            self._add(raw)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._add(self.get_starttag_text() or f"<{tag} />")
        self._strange |= tag == "table" or bool(attrs and self._cell is None)

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self._end_row()
            self._ended = True
        elif tag in _SECTIONS:
            self._end_row()
            self._section = ""
        elif tag == "tr":
            self._end_row()
        elif tag in ("td", "th"):
            self._end_cell()
        else:
            self._add(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self._add(data)

    def handle_entityref(self, name: str) -> None:
        self._add(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._add(f"&#{name};")

    def handle_comment(self, data: str) -> None:
        self._strange |= bool(data)

    def _add(self, raw: str) -> None:
        if self._cell is not None:
            self._content.append(raw)
        elif raw.strip():
            self._strange = True

    def _end_cell(self) -> None:
        if self._cell is not None:
            cell = self._cell
            content = "".join(self._content)
            self._cells.append(TableCell(cell.start, cell.tag, content, cell.colspan, cell.rowspan))
        self._cell, self._content = None, []

    def _end_row(self) -> None:
        self._end_cell()
        if self._row_start is not None:
            self._strange |= self._ended
            self._rows.append(TableRow(tuple(self._cells), self._row_start, self._section))
        self._row_start, self._cells = None, []


def _span(value: str | None) -> int:
    value = (value or "1").strip()
    return min(_MOST_SPAN, max(1, int(value))) if value.isascii() and value.isdecimal() else 1
