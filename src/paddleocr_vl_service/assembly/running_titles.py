"""Running headers, footers and page numbers, which show only when several pages are compared.

A running title repeats at one place of the page, in the margin above or below the text, on
pages that follow one another (or on every other one, where left and right pages differ). Digits
and Roman numbers in it may change. Where such a place is known, a text that stands there alone
is one too: running titles change with the chapter. A bare number has to rise with the pages.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from paddleocr_vl_service.assembly.flow import FURNITURE, Pages, beside_flow, flow_of, with_flow
from paddleocr_vl_service.assembly.heading_sizes import Sizes, measure_sizes
from paddleocr_vl_service.assembly.similarity import alike
from paddleocr_vl_service.models.document import Element, ElementType, PageResult
from paddleocr_vl_service.text.kinds import is_page_number, word_count

_ZONE = 0.15
_MOST_WORDS = 25
_MOST_LINES = 2.6
_SAME_HEIGHT_ON_PAGE = 0.012
_SAME_SIDE = 0.03
_SAME_SIZE = 0.15
_NEXT_PAGES = 3
_ENOUGH_PAGES = 3
_FEW_PAGES = 3
_LARGE = 1.15
_MOST_OF_ALL = 0.5
_CLEAR_GAP = 0.7
_CANDIDATES = frozenset(
    {
        ElementType.TITLE,
        ElementType.HEADING,
        ElementType.TEXT,
        ElementType.LIST,
        ElementType.CAPTION,
        ElementType.REFERENCE,
        ElementType.FOOTNOTE,
    }
)
_NUMBERS = re.compile(r"\d+|\b[ivxlc]+\b|[〇一二三四五六七八九十百]+", re.IGNORECASE)
_NOT_LETTERS = re.compile(r"[\W_]+")
_PAGE_VALUE = re.compile(r"\d{1,4}|\b[ivxlc]{1,7}\b", re.IGNORECASE)
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}


@dataclass(frozen=True)
class _Place:
    """A short text in the margin of a page; lengths are fractions of the page.

    Attributes:
        page: Index among the pages given.
        number: Of the page.
        element: The text.
        key: The text with what changes from page to page blotted out.
        at_top: Whether it is at the top.
        middle: Its middle, down the page.
        left: Its left edge.
        right: Its right edge.
        gap: To the nearest text towards the middle of the page, in its own lines' height.
    """

    page: int
    number: int
    element: Element
    key: str
    at_top: bool
    middle: float
    left: float
    right: float
    gap: float


def set_running_titles_apart(pages: Pages) -> Pages:
    """Headers, footers and page numbers leave the flow."""
    sizes = measure_sizes(pages)
    places = [place for index, page in enumerate(pages) for place in _places(index, page)]
    numbers = _page_numbers(places, len(pages))
    taken = {id(place.element): ElementType.PAGE_NUMBER for place in numbers}
    titles = _repeated([place for place in places if id(place.element) not in taken], pages, sizes)
    titles += _in_known_places(places, titles, sizes)
    for place in titles:
        taken.setdefault(
            id(place.element), ElementType.HEADER if place.at_top else ElementType.FOOTER
        )
    return tuple(_without(page, taken) for page in pages)


def _without(page: PageResult, taken: dict[int, ElementType]) -> PageResult:
    flow = flow_of(page)
    moved = [
        replace(element, type=taken[id(element)], order=None, level=None)
        for element in flow
        if id(element) in taken
    ]
    stays = [element for element in flow if id(element) not in taken]
    return with_flow(page, stays, [*beside_flow(page), *moved])


def _places(index: int, page: PageResult) -> list[_Place]:
    if page.width <= 0 or page.height <= 0:
        return []
    found = []
    for at_top in (True, False):
        near_edge = [
            element for element in page.elements if _is_in_margin(element, page, at_top=at_top)
        ]
        known = {id(element) for element in near_edge}
        body = [
            element
            for element in page.elements
            if id(element) not in known and (element.order is not None)
        ]
        for element in near_edge:
            gap = _room(element, body, at_top=at_top)
            if gap is not None:
                found.append(_place(index, page, element, gap, at_top=at_top))
    return found


def _is_in_margin(element: Element, page: PageResult, *, at_top: bool) -> bool:
    if element.type not in _CANDIDATES and element.type not in FURNITURE:
        return False
    _, top, _, bottom = element.bbox
    inside = bottom <= _ZONE * page.height if at_top else top >= (1 - _ZONE) * page.height
    height = element.line_height
    return (
        inside
        and bool(element.text.strip())
        and word_count(element.text) <= _MOST_WORDS
        and (height is None or bottom - top <= _MOST_LINES * height)
    )


def _room(element: Element, body: Sequence[Element], *, at_top: bool) -> float | None:
    """Lines of room towards the text; None where text stands farther out than the element."""
    _, top, _, bottom = element.bbox
    middle = (top + bottom) / 2
    if at_top:
        if any((other.bbox[1] + other.bbox[3]) / 2 < middle for other in body):
            return None
        gap = min((other.bbox[1] - bottom for other in body), default=bottom - top)
    else:
        if any((other.bbox[1] + other.bbox[3]) / 2 > middle for other in body):
            return None
        gap = min((top - other.bbox[3] for other in body), default=bottom - top)
    return gap / max(1.0, element.line_height or bottom - top)


def _place(index: int, page: PageResult, element: Element, gap: float, *, at_top: bool) -> _Place:
    left, top, right, bottom = element.bbox
    return _Place(
        page=index,
        number=page.number,
        element=element,
        key=_key(element.text),
        at_top=at_top,
        middle=(top + bottom) / 2 / page.height,
        left=left / page.width,
        right=right / page.width,
        gap=gap,
    )


def _key(text: str) -> str:
    """What stays the same from page to page; a text without letters stays as it is."""
    blotted = _NOT_LETTERS.sub(" ", _NUMBERS.sub(" ", text)).strip().casefold()
    return blotted if any(char.isalpha() for char in blotted) else text.strip()


def _repeated(places: Sequence[_Place], pages: Pages, sizes: Sizes) -> list[_Place]:
    """Texts that come again at their place on enough of the pages that follow."""
    found = []
    for chain in _chains(places):
        numbers = {place.number for place in chain}
        suggested = any(place.element.type in FURNITURE for place in chain)
        enough = 2 if suggested or len(pages) <= _FEW_PAGES else _ENOUGH_PAGES
        if len(numbers) < enough:
            continue
        if not suggested:
            if median(place.gap for place in chain) < _CLEAR_GAP:
                continue
            if _is_large(chain, sizes) and len(numbers) < max(4, _MOST_OF_ALL * len(pages)):
                continue
        found.extend(chain)
    return found


def _chains(places: Iterable[_Place]) -> list[list[_Place]]:
    """Places with the same text, each within a few pages of the one before."""
    chains: list[list[_Place]] = []
    live: list[list[_Place]] = []
    for place in places:
        live = [
            chain
            for chain in live
            if chain[-1].page <= place.page and place.page - chain[-1].page <= _NEXT_PAGES
        ]
        for chain in live:
            last = chain[-1]
            if last.page != place.page and _same_place(last, place) and alike(last.key, place.key):
                chain.append(place)
                break
        else:
            chains.append([place])
            live.append(chains[-1])
    return chains


def _same_place(one: _Place, other: _Place) -> bool:
    """At one height of the page, and at the same side or, on the facing page, at the other."""
    if one.at_top is not other.at_top:
        return False
    if abs(one.middle - other.middle) > _SAME_HEIGHT_ON_PAGE:
        return False
    edges = (one.left - other.left, one.right - other.right)
    centres = (one.left + one.right - other.left - other.right) / 2
    mirrored = (one.left - (1 - other.right), one.right - (1 - other.left))
    return min(abs(value) for value in (*edges, centres, *mirrored)) <= _SAME_SIDE


def _is_large(chain: Sequence[_Place], sizes: Sizes) -> bool:
    """Headings repeat as well, and are larger than the text; running titles seldom are."""
    relative = [size for place in chain if (size := sizes.relative(place.element)) is not None]
    if relative:
        return median(relative) > _LARGE
    return any(place.element.type in (ElementType.TITLE, ElementType.HEADING) for place in chain)


def _in_known_places(
    places: Sequence[_Place], titles: Sequence[_Place], sizes: Sizes
) -> list[_Place]:
    """Texts that come once, where on pages nearby a running title stands."""
    by_page: dict[int, list[_Place]] = defaultdict(list)
    for title in titles:
        by_page[title.page].append(title)
    known = {id(title.element) for title in titles}
    found = []
    for place in places:
        if id(place.element) in known or place.element.type in FURNITURE:
            continue
        if place.gap < _CLEAR_GAP or _is_large([place], sizes):
            continue
        near = [
            title
            for page in range(place.page - _NEXT_PAGES, place.page + _NEXT_PAGES + 1)
            if page != place.page
            for title in by_page.get(page, ())
        ]
        if sum(_same_place(title, place) and _same_size(title, place) for title in near) >= 2:
            found.append(place)
    return found


def _same_size(one: _Place, other: _Place) -> bool:
    first, second = one.element.line_height, other.element.line_height
    if first is None or second is None:
        return False
    return abs(first - second) <= _SAME_SIZE * max(first, second)


def _page_numbers(places: Sequence[_Place], page_count: int) -> list[_Place]:
    """Numbers that rise with the pages, at one height of the page."""
    series: dict[tuple[bool, bool, int], list[_Place]] = defaultdict(list)
    for place in places:
        value = _page_value(place.element.text)
        if value is not None:
            number, is_roman = value
            series[place.at_top, is_roman, number - place.number].append(place)
    found = []
    for members in series.values():
        for run in _level_runs(members):
            suggested = any(place.element.type in FURNITURE for place in run)
            enough = 2 if suggested or page_count <= _FEW_PAGES else _ENOUGH_PAGES
            if len({place.page for place in run}) >= enough:
                found.extend(run)
    return [place for place in found if place.element.type not in FURNITURE]


def _level_runs(members: Sequence[_Place]) -> list[list[_Place]]:
    """Split where the height on the page changes."""
    ordered = sorted(members, key=lambda place: place.middle)
    runs = [[ordered[0]]]
    for before, place in pairwise(ordered):
        if place.middle - before.middle > _SAME_HEIGHT_ON_PAGE:
            runs.append([])
        runs[-1].append(place)
    return runs


def _page_value(text: str) -> tuple[int, bool] | None:
    """The number of a bare page number, and whether it is a Roman one."""
    if not is_page_number(text):
        return None
    match = _PAGE_VALUE.search(text)
    if match is None:
        return None
    digits = match.group().lower()
    if digits.isdecimal():
        return int(digits), False
    values = [_ROMAN[char] for char in digits]
    following = [*values[1:], 0]
    return (
        sum(-one if one < after else one for one, after in zip(values, following, strict=True)),
        True,
    )
