"""The title and the levels of the headings, over the whole document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from paddleocr_vl_service.assembly.flow import Pages, flow_of, with_flow
from paddleocr_vl_service.assembly.heading_levels import HeadingFacts, heading_levels
from paddleocr_vl_service.assembly.heading_sizes import Sizes, measure_sizes
from paddleocr_vl_service.assembly.numbering import NumberingKind, numbering_of
from paddleocr_vl_service.models.document import Element, ElementType

_TITLE_PAGES = 2
_CLEARLY_LARGER = 1.2
_BODY_SIZE = 1.08
_HEADED = (ElementType.TITLE, ElementType.HEADING)


def settle_title(pages: Pages) -> Pages:
    """At most one title, on one of the document's first two pages: the largest there.

    A title that a page took for one although it has a number like other headings is a heading.
    Where no page shows one, the first page's first heading is it if it is by far the largest.
    """
    headed = [each for page in pages for each in flow_of(page) if each.type in _HEADED]
    sizes = measure_sizes(pages)
    titles = [
        each
        for each in headed
        if each.type is ElementType.TITLE
        and each.page <= _TITLE_PAGES
        and not _is_numbered_like_others(each, headed)
    ]
    title = (
        max(titles, key=lambda each: sizes.relative(each) or 0.0)
        if titles
        else _title_among(headed, sizes)
    )
    return _changed(
        pages,
        {
            id(each): replace(
                each, type=ElementType.TITLE if each is title else ElementType.HEADING, level=None
            )
            for each in headed
            if each is title or each.type is ElementType.TITLE
        },
    )


def _is_numbered_like_others(title: Element, headed: Sequence[Element]) -> bool:
    numbering = numbering_of(title.text)
    return numbering is not None and any(
        other is not title
        and (its := numbering_of(other.text)) is not None
        and its.family == numbering.family
        for other in headed
    )


def _title_among(headed: Sequence[Element], sizes: Sizes) -> Element | None:
    if len(headed) < 2 or headed[0].page != 1 or numbering_of(headed[0].text) is not None:
        return None
    first = sizes.relative(headed[0])
    others = [sizes.relative(each) for each in headed[1:]]
    if first is None or any(other is None or first < _CLEARLY_LARGER * other for other in others):
        return None
    return headed[0]


def take_items_from_headings(pages: Pages) -> Pages:
    """A numbered "heading" smaller than the headings below its level is an item of a list."""
    sizes = measure_sizes(pages)
    numbered = [
        (element, numbering, size)
        for page in pages
        for element in flow_of(page)
        if element.type is ElementType.HEADING
        and (numbering := numbering_of(element.text)) is not None
        and (size := sizes.relative(element)) is not None
    ]
    largest: dict[tuple[NumberingKind, int], float] = {}
    for _, numbering, size in numbered:
        largest[numbering.family] = max(size, largest.get(numbering.family, 0.0))
    return _changed(
        pages,
        {
            id(element): replace(element, type=ElementType.LIST)
            for element, numbering, size in numbered
            if size <= _BODY_SIZE
            and not element.bold
            and largest[numbering.family] >= _CLEARLY_LARGER * size
            and any(
                kind is numbering.kind
                and depth > len(numbering.numbers)
                and its >= _CLEARLY_LARGER * size
                for (kind, depth), its in largest.items()
            )
        },
    )


def level_headings(pages: Pages) -> Pages:
    """Every heading with its level."""
    sizes = measure_sizes(pages)
    headings: list[Element] = []
    facts: list[HeadingFacts] = []
    for page in pages:
        for before, element in pairwise([None, *flow_of(page)]):
            if element is None or element.type is not ElementType.HEADING:
                continue
            headings.append(element)
            facts.append(
                HeadingFacts(
                    numbering_of(element.text),
                    sizes.relative(element) if _starts_well(element) else None,
                    element.bold,
                    names_previous=before is not None and _is_bare_number(before),
                )
            )
    facts = _without_initials(facts)
    levels = heading_levels(facts)
    return _changed(
        pages,
        {
            id(element): replace(element, level=level)
            for element, level in zip(headings, levels, strict=True)
        },
    )


def _starts_well(element: Element) -> bool:
    """What starts with a small letter is hardly a heading, and its size says nothing."""
    return not element.text.strip()[:1].islower()


def _without_initials(facts: list[HeadingFacts]) -> list[HeadingFacts]:
    """A letter with a point is a number only beside others: "A. Miller" is an author."""
    numbers = [fact.numbering for fact in facts if fact.numbering is not None]
    return [
        fact
        if fact.numbering is None
        or fact.numbering.kind not in (NumberingKind.LETTER, NumberingKind.ROMAN)
        or any(
            fact.numbering.comes_before(other) or other.comes_before(fact.numbering)
            for other in numbers
        )
        else replace(fact, numbering=None)
        for fact in facts
    ]


def _is_bare_number(element: Element) -> bool:
    numbering = numbering_of(element.text)
    return element.type is ElementType.HEADING and numbering is not None and numbering.bare


def _changed(pages: Pages, changes: dict[int, Element]) -> Pages:
    return tuple(
        with_flow(page, [changes.get(id(element), element) for element in flow_of(page)])
        for page in pages
    )
