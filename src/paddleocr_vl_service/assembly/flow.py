"""What the passes of assembly share: the flow of a page, and parts that become one element."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from paddleocr_vl_service.models.document import (
    Element,
    ElementType,
    PageResult,
    Region,
    TextSource,
)

Pages = tuple[PageResult, ...]

FLOATS = frozenset(
    {ElementType.IMAGE, ElementType.TABLE, ElementType.CHART, ElementType.SEAL, ElementType.ASIDE}
)
"""What is set where there is room for it, and interrupts the text around it."""
FURNITURE = frozenset({ElementType.HEADER, ElementType.FOOTER, ElementType.PAGE_NUMBER})
"""What a page carries outside its text."""


def flow_of(page: PageResult) -> list[Element]:
    """Its elements in reading order."""
    placed = [
        (element.order, element)
        for element in page.elements
        if element.order is not None and element.type not in FURNITURE
    ]
    return [element for _, element in sorted(placed, key=lambda pair: pair[0])]


def beside_flow(page: PageResult) -> list[Element]:
    """Its elements that stand outside the reading order."""
    return [
        element if element.order is None else replace(element, order=None)
        for element in page.elements
        if element.order is None or element.type in FURNITURE
    ]


def with_flow(
    page: PageResult, flow: Sequence[Element], beside: Sequence[Element] | None = None
) -> PageResult:
    """The page with another flow, numbered from 0; what stands beside it comes last."""
    rest = beside_flow(page) if beside is None else list(beside)
    numbered = [
        element if element.order == place else replace(element, order=place)
        for place, element in enumerate(flow)
    ]
    return replace(page, elements=(*numbered, *rest))


def parts_of(element: Element) -> tuple[Region, ...]:
    """All regions of an element; its own where it was not merged."""
    return element.regions or (Region(element.page, element.bbox),)


def last_part(element: Element) -> Region:
    """Where the element ends."""
    return parts_of(element)[-1]


def merged(first: Element, second: Element, text: str, html: str | None = None) -> Element:
    """Two parts as one element at the place of the first, with the regions of both."""
    return replace(
        first,
        text=text,
        html=html,
        regions=(*parts_of(first), *parts_of(second)),
        recognition_confidence=_mean_confidence((first, second)),
        text_source=_source((first, second)),
    )


def _mean_confidence(parts: Iterable[Element]) -> float | None:
    """The mean over the characters that were recognised."""
    known = [
        (part.recognition_confidence, max(1, len(part.text)))
        for part in parts
        if part.recognition_confidence is not None
    ]
    if not known:
        return None
    return sum(value * count for value, count in known) / sum(count for _, count in known)


def _source(parts: Sequence[Element]) -> TextSource | None:
    """OCR as soon as one part was read; a text layer is exact, a reading is not."""
    sources = {part.text_source for part in parts}
    if TextSource.OCR in sources:
        return TextSource.OCR
    return TextSource.TEXT_LAYER if TextSource.TEXT_LAYER in sources else None


@dataclass(frozen=True)
class Meeting:
    """Two elements that follow one another in the flow of the document.

    Attributes:
        first: May already be merged of several parts.
        second: The next of its kind.
        between: What stands between them in the flow and does not count.
        first_page: On which `first` ends.
        second_page: On which `second` stands; the same one or a later one.
    """

    first: Element
    second: Element
    between: tuple[Element, ...]
    first_page: PageResult
    second_page: PageResult

    @property
    def crosses_page(self) -> bool:
        """Whether a page ends between the two."""
        return self.first_page.number != self.second_page.number


def join_neighbours(
    pages: Pages,
    is_part: Callable[[Element], bool],
    may_interrupt: Callable[[Element], bool],
    join: Callable[[Meeting], Element | None],
) -> Pages:
    """Let neighbours of the flow become one element, over columns and pages.

    Pages count as neighbours only when their numbers follow one another: nothing is joined over a
    page that is missing.

    Args:
        pages: In the order in which they were asked for.
        is_part: What may be joined.
        may_interrupt: What may stand between two parts; all else ends the search.
        join: The two as one, or None where they do not belong together.
    """
    flows: list[list[Element]] = [[] for _ in pages]
    open_at: tuple[int, int] | None = None
    open_ends = 0
    between: list[Element] = []
    for index, page in enumerate(pages):
        if index and page.number != pages[index - 1].number + 1:
            open_at = None
        for element in flow_of(page):
            if is_part(element):
                if open_at is not None:
                    before = flows[open_at[0]][open_at[1]]
                    meeting = Meeting(before, element, tuple(between), pages[open_ends], page)
                    whole = join(meeting)
                    if whole is not None:
                        flows[open_at[0]][open_at[1]] = whole
                        open_ends, between = index, []
                        continue
                open_at, open_ends, between = (index, len(flows[index])), index, []
            elif may_interrupt(element):
                between.append(element)
            else:
                open_at = None
            flows[index].append(element)
    return tuple(with_flow(page, flow) for page, flow in zip(pages, flows, strict=True))
