"""What the model wrote into plain text, LaTeX and HTML."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from paddleocr_vl_service.text.table_html import TableCell, parse_table

_LOST = re.compile("[\ufffd\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+")
_BLANK_LINES = re.compile(r"\n\s*\n+")
_FORMULA_MARKS = (("$$", "$$"), (r"\[", r"\]"), (r"\(", r"\)"), ("$", "$"))
_RULE_CELL = re.compile(r":?-{2,}:?")


def clean(text: str) -> str:
    """Without what stands for no character, and without empty lines at its ends.

    Byte tokens that make no character come out as U+FFFD or as control characters.
    """
    return _LOST.sub("", text.replace("\r\n", "\n")).strip()


def plain(text: str) -> str:
    """Text of a paragraph: lines without gaps between them."""
    return _BLANK_LINES.sub("\n", clean(text))


def latex_of(text: str) -> str:
    """A formula without the marks around it."""
    text = clean(text)
    for opening, closing in _FORMULA_MARKS:
        if text.startswith(opening) and text.endswith(closing):
            inner = text[len(opening) : len(text) - len(closing)].strip()
            if len(text) >= len(opening) + len(closing) and opening not in inner:
                return inner
    return text


def table_of(text: str) -> tuple[str, str] | None:
    """A table as one plain HTML table, and as text with a line a row and a tab between cells.

    Args:
        text: HTML that upstream made of the model's OTSL. The words come from a document that may
            be hostile, so only cells and their spans are taken over, and the words escaped anew.

    Returns:
        None where it is not one table.
    """
    table = parse_table(clean(text))
    if table is None or not table.rows:
        return None
    rows = [row.cells for row in table.rows]
    body = "".join(f"<tr>{''.join(map(_cell, cells))}</tr>" for cells in rows)
    lines = ("\t".join(cell.text for cell in cells) for cells in rows)
    return f"<table>{body}</table>", "\n".join(lines)


def _cell(cell: TableCell) -> str:
    spans = "".join(
        f' {name}="{span}"'
        for name, span in (("rowspan", cell.rowspan), ("colspan", cell.colspan))
        if span > 1
    )
    return f"<{cell.tag}{spans}>{html.escape(cell.text)}</{cell.tag}>"


def chart_of(text: str) -> tuple[str, str] | None:
    """The data of a chart, which the model writes as lines of cells with bars between them.

    Returns:
        HTML and text as `table_of`; None where it is no such table.
    """
    lines = [line.strip() for line in clean(text).splitlines() if line.strip()]
    if len(lines) < 2 or not all("|" in line for line in lines):
        return None
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    rows = [row for row in rows if not all(map(_RULE_CELL.fullmatch, row))]
    return _table_html(rows), "\n".join(map("\t".join, rows))


def _table_html(rows: Sequence[Sequence[str]]) -> str:
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table>{body}</table>"
