"""Markdown cut into the blocks that are compared with ground truth."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, replace
from typing import Literal

ReadKind = Literal["text", "formula", "inline formula", "table"]

_IMAGE = re.compile(r"!\[.*?\]\(.*?\)")
_FENCE = re.compile(r"^```(?:markdown|html|latex)\n?|```\n?$", re.MULTILINE)
_DOCUMENT_TAGS = re.compile(r"</?(?:html|body)>")
_TABLE_TAG = re.compile(r"<table[^>]*>|</table>", re.IGNORECASE)
_FORMULA = re.compile(r"\$\$(.*?)\$\$|\\\[(.*?)\\\]|\$(.*?)\$|\\\((.*?)\\\)", re.DOTALL)
_PIPE_ROW = r"[ \t]*\|.*\|[ \t]*(?:\n|\Z)"
_PIPE_RULE = r"[ \t]*\|(?:[ \t]*:?-+:?[ \t]*\|)+[ \t]*(?:\n|\Z)"
_PIPE_TABLE = re.compile(rf"^{_PIPE_ROW}{_PIPE_RULE}(?:^{_PIPE_ROW})*", re.MULTILINE)
_PIPE = re.compile(r"(?<!\\)\|")
_CODE = re.compile(r"```\w+\n(.*?)```", re.DOTALL)
_SINGLE_COLUMN = re.compile(r"\\begin\{array\}\{[ |]*[lcr][ |]*\}(.*?)\\end\{array\}", re.DOTALL)


@dataclass(frozen=True)
class ReadBlock:
    """What a program wrote as one thing.

    Attributes:
        kind: What it wrote it as.
        content: Text, LaTeX with its delimiters, or HTML.
        position: Where in the Markdown it begins.
    """

    kind: ReadKind
    content: str
    position: int


def blocks_of(markdown: str) -> list[ReadBlock]:
    """Blocks in the order in which they stand.

    Text is cut at blank lines; where there is not one, at line ends. An inline formula is a block
    of its own and still part of its text: either may be what the truth has.
    """
    text = _DOCUMENT_TAGS.sub("", _FENCE.sub("", _IMAGE.sub("", markdown)))
    text = re.sub(r"_{4,}", "____", re.sub(r" {4,}", "    ", text))
    found: list[ReadBlock] = []
    for start, end in _html_tables(text):
        found.append(ReadBlock("table", text[start:end], start))
        text = _blanked(text, start, end)
    for match in list(_FORMULA.finditer(text)):
        block = _formula(match)
        found.append(block)
        if block.kind == "formula":
            text = _blanked(text, *match.span())
    for match in list(_PIPE_TABLE.finditer(text)):
        found.append(ReadBlock("table", _pipe_table_as_html(match.group(0)), match.start()))
        text = _blanked(text, *match.span())
    for match in list(_CODE.finditer(text)):
        found.append(ReadBlock("text", match.group(1).strip(), match.start()))
        text = _blanked(text, *match.span())
    found += _texts(text)
    return sorted(found, key=lambda block: block.position)


def formula_lines(latex: str) -> list[str]:
    """The lines of an array with one column, which truth and reading may divide differently."""
    array = _SINGLE_COLUMN.search(latex)
    if array is None:
        return [latex]
    lines = (line.strip() for line in array.group(1).split(r"\\"))
    return [rf"\[{line}\]" for line in lines if line] or [latex]


def in_formula_lines(block: ReadBlock) -> list[ReadBlock]:
    """A formula with one block a line; anything else as it is."""
    if "formula" not in block.kind:
        return [block]
    lines = formula_lines(block.content)
    return [
        replace(block, content=line, position=block.position + n) for n, line in enumerate(lines)
    ]


def _html_tables(text: str) -> list[tuple[int, int]]:
    """Spans of the tables that are in no other table."""
    spans, depth, start = [], 0, 0
    for tag in _TABLE_TAG.finditer(text):
        if not tag.group(0).startswith("</"):
            start = start if depth else tag.start()
            depth += 1
        elif depth:
            depth -= 1
            if not depth:
                spans.append((start, tag.end()))
    return spans


def _blanked(text: str, start: int, end: int) -> str:
    return text[:start] + " " * (end - start) + text[end:]


def _formula(match: re.Match[str]) -> ReadBlock:
    display = match.group(1) if match.group(1) is not None else match.group(2)
    inline = match.group(3) if match.group(3) is not None else match.group(4)
    content = display if display is not None else inline
    kind: ReadKind = "formula" if display is not None else "inline formula"
    return ReadBlock(kind, rf"\[{' '.join((content or '').splitlines())}\]", match.start())


def _pipe_table_as_html(table: str) -> str:
    rows = [_PIPE.split(line.strip())[1:-1] for line in table.strip().splitlines()]
    del rows[1]
    cells = (
        "".join(f"<td>{html.escape(cell.strip(), quote=False)}</td>" for cell in row)
        for row in rows
    )
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in cells)}</table>"


def _texts(text: str) -> list[ReadBlock]:
    parts = list(re.finditer(r"(?:(?!\n\n).)+", text, re.DOTALL))
    if "\n\n" not in text:
        parts = list(re.finditer(r"[^\n]+", text))
    found = []
    for part in parts:
        lines = (line.strip() for line in part.group(0).splitlines())
        content = "\n".join(line for line in lines if line)
        if content:
            found.append(ReadBlock("text", content, part.start()))
    return found
