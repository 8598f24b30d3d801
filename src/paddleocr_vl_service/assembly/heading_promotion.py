"""Headings that a page alone does not show: those that continue what other headings began.

A short line is one where its number continues that of headings, or where it is set like several
of them, larger or bolder than the text.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from paddleocr_vl_service.assembly.contents_pages import is_contents_page
from paddleocr_vl_service.assembly.flow import Pages, flow_of, with_flow
from paddleocr_vl_service.assembly.heading_sizes import Sizes, measure_sizes
from paddleocr_vl_service.assembly.numbering import Numbering, numbering_of
from paddleocr_vl_service.models.document import Element, ElementType, PageResult
from paddleocr_vl_service.text.kinds import (
    ends_sentence,
    has_mathematics,
    has_words,
    is_bulleted,
    word_count,
)

_MOST_WORDS = 12
_FEW_WORDS = 8
_LINES = 2.6
_ONE_LINE = 1.6
_SAME_SIZE = 0.1
_LIKE = 0.05
_LARGER = 1.12
_NOT_SMALLER = 0.9
_STANDS_OUT = 1.08
_LONG_CHAIN = 3
_LIKE_OTHERS = 2
_OPEN_CHAINS = 12
_CONTENT = frozenset(
    {
        ElementType.TEXT,
        ElementType.LIST,
        ElementType.FORMULA,
        ElementType.TABLE,
        ElementType.IMAGE,
        ElementType.CHART,
        ElementType.HEADING,
    }
)


@dataclass(frozen=True)
class _Line:
    """A heading, or what might be one; `place` counts over the flow of the whole document."""

    element: Element
    place: int
    size: float | None
    numbering: Numbering | None

    @property
    def is_heading(self) -> bool:
        return self.element.type is ElementType.HEADING


def promote_headings(pages: Pages) -> Pages:
    """Short lines that go on where headings left off become headings."""
    sizes = measure_sizes(pages)
    lines = _lines(pages, sizes)
    promoted = {id(line.element) for line in _continuing_numbers(lines)}
    promoted |= {id(line.element) for line in _set_like_headings(lines, pages)}
    return tuple(_with_headings(page, promoted) for page in pages)


def _with_headings(page: PageResult, promoted: set[int]) -> PageResult:
    if not any(id(element) in promoted for element in page.elements):
        return page
    return with_flow(
        page,
        [
            replace(element, type=ElementType.HEADING) if id(element) in promoted else element
            for element in flow_of(page)
        ],
    )


def _lines(pages: Pages, sizes: Sizes) -> list[_Line]:
    found = []
    place = 0
    for page in pages:
        contents = is_contents_page(page)
        for element in flow_of(page):
            place += 1
            size = sizes.relative(element)
            is_heading = element.type is ElementType.HEADING
            if is_heading or (not contents and _might_be_heading(element, size)):
                found.append(_Line(element, place, size, numbering_of(element.text)))
    return found


def _might_be_heading(element: Element, size: float | None) -> bool:
    text = element.text.strip()
    height = element.bbox[3] - element.bbox[1]
    return (
        element.type in (ElementType.TEXT, ElementType.LIST)
        and not element.regions
        and "\n" not in text
        and 0 < word_count(text) <= _MOST_WORDS
        and has_words(text)
        and not ends_sentence(text)
        and not text.endswith(",")
        and not is_bulleted(text)
        and not has_mathematics(text)
        and (size is None or size >= _NOT_SMALLER)
        and (not element.line_height or height <= _LINES * element.line_height)
    )


def _continuing_numbers(lines: Sequence[_Line]) -> list[_Line]:
    """Those whose number continues a chain of headings, or that make up a chain that stands out."""
    found = []
    for chain in _chains([line for line in lines if line.numbering is not None]):
        headings = [line for line in chain if line.is_heading]
        others = [line for line in chain if not line.is_heading]
        known = [line.size for line in headings if line.size is not None]
        if headings:
            usual = median(known) if known else None
            bold = all(line.element.bold for line in headings)
            found += [
                line
                for line in others
                if _is_near(line.size, usual, _SAME_SIZE) and (line.element.bold or not bold)
            ]
        elif len(chain) >= _LONG_CHAIN and all(_stands_out(line) for line in chain):
            found += others
    return found


def _chains(lines: Sequence[_Line]) -> list[list[_Line]]:
    """Lines whose numbers follow one another; items one right after the other are a list."""
    chains: list[list[_Line]] = []
    live: list[list[_Line]] = []
    for line in lines:
        for chain in reversed(live):
            last = chain[-1]
            if (
                last.numbering is not None
                and line.numbering is not None
                and last.numbering.comes_before(line.numbering)
                and (line.place - last.place > 1 or last.is_heading or line.is_heading)
            ):
                chain.append(line)
                break
        else:
            chains.append([line])
            live = [*live, chains[-1]][-_OPEN_CHAINS:]
    return chains


def _stands_out(line: _Line) -> bool:
    """Whether it is set unlike the text."""
    letters = [
        char for char in line.element.text if char.isalpha() and char.upper() != char.lower()
    ]
    capitals = len(letters) > 3 and all(char.isupper() for char in letters)
    large = line.size is not None and line.size >= _STANDS_OUT
    return line.element.bold or capitals or large


def _set_like_headings(lines: Sequence[_Line], pages: Pages) -> list[_Line]:
    """Lines alone before text that are set like several headings."""
    styles: dict[bool, list[float]] = {True: [], False: []}
    for line in lines:
        if line.is_heading and line.size is not None:
            styles[line.element.bold].append(line.size)
    ordered = {bold: sorted(sizes) for bold, sizes in styles.items()}
    following = _following(pages)
    found = []
    for line in lines:
        if line.is_heading or line.size is None or not _is_alone(line, following):
            continue
        sizes = ordered[line.element.bold]
        alike = bisect_right(sizes, line.size * (1 + _LIKE)) - bisect_left(
            sizes, line.size * (1 - _LIKE)
        )
        if alike >= _LIKE_OTHERS and (line.size >= _LARGER or line.element.bold):
            found.append(line)
    return found


def _following(pages: Pages) -> dict[int, Element]:
    """The next element of each page's flow, by identity."""
    return {id(before): after for page in pages for before, after in pairwise(flow_of(page))}


def _is_alone(line: _Line, following: dict[int, Element]) -> bool:
    element = line.element
    after = following.get(id(element))
    height = element.bbox[3] - element.bbox[1]
    return (
        element.type is ElementType.TEXT
        and line.numbering is None
        and word_count(element.text) <= _FEW_WORDS
        and not element.text.strip()[0].islower()
        and height <= _ONE_LINE * (element.line_height or height)
        and after is not None
        and after.type in _CONTENT
        and not (after.bbox[1] < element.bbox[3] and element.bbox[1] < after.bbox[3])
    )


def _is_near(size: float | None, usual: float | None, tolerance: float) -> bool:
    return size is None or usual is None or abs(size - usual) <= tolerance * max(size, usual)
