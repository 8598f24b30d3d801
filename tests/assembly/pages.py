"""Hand-made pages of 1000 x 1400 pixels with lines of 20, for the tests of assembly."""

from __future__ import annotations

from typing import Any

from paddleocr_vl_service.assembly.flow import Pages
from paddleocr_vl_service.models.document import BBox, Element, ElementType, PageResult

LEFT, RIGHT = 100, 900
PROSE = "Some quite ordinary words that make up a sentence of the body text of a page."


def make(
    kind: ElementType, text: str, top: int, *, lines: int = 1, box: BBox | None = None, **facts: Any
) -> Element:
    """An element as wide as the text; `box` for another place."""
    facts.setdefault("line_height", 20.0)
    return Element(kind, text, box or (LEFT, top, RIGHT, top + 25 * lines - 5), 1, 0, **facts)


def text(content: str, top: int, **facts: Any) -> Element:
    return make(ElementType.TEXT, content, top, **facts)


def page(number: int, *elements: Element, size: tuple[int, int] = (1000, 1400)) -> PageResult:
    """A page whose elements come in reading order; headers and footers stand beside it."""
    placed = []
    order = 0
    for element in elements:
        beside = element.type in (
            ElementType.HEADER,
            ElementType.FOOTER,
            ElementType.PAGE_NUMBER,
        )
        fields = {**vars(element), "page": number, "order": None if beside else order}
        placed.append(Element(**fields))
        order += not beside
    return PageResult(number, *size, elements=tuple(placed))


def types(pages: Pages) -> list[list[str]]:
    """The types of each page's elements, in their order."""
    return [[element.type.value for element in each.elements] for each in pages]


def texts(pages: Pages) -> list[list[str]]:
    """The texts of each page's elements, in their order."""
    return [[element.text for element in each.elements] for each in pages]
