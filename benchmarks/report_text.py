"""Reports as text for a terminal and as Markdown for the documentation."""

from __future__ import annotations

import re
from pathlib import Path

from benchmarks.report import Report, Table

_MEASURED = re.compile(r"<!-- measured: benchmark -->\n.*?<!-- /measured -->", re.DOTALL)


def as_text(report: Report) -> str:
    """Tables with aligned columns."""
    return "\n\n".join(text_table(table) for table in report.tables() if table.rows)


def text_table(table: Table) -> str:
    """A table with aligned columns, the title above and the note below."""
    rows = [table.columns, *table.rows]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join([table.title, "=" * len(table.title), *lines, *filter(None, [table.note])])


def as_markdown(report: Report) -> str:
    """Tables under headings of the third level."""
    return "\n\n".join(markdown_table(table) for table in report.tables() if table.rows)


def markdown_table(table: Table) -> str:
    """A table in Markdown, the title above and the note below."""
    lines = [
        f"### {table.title}",
        "",
        _markdown_row(table.columns),
        "|" + "---|" * len(table.columns),
        *map(_markdown_row, table.rows),
    ]
    return "\n".join([*lines, *(["", table.note] if table.note else [])])


def _markdown_row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def write_into_page(page: Path, report: Report) -> None:
    """Replace what stands between the page's markers by the report.

    Raises:
        ValueError: The page does not have the markers once.
    """
    text = page.read_text("utf-8")
    part = f"<!-- measured: benchmark -->\n\n{as_markdown(report)}\n\n<!-- /measured -->"
    filled, count = _MEASURED.subn(lambda _: part, text)
    if count != 1:
        raise ValueError(f"{page.name} must have the markers of the benchmark once")
    page.write_text(filled, "utf-8")
