from __future__ import annotations

from paddleocr_vl_service.engines.onnx.types import LayoutLabel
from paddleocr_vl_service.models.document import ElementType
from tests.engines.onnx.page_layouts import COLUMN, FULL, LEFT, Page, prose, types


def test_a_paragraph_that_a_figure_swallowed_is_text() -> None:
    page = Page()
    page.region(LayoutLabel.FIGURE, LEFT, 140, LEFT + COLUMN, 500)
    page.paragraph(LEFT, 150, COLUMN, prose(80, 1))
    page.paragraph(LEFT, 700, FULL, prose(120, 2))
    assert types(page.compose()) == [ElementType.TEXT, ElementType.TEXT]


def test_words_in_a_picture_stay_in_it() -> None:
    page = Page()
    page.region(LayoutLabel.FIGURE, LEFT, 140, LEFT + FULL, 500)
    page.line("Intake", LEFT + 40, 200)
    page.line("Engine", LEFT + 300, 200)
    page.line("Assembly of all pages", LEFT + 40, 400)
    page.paragraph(LEFT, 700, FULL, prose(120, 2))
    assert types(page.compose()) == [ElementType.IMAGE, ElementType.TEXT]
