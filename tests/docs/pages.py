"""The documentation as data: pages, headings, blocks of code, tables, links."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]

_FENCE = re.compile(
    r"^(?P<fence>`{3,})(?P<info>[^`\n]*)\n(?P<text>(?:.*\n)*?)(?P=fence)[ ]*$", re.MULTILINE
)
_LEFT_OUT = re.compile(r"\n\s*\.\.\.,?[ ]*(?=\n)")
_TRAILING_COMMA = re.compile(r",(?=\s*[\]}])")
_HEADING = re.compile(r"^#{1,6} +(.+?)[ #]*$", re.MULTILINE)
_LINK = re.compile(r"\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^)\s]+)(?: \"[^\"]*\")?\)")
_CODE_SPAN = re.compile(r"`[^`\n]+`")


@dataclass(frozen=True)
class Block:
    """A fenced block of code."""

    page: str
    language: str
    text: str


def pages() -> list[str]:
    """Every Markdown page of the repository, by its path."""
    found = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    return sorted(path.relative_to(ROOT).as_posix() for path in found)


@cache
def read(page: str) -> str:
    return (ROOT / page).read_text("utf-8")


def blocks(page: str, language: str | None = None) -> list[Block]:
    found = (
        Block(page, each["info"].strip(), each["text"]) for each in _FENCE.finditer(read(page))
    )
    return [block for block in found if language in (None, block.language)]


def whole_json(example: str) -> tuple[Any, bool]:
    """A JSON example, and whether nothing of it was left out (a line of dots, a text that ends so).

    What is left out is simply not in it.
    """
    text = _TRAILING_COMMA.sub("", _LEFT_OUT.sub("", example))
    return json.loads(text), text == example and '..."' not in text


def prose(page: str) -> str:
    """A page without its blocks of code."""
    return _FENCE.sub("", read(page))


def code(page: str) -> str:
    """Only what a page says in code: blocks and spans."""
    spans = (span.strip("`") for span in _CODE_SPAN.findall(prose(page)))
    return "\n".join([*(block.text for block in blocks(page)), *spans])


def headings(page: str) -> list[str]:
    return _HEADING.findall(prose(page))


def anchors(page: str) -> set[str]:
    """The anchors that GitHub makes of a page's headings."""
    found: dict[str, int] = {}
    result = set()
    for heading in headings(page):
        slug = re.sub(r"[^\w\- ]", "", _LINK.sub(r"", heading).lower()).replace(" ", "-")
        count = found.get(slug, 0)
        found[slug] = count + 1
        result.add(f"{slug}-{count}" if count else slug)
    return result


def links(page: str) -> list[str]:
    """Targets of a page's links."""
    return _LINK.findall(_CODE_SPAN.sub("", prose(page)))


def table(page: str, first_column: str) -> list[list[str]]:
    """The rows of the table whose first column is called so, without its head."""
    rows = iter(read(page).splitlines())
    for line in rows:
        if _cells(line)[:1] == [first_column]:
            next(rows)
            return list(_body(rows))
    raise AssertionError(f"{page} has no table that begins with {first_column}")


def _body(rows: Iterator[str]) -> Iterator[list[str]]:
    for line in rows:
        if not line.startswith("|"):
            return
        yield _cells(line)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]
