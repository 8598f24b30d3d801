from __future__ import annotations

from benchmarks.page_readers import text_of
from paddleocr_vl_service.models.document import BBox, Element, ElementType


def element(text: str, bbox: BBox, order: int | None) -> Element:
    kind = ElementType.TEXT if order is not None else ElementType.HEADER
    return Element(type=kind, text=text, bbox=bbox, page=1, order=order)


def test_running_heads_are_read_at_the_top_and_feet_at_the_end() -> None:
    elements = [
        element("first", (0, 50, 100, 70), 0),
        element("second", (0, 80, 100, 90), 1),
        element("head", (0, 10, 100, 20), None),
        element("foot", (0, 300, 100, 310), None),
        element("note in the margin", (120, 60, 150, 70), None),
    ]

    assert text_of(elements) == "head\nfirst\nsecond\nfoot\nnote in the margin"


def test_a_page_without_flow() -> None:
    assert text_of([element("head", (0, 10, 100, 20), None)]) == "head"
    assert text_of([]) == ""
