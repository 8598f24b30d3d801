"""The text of a list element as a Markdown list."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from paddleocr_vl_service.text.kinds import is_bulleted, item_number

_ORDERED = re.compile(r"(?P<number>\d{1,9})(?P<sign>[.)])\s*(?=\D)")
_BULLET = re.compile(r"\S\s*")
_INDENT = 2


@dataclass(frozen=True)
class _Item:
    """A marker as Markdown writes it, and what follows it."""

    marker: str
    text: str


def markdown_list(text: str, escape: Callable[[str], str]) -> str:
    """One item a line, nested items indented below their parent's text.

    Bullets become ``-``, numbers stay. Markdown knows no other markers, so "(a)" and "①" stay in
    the text of an item with a bullet. A line without a marker goes on with the item before it,
    and is an item where no line has one.

    Args:
        text: A line for each item, two spaces in front of it for each level.
        escape: Makes text safe that stands at the start of a block.
    """
    lines = [line for line in text.split("\n") if line.strip()]
    marked = any(_item(line.strip()) for line in lines)
    written: list[str] = []
    widths: list[int] = []
    for line in lines:
        item = _item(line.strip())
        if item is None:
            if marked and written:
                written.append(" " * sum(widths) + escape(line.strip()))
                continue
            item = _Item("- ", line.strip())
        depth = min((len(line) - len(line.lstrip())) // _INDENT, len(widths))
        if depth == len(widths) > 0 and item.marker[0].isdigit() and item.marker[:-2] != "1":
            # Only a list that starts with 1 may follow a line of text.
            written.append("")
        widths = widths[:depth]
        written.append(" " * sum(widths) + item.marker + escape(item.text))
        widths.append(len(item.marker))
    return "\n".join(written)


def _item(line: str) -> _Item | None:
    ordered = _ORDERED.match(line)
    if ordered:
        return _Item(f"{ordered['number']}{ordered['sign']} ", line[ordered.end() :])
    if is_bulleted(line):
        bullet = _BULLET.match(line)
        return _Item("- ", line[bullet.end() :] if bullet else line)
    return _Item("- ", line) if item_number(line) is not None else None
