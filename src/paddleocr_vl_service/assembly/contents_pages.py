"""Tables of contents: their lines look like headings and are none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from paddleocr_vl_service.assembly.flow import Pages, flow_of, with_flow
from paddleocr_vl_service.assembly.numbering import numbering_of
from paddleocr_vl_service.models.document import Element, ElementType, PageResult

_LEADER = re.compile(r"(?:[.·…]\s?){4,}\s*(?:\d{1,4}|[ivxlc]{1,7})(?!\w)")
_ENDS_WITH_NUMBER = re.compile(r"\S[\s.·…]+(?:\d{1,4}|[ivxlc]{1,7})$")
_BARE_NUMBER = re.compile(r"\d{1,4}|[ivxlc]{1,7}")
_FEWEST_ENTRIES = 4
_MOST_OF_PAGE = 0.5
_HEADINGS = (ElementType.TITLE, ElementType.HEADING)


def leave_contents_plain(pages: Pages) -> Pages:
    """On pages that are mostly a table of contents, its entries are text and no headings."""
    return tuple(_plain(page) if is_contents_page(page) else page for page in pages)


def is_contents_page(page: PageResult) -> bool:
    """Whether most of a page's text are lines that end with a page number."""
    flow = flow_of(page)
    entries = [_entries(place, flow) for place in range(len(flow))]
    length = sum(len(element.text) for element in flow)
    in_entries = sum(
        len(element.text) for element, count in zip(flow, entries, strict=True) if count
    )
    return sum(entries) >= _FEWEST_ENTRIES and in_entries >= _MOST_OF_PAGE * length


def _entries(place: int, flow: Sequence[Element]) -> int:
    """How many entries of a table of contents an element holds."""
    element = flow[place]
    if element.type is ElementType.TABLE:
        return 0
    leaders = len(_LEADER.findall(element.text))
    if leaders:
        return leaders
    number = flow[place + 1] if place + 1 < len(flow) else None
    beside = (
        number is not None
        and _BARE_NUMBER.fullmatch(number.text.strip()) is not None
        and number.bbox[1] < element.bbox[3]
        and element.bbox[1] < number.bbox[3]
        and number.bbox[0] >= element.bbox[2]
    )
    return 1 if beside else 0


def _plain(page: PageResult) -> PageResult:
    flow = flow_of(page)
    return with_flow(
        page,
        [
            replace(element, type=ElementType.TEXT, level=None)
            if element.type in _HEADINGS and _is_entry(place, flow)
            else element
            for place, element in enumerate(flow)
        ],
    )


def _is_entry(place: int, flow: Sequence[Element]) -> bool:
    text = flow[place].text.strip()
    return (
        _entries(place, flow) > 0
        or _ENDS_WITH_NUMBER.search(text) is not None
        or numbering_of(text) is not None
    )
