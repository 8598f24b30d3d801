from __future__ import annotations

from paddleocr_vl_service.engines.onnx.types import LayoutLabel, ReadLine
from paddleocr_vl_service.models.document import ElementType
from tests.engines.onnx.page_layouts import (
    COLUMN,
    FULL,
    LEFT,
    PITCH,
    RIGHT_COLUMN,
    Page,
    prose,
    texts,
    types,
)


def joined(count: int, seed: int) -> str:
    return " ".join(prose(count, seed))


def test_a_large_line_close_above_a_paragraph_is_a_heading() -> None:
    page = Page()
    page.line("Samples in the light of day", LEFT, 200, em=34)
    page.paragraph(LEFT, 238, FULL, prose(60))
    assert types(page.compose()) == [ElementType.HEADING, ElementType.TEXT]


def test_large_type_in_many_words_is_text() -> None:
    page = Page()
    page.paragraph(LEFT, 600, FULL, prose(120, 1))
    for row in range(3):
        page.line(joined(11, 2), LEFT, 200 + row * 40, width=FULL, em=32)
    assert types(page.compose()) == [ElementType.TEXT, ElementType.TEXT]


def test_a_slightly_wider_gap_between_full_lines_starts_a_paragraph() -> None:
    page = Page()
    for row, at in enumerate((0.0, 1.0, 2.0, 3.45, 4.45, 5.45)):
        page.line(f"line {row} runs over the full width", LEFT, 200 + at * PITCH, width=FULL)
    assert [len(text.split("line")) - 1 for text in texts(page.compose())] == [3, 3]


def test_a_taller_line_in_a_paragraph_starts_no_other() -> None:
    page = Page()
    for row in range(5):
        extra = 6 if row == 2 else 0
        top = 200 + row * PITCH - extra
        page.line(f"line {row} runs over the full width", LEFT, top, width=FULL, em=20 + extra)
    assert len(texts(page.compose())) == 1


def test_layout_detection_cuts_a_heading_from_the_text_below_it() -> None:
    page = Page()
    page.line("A bold heading as wide as the text", LEFT, 200, width=FULL)
    page.line("and at once the text begins here and", LEFT, 200 + PITCH, width=FULL)
    page.line("fills its lines from edge to edge so", LEFT, 200 + 2 * PITCH, width=FULL)
    page.region(LayoutLabel.TITLE, LEFT, 198, LEFT + FULL, 221)
    page.region(LayoutLabel.TEXT, LEFT, 223, LEFT + FULL, 270)
    assert types(page.compose()) == [ElementType.HEADING, ElementType.TEXT]


def test_a_sentence_is_no_heading_whatever_layout_detection_says() -> None:
    page = Page()
    page.line("and this is the last line of it all.", LEFT, 200)
    page.paragraph(LEFT, 300, FULL, prose(60))
    page.region(LayoutLabel.TITLE, LEFT, 198, LEFT + 360, 221)
    assert types(page.compose()) == [ElementType.TEXT, ElementType.TEXT]


def test_headings_of_two_levels_are_no_list() -> None:
    page = Page()
    page.line("I. Introduction", LEFT, 200)
    page.line("A. Background", LEFT, 240)
    page.paragraph(LEFT, 280, FULL, prose(60))
    assert types(page.compose()) == [ElementType.HEADING, ElementType.HEADING, ElementType.TEXT]


def test_one_item_of_two_lines() -> None:
    page = Page()
    page.paragraph(LEFT, 100, FULL, prose(60, 1))
    page.line(f"• {joined(9, 2)}", LEFT, 300, width=FULL)
    page.line(joined(9, 3), LEFT + 30, 300 + PITCH, width=FULL - 30)
    elements = page.compose()
    assert types(elements) == [ElementType.TEXT, ElementType.LIST]
    assert texts(elements)[1] == f"• {joined(9, 2)} {joined(9, 3)}"


def test_a_nested_item_that_happens_to_be_centred_under_the_first() -> None:
    page = Page()
    page.line("• an item of many words", LEFT, 300, width=400)
    page.line("• a nested item", LEFT + 100, 300 + PITCH, width=200)
    (element,) = page.compose()
    assert element.text == "• an item of many words\n  • a nested item"


def test_quotation_marks_at_the_left_are_no_indents() -> None:
    page = Page()
    text = "的研究对象与方法以及它的学科性质特征"
    for row, shift in enumerate((40, 0, 18, 0, 18, 0)):
        page.line(text, LEFT + shift, 200 + row * PITCH, width=400 - shift)
    assert texts(page.compose()) == [text * 6]


def test_centred_lines_are_one_paragraph() -> None:
    page = Page()
    for row, width in enumerate((400, 600, 300)):
        page.line(f"row {row}", 500 - width / 2, 200 + row * PITCH, width=width)
    assert texts(page.compose()) == ["row 0 row 1 row 2"]


def test_a_wide_space_that_one_line_runs_across() -> None:
    page = Page()
    page.line("one line was cut", LEFT, 200, width=300)
    page.line("at a wide space", LEFT + 332, 200, width=FULL - 332)
    page.line("while this line was read in one piece", LEFT, 200 + PITCH, width=FULL)
    assert texts(page.compose()) == [
        "one line was cut at a wide space while this line was read in one piece"
    ]


def test_halves_of_a_small_fraction_stay_in_their_line() -> None:
    page = Page()
    page.line("The lemma implies that", LEFT, 200, width=300)
    page.line("du", LEFT + 302, 194, width=12, em=12)
    page.line("dv", LEFT + 303, 210, width=12, em=12)
    page.line("is positive for all of them there", LEFT + 318, 200, width=FULL - 318)
    page.line("and so this second line follows it", LEFT, 200 + PITCH, width=FULL)
    (element,) = page.compose()
    assert element.text == (
        "The lemma implies that du dv is positive for all of them there "
        "and so this second line follows it"
    )


def test_a_sentence_with_signs_in_an_equation_region_stays_text() -> None:
    page = Page()
    page.line("By Exercise 5.17, f(u) = 0. Then, for all v > 0,", LEFT, 200)
    page.region(LayoutLabel.EQUATION, LEFT, 190, LEFT + 480, 230)
    assert types(page.compose()) == [ElementType.TEXT]


def test_a_caption_at_the_top_is_no_header() -> None:
    page = Page()
    page.line("Table 3: Both columns wide", LEFT, 60)
    page.paragraph(LEFT, 200, FULL, prose(60))
    page.region(LayoutLabel.HEADER, LEFT, 58, LEFT + 260, 82)
    assert types(page.compose()) == [ElementType.CAPTION, ElementType.TEXT]


def test_a_line_larger_than_the_text_is_no_header() -> None:
    page = Page()
    page.line("A Manuscript's Title", 300, 60, em=30)
    page.paragraph(LEFT, 200, FULL, prose(60))
    page.region(LayoutLabel.HEADER, 300, 58, 600, 92)
    assert types(page.compose(page=1)) == [ElementType.TITLE, ElementType.TEXT]


def test_numbers_that_count_the_lines_stand_outside_the_flow() -> None:
    page = Page()
    page.paragraph(LEFT, 200, FULL, prose(100))
    for row in range(7):
        page.line(str(row + 1), 50, 204 + row * PITCH, em=12)
    elements = page.compose()
    assert texts(elements) == [joined(100, 0)]
    assert {element.type for element in elements[1:]} == {ElementType.ASIDE}


def test_regions_are_found_on_pages_of_vertical_writing() -> None:
    page = Page()
    for place in range(3):
        left, top = 800 - place * PITCH, 200.0
        quad = ((left, top), (left + 20, top), (left + 20, top + 400), (left, top + 400))
        page.lines.append(ReadLine("春眠不觉晓处处闻啼鸟", 0.9, quad))
    page.region(LayoutLabel.TEXT, 750, 200, 820, 600)
    (element,) = page.compose()
    assert element.layout_confidence == 0.8


def test_references_are_entries_that_layout_detection_calls_so() -> None:
    page = Page()
    page.line("[1] A. Author. On samples. 2001.", LEFT, 200)
    page.line("[2] B. Writer. On light. 2002.", LEFT, 240)
    assert set(types(page.compose())) == {ElementType.TEXT}
    page.region(LayoutLabel.REFERENCE, LEFT, 195, LEFT + 330, 265)
    assert types(page.compose()) == [ElementType.REFERENCE, ElementType.REFERENCE]


def test_large_type_as_wide_as_the_text_is_a_heading() -> None:
    page = Page()
    page.line("Samples in the light of day", LEFT, 200, width=FULL, em=34)
    page.line("a line that runs over the full width", LEFT, 238, width=FULL)
    page.line("and so does this one to its very end", LEFT, 238 + PITCH, width=FULL)
    assert types(page.compose()) == [ElementType.HEADING, ElementType.TEXT]


def test_two_lines_far_apart_are_no_paragraph() -> None:
    page = Page()
    page.line("a line that runs over the full width", LEFT, 200, width=FULL)
    page.line("and one that stands far below it here", LEFT, 240, width=FULL)
    assert len(texts(page.compose())) == 2


def test_a_caption_over_two_columns_is_not_chained_to_one_of_them() -> None:
    page = Page()
    page.line("Figure 1: A view of the samples", 330, 200, width=420)
    page.line("Summary", LEFT, 228, width=100)
    page.line("Keywords", 630, 228, width=110)
    page.paragraph(LEFT, 260, COLUMN, prose(90, 2))
    page.paragraph(RIGHT_COLUMN, 260, COLUMN, prose(90, 3))
    expected = ["Figure 1: A view of the samples", "Summary", joined(90, 2), "Keywords"]
    assert texts(page.compose()) == [*expected, joined(90, 3)]


def test_widely_spaced_text_in_a_figure_region_is_text() -> None:
    page = Page()
    for row in range(10):
        page.line(joined(6, row), LEFT + 100, 200 + row * 2 * PITCH, width=300)
    page.region(LayoutLabel.FIGURE, LEFT - 50, 150, LEFT + FULL + 50, 900)
    assert ElementType.IMAGE not in types(page.compose())


def test_sentences_all_over_a_figure_region_are_text() -> None:
    page = Page()
    for row in range(10):
        page.line(joined(6, row), LEFT + 37 * (row % 7), 200 + row * 3 * PITCH, width=220)
    page.region(LayoutLabel.FIGURE, LEFT - 50, 150, LEFT + FULL + 50, 950)
    assert ElementType.IMAGE not in types(page.compose())


def test_labels_in_a_picture_stay_in_it() -> None:
    page = Page()
    for row in range(10):
        page.line(f"{row}0%", LEFT + 37 * (row % 7), 200 + row * 3 * PITCH)
    page.region(LayoutLabel.FIGURE, LEFT - 50, 150, LEFT + FULL + 50, 950)
    assert types(page.compose()) == [ElementType.IMAGE]


def test_two_lists_that_are_not_level_are_no_table() -> None:
    page = Page()
    for row in range(12):
        page.line(f"left {row}", LEFT, 200 + row * PITCH)
        page.line(f"right {row}", LEFT + 400, 208 + row * (PITCH + 4))
    page.region(LayoutLabel.TABLE, LEFT - 10, 190, LEFT + 600, 560)
    text = " ".join(texts(page.compose()))
    assert text.index("left 11") < text.index("right 0")


def test_a_bullet_in_a_heading_region_is_an_item() -> None:
    page = Page()
    page.line("• an item", LEFT, 200)
    page.region(LayoutLabel.TITLE, LEFT, 198, LEFT + 90, 222)
    assert types(page.compose()) == [ElementType.LIST]


def test_large_signs_without_words_are_no_heading() -> None:
    page = Page()
    page.line("12.5 %", LEFT, 200, em=60)
    page.paragraph(LEFT, 400, FULL, prose(60))
    assert types(page.compose()) == [ElementType.TEXT, ElementType.TEXT]


def test_a_caption_without_a_number_stands_near_its_picture() -> None:
    page = Page()
    page.region(LayoutLabel.FIGURE, LEFT, 150, LEFT + FULL, 400)
    page.line("the harbour at night", LEFT, 420)
    page.region(LayoutLabel.FIGURE_CAPTION, LEFT, 418, LEFT + 210, 442)
    assert types(page.compose()) == [ElementType.IMAGE, ElementType.CAPTION]


def test_small_print_above_the_text_is_no_footnote() -> None:
    page = Page()
    page.line("1 See the appendix", LEFT, 900, em=15)
    page.paragraph(LEFT, 960, FULL, prose(60))
    assert ElementType.FOOTNOTE not in types(page.compose())


def test_lists_far_apart_are_two() -> None:
    page = Page()
    for top in (200, 224, 500, 524):
        page.line(f"• item at {top}", LEFT, top)
    assert types(page.compose()) == [ElementType.LIST, ElementType.LIST]


def test_a_heading_that_opens_the_first_page_is_its_title() -> None:
    page = Page()
    page.line("Samples and Light", LEFT, 100)
    page.region(LayoutLabel.TITLE, LEFT, 98, LEFT + 175, 122)
    page.paragraph(LEFT, 200, FULL, prose(60))
    assert types(page.compose(page=1)) == [ElementType.TITLE, ElementType.TEXT]


def test_numbered_references_without_gaps() -> None:
    page = Page()
    for row, seed in enumerate((1, 1, 2, 3, 3)):
        start = "" if row in (1, 4) else f"[{seed}] "
        page.line(f"{start}{joined(8, seed)}", LEFT, 200 + row * PITCH, width=FULL)
    page.region(LayoutLabel.REFERENCE, LEFT, 198, LEFT + FULL, 325)
    assert types(page.compose()) == [ElementType.REFERENCE] * 3


def test_a_bullet_without_its_neighbour_is_no_item_of_the_other_column() -> None:
    page = Page()
    page.line("• one", LEFT, 200)
    page.line("• two", LEFT + 420, 200)
    assert types(page.compose()) == [ElementType.LIST, ElementType.LIST]


def test_a_line_in_smaller_type_is_no_part_of_what_stands_above() -> None:
    page = Page()
    page.line("Samples and their", LEFT, 200, width=500, em=34)
    page.line("extraordinarilylongword in light", LEFT, 238, width=480)
    assert len(texts(page.compose())) == 2


def test_large_codes_are_no_heading() -> None:
    page = Page()
    page.line("A1 B2 C3 D4", LEFT, 200, em=40)
    page.paragraph(LEFT, 400, FULL, prose(60))
    assert types(page.compose()) == [ElementType.TEXT, ElementType.TEXT]


def test_a_bullet_and_a_number_are_two_lists() -> None:
    page = Page()
    page.line("• one of a kind.", LEFT, 200)
    page.line("1. one of another.", LEFT, 200 + PITCH)
    assert texts(page.compose()) == ["• one of a kind.", "1. one of another."]


def test_a_heading_beside_the_page_number_is_no_header() -> None:
    page = Page()
    page.line("Results", LEFT, 60)
    page.line("17", LEFT + FULL - 20, 60)
    page.paragraph(LEFT, 140, FULL, prose(60))
    assert types(page.compose()) == [ElementType.TEXT]
    page.region(LayoutLabel.TITLE, LEFT, 58, LEFT + 72, 82)
    assert types(page.compose()) == [ElementType.HEADING, ElementType.TEXT]


def test_a_row_of_which_only_a_part_is_called_a_header_stays_in_the_flow() -> None:
    page = Page()
    page.line("real", LEFT, 60)
    page.line("renamed to real part", LEFT + 500, 60)
    page.paragraph(LEFT, 200, FULL, prose(60))
    page.region(LayoutLabel.HEADER, LEFT + 495, 58, LEFT + 710, 82)
    assert all(element.order is not None for element in page.compose())


def test_boxes_end_at_the_edges_of_the_page() -> None:
    page = Page()
    page.line("partly off the page", -30, -5, width=200)
    (element,) = page.compose()
    assert element.bbox == (0, 0, 170, 15)


def test_a_large_number_in_a_title_is_no_page_number() -> None:
    page = Page()
    page.line("Unit", LEFT, 80, em=60)
    page.line("2", LEFT + 260, 60, em=100)
    page.line("Poems", LEFT + 400, 80, em=60)
    page.paragraph(LEFT, 300, FULL, prose(60))
    assert all(element.order is not None for element in page.compose())
