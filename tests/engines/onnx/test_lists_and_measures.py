from __future__ import annotations

from dataclasses import replace

from paddleocr_vl_service.engines.onnx.types import LayoutLabel, ReadLine
from paddleocr_vl_service.models.document import ElementType
from tests.engines.onnx.page_layouts import EM, FULL, LEFT, PITCH, Page, prose, texts, types


def joined(count: int, seed: int) -> str:
    return " ".join(prose(count, seed))


def set_list(*items: tuple[int, str]) -> str:
    """The text of the one element that items at these depths are read as."""
    page = Page()
    for row, (depth, text) in enumerate(items):
        page.line(text, LEFT + 2 * EM * depth, 200 + row * PITCH)
    (element,) = page.compose()
    assert element.type is ElementType.LIST
    return element.text


def test_nested_lists_are_indented_by_two_spaces_a_level() -> None:
    items = ((0, "1. first"), (1, "a) inner"), (1, "b) inner"), (0, "2. second"), (1, "• deep"))
    assert set_list(*items) == "\n".join("  " * depth + text for depth, text in items)


def test_a_list_goes_on_after_a_deeper_one() -> None:
    items = ((0, "• one"), (1, "• two"), (2, "• three"), (0, "• four"))
    assert set_list(*items) == "• one\n  • two\n    • three\n• four"


def test_a_second_paragraph_of_an_item_stays_with_it() -> None:
    page = Page()
    top = page.line("1. first of all", LEFT, 200) + EM / 2
    top = page.line("and more of the first", LEFT + 2 * EM, top) + EM / 2
    page.line("2. second", LEFT, top)
    assert texts(page.compose()) == ["1. first of all and more of the first\n2. second"]


def test_text_after_a_list_is_no_part_of_it() -> None:
    page = Page()
    for row, text in enumerate(("1. first", "2. second")):
        page.line(text, LEFT, 200 + row * PITCH)
    page.paragraph(LEFT, 200 + 3 * PITCH, FULL, prose(40, 2))
    assert types(page.compose()) == [ElementType.LIST, ElementType.TEXT]


def test_text_round_a_box_is_one_paragraph() -> None:
    """Two measures: justified lines beside the box, longer ones below it."""
    page = Page()
    words = joined(8, 1)
    for row in range(8):
        page.line(words, LEFT, 200 + row * PITCH, width=500)
    for row in range(8, 11):
        page.line(words, LEFT, 200 + row * PITCH, width=FULL)
    assert texts(page.compose()) == [" ".join([words] * 11)]


def test_a_line_made_tall_by_an_index_is_no_heading() -> None:
    page = Page()
    for row in range(6):
        page.line(joined(12, row), LEFT, 200 + row * PITCH, width=FULL)
    page.line("and this is still unclear8", LEFT, 190 + 6 * PITCH, width=250, em=31)
    assert types(page.compose()) == [ElementType.TEXT]


def test_an_upright_headline_stays_apart_from_the_level_text_at_its_left() -> None:
    page = Page()
    row = "研究对象十分广泛而且重要"
    for place in range(20):
        page.line(row, LEFT, 200 + place * PITCH, width=480)
    quad = ((620.0, 200.0), (660.0, 200.0), (660.0, 640.0), (620.0, 640.0))
    page.lines.append(ReadLine("春眠不觉晓处处闻啼鸟", 0.9, quad))
    for place in range(20):
        page.line("天地玄黄宇宙洪荒", LEFT + 600, 200 + place * PITCH)
    assert texts(page.compose()) == ["春眠不觉晓处处闻啼鸟", row * 20, "天地玄黄宇宙洪荒" * 20]


def test_page_numbers_of_contents_count_no_lines() -> None:
    page = Page()
    for row, number in enumerate((3, 4, 4, 7, 9, 15, 16, 22)):
        page.line(f"Chapter about {joined(2, row)}", LEFT, 200 + row * PITCH)
        page.line(str(number), LEFT + FULL, 202 + row * PITCH, em=17)
    assert ElementType.ASIDE not in {element.type for element in page.compose()}


def test_the_rows_of_a_formula_are_one_element_and_prose_between_formulas_is_text() -> None:
    page = Page()
    page.paragraph(LEFT, 100, FULL, prose(60, 1))
    page.region(LayoutLabel.EQUATION, LEFT + 150, 295, LEFT + 700, 500)
    page.line("B(u, v) = ∑ aij", LEFT + 200, 300)
    page.line("Then, for all v > 0 of this kind", LEFT, 340, width=360)
    page.line("B(w) = ∑ ajwxi", LEFT + 200, 390)
    page.line("≤ ∫ abwxi dx + 7", LEFT + 240, 450)
    page.paragraph(LEFT, 540, FULL, prose(60, 2))
    elements = page.compose()
    formula, text = ElementType.FORMULA, ElementType.TEXT
    assert types(elements) == [text, formula, text, formula, text]
    assert texts(elements)[3] == "B(w) = ∑ ajwxi\n≤ ∫ abwxi dx + 7"


def test_a_formula_that_layout_detection_does_not_see() -> None:
    page = Page()
    page.paragraph(LEFT, 100, FULL, prose(60, 1))
    page.line("∑", LEFT + 300, 320, width=24)
    page.line("x + 1", LEFT + 330, 322)
    page.line("i=0", LEFT + 296, 342)
    page.paragraph(LEFT, 400, FULL, prose(60, 2))
    assert types(page.compose()) == [ElementType.TEXT, ElementType.FORMULA, ElementType.TEXT]


def test_a_short_bold_line_is_a_heading_and_a_run_in_one_is_not() -> None:
    page = Page()
    page.line("Preparation of samples", LEFT, 200)
    page.lines[0] = replace(page.lines[0], bold=True)
    page.paragraph(LEFT, 200 + PITCH, FULL, prose(40, 1))
    page.paragraph(LEFT, 500, FULL, prose(40, 2))
    page.lines[-3] = replace(page.lines[-3], bold=True)
    assert types(page.compose()) == [ElementType.HEADING, ElementType.TEXT, ElementType.TEXT]


def test_a_short_line_in_capitals_is_a_heading() -> None:
    page = Page()
    page.line("ACKNOWLEDGEMENTS", LEFT, 160)
    page.paragraph(LEFT, 220, FULL, prose(60, 1))
    page.line("XRT83L30IV", LEFT, 420)
    assert types(page.compose()) == [ElementType.HEADING, ElementType.TEXT, ElementType.TEXT]


def test_a_caption_whose_number_stands_on_a_line_of_its_own() -> None:
    page = Page()
    page.paragraph(LEFT, 200, FULL, prose(60, 1))
    page.line("Table 3", LEFT, 500)
    page.paragraph(LEFT, 500 + 1.4 * PITCH, FULL, prose(24, 2))
    assert texts(page.compose())[1:] == [f"Table 3 {joined(24, 2)}"]
    assert types(page.compose())[1] is ElementType.CAPTION
