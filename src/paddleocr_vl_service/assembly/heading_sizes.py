"""How large headings are set, compared with the text of their pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from paddleocr_vl_service.assembly.flow import Pages
from paddleocr_vl_service.models.document import Element, ElementType, TextSource

_ENOUGH_TEXT = 500
_PAGE_WIDTH_STEP = 50
_RUNNING = frozenset({ElementType.TEXT, ElementType.LIST, ElementType.REFERENCE})

_Scale = tuple[TextSource | None, int]


@dataclass(frozen=True)
class Sizes:
    """Line heights relative to the body text.

    A line's height means one thing in a text layer and another in OCR, and pictures of pages come
    in all sizes; so text of one source on pages of one width is compared with its like.
    """

    bodies: dict[_Scale, float]
    overall: float | None
    widths: dict[int, int]

    def relative(self, element: Element) -> float | None:
        """1 is the size of the body text; None where nobody knows."""
        if not element.line_height or self.overall is None:
            return None
        scale = (element.text_source, self.widths.get(element.page, 0))
        return element.line_height / self.bodies.get(scale, self.overall)


def measure_sizes(pages: Pages) -> Sizes:
    """The body text's size: the median over its characters."""
    widths = {page.number: round(page.width / _PAGE_WIDTH_STEP) for page in pages}
    weights: dict[_Scale, list[tuple[float, int]]] = defaultdict(list)
    for page in pages:
        for element in page.elements:
            if element.type in _RUNNING and element.line_height:
                scale = (element.text_source, widths[page.number])
                weights[scale].append((element.line_height, len(element.text)))
    bodies = {
        scale: _weighted_median(each)
        for scale, each in weights.items()
        if sum(count for _, count in each) >= _ENOUGH_TEXT
    }
    everything = [pair for each in weights.values() for pair in each]
    overall = _weighted_median(everything) if everything else None
    return Sizes(bodies, overall, widths)


def _weighted_median(values: Iterable[tuple[float, int]]) -> float:
    ordered = sorted(values)
    half, passed = sum(weight for _, weight in ordered) / 2, 0
    for value, weight in ordered:
        passed += weight
        if passed >= half:
            return value
    return ordered[-1][0]
