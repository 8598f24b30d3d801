from __future__ import annotations

import pytest

from paddleocr_vl_service.engines.onnx.types import LayoutLabel, ReadLine
from paddleocr_vl_service.models.document import ElementType, TextSource
from tests.engines.onnx.page_layouts import (
    COLUMN,
    EM,
    FULL,
    HEIGHT,
    LEFT,
    PITCH,
    RIGHT_COLUMN,
    Page,
    moved,
    prose,
    texts,
    two_columns,
    types,
)


def joined(words: list[str]) -> str:
    return " ".join(words)


def test_an_empty_page_has_no_elements() -> None:
    assert Page().compose() == ()


def test_a_page_of_blank_lines_has_no_elements() -> None:
    page = Page()
    page.line("  ", 100, 100, width=40)
    assert page.compose() == ()


def test_a_single_line_is_one_element_with_all_that_is_known_of_it() -> None:
    page = Page()
    page.line("Only this.", 100.4, 700.4, width=99.2)
    (element,) = page.compose(page=7)
    assert element.type is ElementType.TEXT
    assert element.text == "Only this."
    assert element.bbox == (100, 700, 200, 721)
    assert (element.page, element.order) == (7, 0)
    assert element.recognition_confidence == pytest.approx(0.9)
    assert element.layout_confidence is None
    assert element.text_source is TextSource.OCR
    assert element.polygon is None


def test_confidences_are_weighted_by_length_and_taken_from_the_region_that_agrees() -> None:
    page = Page()
    page.paragraph(LEFT, 300, FULL, prose(40))
    page.lines = [
        ReadLine(line.text, 0.5 if place == 0 else 1.0, line.quad)
        for place, line in enumerate(page.lines)
    ]
    page.region(LayoutLabel.TEXT, LEFT, 295, LEFT + FULL, 300 + len(page.lines) * PITCH)
    (element,) = page.compose()
    characters = [len(line.text) for line in page.lines]
    expected = (0.5 * characters[0] + sum(characters[1:])) / sum(characters)
    assert element.recognition_confidence == pytest.approx(expected)
    assert element.layout_confidence == 0.8


def test_a_text_layer_has_no_recognition_confidence() -> None:
    page = Page(source=TextSource.TEXT_LAYER)
    page.paragraph(LEFT, 300, FULL, prose(40))
    (element,) = page.compose()
    assert element.recognition_confidence is None
    assert element.text_source is TextSource.TEXT_LAYER


def test_indented_paragraphs_of_one_column() -> None:
    page = Page()
    top = page.paragraph(LEFT, 200, FULL, prose(70, 1))
    top = page.paragraph(LEFT, top, FULL, prose(60, 2), indent=30)
    page.paragraph(LEFT, top, FULL, prose(80, 3), indent=30)
    assert texts(page.compose()) == [joined(prose(n, s)) for n, s in ((70, 1), (60, 2), (80, 3))]


def test_a_first_line_indent_starts_a_paragraph_even_after_a_full_line() -> None:
    page = Page()
    page.line("a line that runs over the full width", LEFT, 200, width=FULL)
    page.line("and so does this one to its very end", LEFT, 200 + PITCH, width=FULL)
    page.line("Then an indented line opens another", LEFT + 30, 200 + 2 * PITCH, width=FULL - 30)
    page.line("which goes on at the left margin so", LEFT, 200 + 3 * PITCH, width=FULL)
    page.line("and so on to the end of this example", LEFT, 200 + 4 * PITCH, width=FULL)
    assert len(texts(page.compose())) == 2


def test_paragraphs_apart_by_half_a_line() -> None:
    page = Page()
    page.line("a line that runs over the full width", LEFT, 200, width=FULL)
    page.line("and so does this one to its very end", LEFT, 200 + PITCH, width=FULL)
    page.line("after a gap of half a line another starts", LEFT, 200 + 2.6 * PITCH, width=FULL)
    page.line("and goes on as far as the first one did", LEFT, 200 + 3.6 * PITCH, width=FULL)
    assert len(texts(page.compose())) == 2


def test_ragged_lines_are_no_paragraph_ends() -> None:
    page = Page()
    rows = (
        ("ragged text whose line ends before an", 760),
        ("extraordinarilylongword that did not", 720),
    )
    top = 200.0
    for text, width in (*rows, *rows):
        top = page.line(text, LEFT, top, width=width)
    assert len(texts(page.compose())) == 1


def test_entries_with_a_hanging_indent() -> None:
    page = Page()
    top = 200.0
    for seed in (1, 2, 3):
        page.line(joined(prose(8, seed)), LEFT, top, width=FULL)
        page.line(joined(prose(8, seed)), LEFT + 40, top + PITCH, width=FULL - 40)
        top = page.line(joined(prose(8, seed)), LEFT + 40, top + 2 * PITCH, width=FULL - 40)
    assert texts(page.compose()) == [joined(prose(8, s) * 3) for s in (1, 2, 3)]


def test_two_columns_under_a_spanning_title() -> None:
    elements = two_columns().compose(page=1)
    assert types(elements) == [ElementType.TITLE, *[ElementType.TEXT] * 4]
    assert texts(elements) == [
        "On the Stability of Samples",
        *(joined(prose(n, s)) for n, s in ((60, 1), (50, 2), (60, 5), (50, 6))),
    ]


def test_only_the_first_page_has_a_title() -> None:
    assert types(two_columns().compose(page=2))[0] is ElementType.HEADING


def test_a_gap_at_one_height_in_both_columns_cuts_nothing() -> None:
    page = Page()
    for place, left in enumerate((LEFT, RIGHT_COLUMN)):
        page.paragraph(left, 200, COLUMN, prose(60, 4 * place + 1))
        page.paragraph(left, 700, COLUMN, prose(60, 4 * place + 2))
    assert texts(page.compose()) == [joined(prose(60, s)) for s in (1, 2, 5, 6)]


def test_columns_above_and_below_a_spanning_figure() -> None:
    page = Page()
    for place, left in enumerate((LEFT, RIGHT_COLUMN)):
        page.paragraph(left, 150, COLUMN, prose(60, 4 * place + 1))
        page.paragraph(left, 900, COLUMN, prose(60, 4 * place + 2))
    page.region(LayoutLabel.FIGURE, LEFT - 5, 500, LEFT + FULL + 5, 800)
    page.line("Figure 3: Both columns wide.", 360, 820, em=18)
    elements = page.compose()
    words = [joined(prose(60, s)) for s in (1, 5, 2, 6)]
    assert texts(elements) == [*words[:2], "", "Figure 3: Both columns wide.", *words[2:]]
    assert types(elements)[2:4] == [ElementType.IMAGE, ElementType.CAPTION]


def test_a_table_that_reaches_into_its_neighbours_rows_does_not_mix_the_columns() -> None:
    page = Page()
    for place, left in enumerate((LEFT, RIGHT_COLUMN)):
        page.paragraph(left, 150, COLUMN, prose(160, 4 * place + 1))
    bottom = max(line.box[3] for line in page.lines)
    for row in range(4):
        for column in range(5):
            page.line(f"{row}{column}.5", LEFT + 170 * column, bottom + 30 + row * PITCH)
    page.region(LayoutLabel.TABLE, LEFT - 10, bottom - 8, LEFT + FULL, bottom + 140)
    elements = page.compose()
    assert texts(elements)[:2] == [joined(prose(160, s)) for s in (1, 5)]
    assert types(elements) == [ElementType.TEXT, ElementType.TEXT, ElementType.TABLE]


def test_a_column_that_starts_lower_beside_an_unseen_picture() -> None:
    page = Page()
    page.paragraph(LEFT, 500, COLUMN, prose(120, 1))
    page.paragraph(RIGHT_COLUMN, 200, COLUMN, prose(160, 5))
    assert texts(page.compose()) == [joined(prose(120, 1)), joined(prose(160, 5))]


def test_four_narrow_columns_under_one_headline() -> None:
    page = Page()
    page.line("Tea Growers See a New Spring", 150, 100, em=50)
    width = 200.0
    for column in range(4):
        left = 60 + column * (width + 20)
        top = page.paragraph(left, 200, width, prose(40, column + 1), indent=20)
        page.paragraph(left, top, width, prose(44, column + 11), indent=20)
    expected = [joined(prose(n, c + s)) for c in range(4) for n, s in ((40, 1), (44, 11))]
    assert texts(page.compose())[1:] == expected


def test_headings_within_columns() -> None:
    page = two_columns()
    bottom = max(line.box[3] for line in page.lines)
    page.line("2.1 Preparation", LEFT, bottom + 40)
    page.paragraph(LEFT, bottom + 75, COLUMN, prose(50, 9))
    page.line("Results", RIGHT_COLUMN, bottom + 40, em=28)
    page.paragraph(RIGHT_COLUMN, bottom + 75, COLUMN, prose(50, 10))
    elements = page.compose()
    headings = [element.text for element in elements if element.type is ElementType.HEADING]
    assert headings == ["On the Stability of Samples", "2.1 Preparation", "Results"]
    assert texts(elements)[4] == joined(prose(50, 9))


def test_layout_detection_tells_headings_of_the_text_size() -> None:
    page = Page()
    page.line("Sample preparation", LEFT, 200)
    page.paragraph(LEFT, 200 + PITCH, FULL, prose(60))
    assert types(page.compose()) == [ElementType.TEXT, ElementType.TEXT]
    page.region(LayoutLabel.TITLE, LEFT - 2, 196, LEFT + 184, 224)
    elements = page.compose()
    assert types(elements) == [ElementType.HEADING, ElementType.TEXT]
    assert elements[0].layout_confidence == 0.8


def test_a_wrong_heading_region_over_prose_is_not_believed() -> None:
    page = Page()
    page.paragraph(LEFT, 200, FULL, prose(60))
    page.region(LayoutLabel.TITLE, LEFT, 200, LEFT + FULL, 330)
    assert types(page.compose()) == [ElementType.TEXT]


def test_lone_numbered_lines_are_headings_and_several_are_a_list() -> None:
    page = Page()
    page.line("1. Introduction", LEFT, 100)
    page.paragraph(LEFT, 140, FULL, prose(60, 1))
    for place, text in enumerate(("1. first of all", "2. in the middle", "3. last of all")):
        page.line(text, LEFT + 20, 340 + place * PITCH)
    elements = page.compose()
    assert types(elements) == [ElementType.HEADING, ElementType.TEXT, ElementType.LIST]
    assert texts(elements)[2] == "1. first of all\n2. in the middle\n3. last of all"


def test_bullets_that_detection_cut_off_and_items_over_two_lines() -> None:
    page = Page()
    page.paragraph(LEFT, 100, FULL, prose(60, 1))
    top = 300.0
    for seed in (2, 3):
        page.line("•", LEFT + 10, top, width=10)
        page.line(joined(prose(9, seed)), LEFT + 50, top, width=FULL - 50)
        top = page.line(joined(prose(3, seed)), LEFT + 50, top + PITCH)
    elements = page.compose()
    assert types(elements) == [ElementType.TEXT, ElementType.LIST]
    expected = [f"• {joined(prose(9, seed))} {joined(prose(3, seed))}" for seed in (2, 3)]
    assert texts(elements)[1] == "\n".join(expected)


def test_fragments_of_justified_lines_are_joined() -> None:
    page = Page()
    page.line("this line was cut", LEFT, 200, width=300)
    page.line("at a very wide space", LEFT + 345, 200, width=FULL - 345)
    page.line("while this line was read in one piece", LEFT, 200 + PITCH, width=FULL)
    page.line("and this one as well down to its end", LEFT, 200 + 2 * PITCH, width=FULL)
    (element,) = page.compose()
    assert element.text.startswith("this line was cut at a very wide space while")


def test_a_gutter_of_the_same_width_is_not_bridged() -> None:
    page = Page()
    for row in range(4):
        page.line(joined(prose(6, 1)), LEFT, 200 + row * PITCH, width=COLUMN)
        page.line(joined(prose(6, 5)), LEFT + COLUMN + 17, 200 + row * PITCH, width=COLUMN)
    assert texts(page.compose()) == [joined(prose(6, 1) * 4), joined(prose(6, 5) * 4)]


def test_authors_in_rows_above_two_columns() -> None:
    page = two_columns()
    page.lines = [page.lines[0], *(moved(line, 0, 280) for line in page.lines[1:])]
    for row, names in enumerate((("Ada One", "Bob Two"), ("Cyd Three", "Dan Four"))):
        for place, name in enumerate(names):
            middle = 290 + 420 * place
            top = 180 + 110 * row
            for offset, text in enumerate((name, "Institute of Samples in Light", "Oslo")):
                page.line(text, middle - 5 * len(text), top + offset * PITCH)
    authors = texts(page.compose())[1:5]
    assert [text.split(" Institute")[0] for text in authors] == [
        "Ada One",
        "Bob Two",
        "Cyd Three",
        "Dan Four",
    ]


def test_marginal_notes_stand_before_what_they_are_beside() -> None:
    page = Page()
    for seed in (1, 2, 3):
        page.line(f"note {seed}", 60, 40 + 200 * seed)
        page.paragraph(240, 40 + 200 * seed, 660, prose(60, seed))
    notes = [f"note {seed}" for seed in (1, 2, 3)]
    expected = [text for seed in (1, 2, 3) for text in (notes[seed - 1], joined(prose(60, seed)))]
    assert texts(page.compose()) == expected


def test_headers_footers_and_page_numbers_stand_outside_the_flow_and_last() -> None:
    page = two_columns()
    page.line("417", LEFT + FULL - 30, 29, em=16)
    page.line("Journal of Samples 12", LEFT, 30, em=16)
    page.line("Preprint submitted to the printer", 300, HEIGHT - 60, em=16)
    page.region(LayoutLabel.FOOTER, 295, HEIGHT - 65, 570, HEIGHT - 40)
    elements = page.compose()
    outside = [(element.type, element.text) for element in elements if element.order is None]
    assert outside == [
        (ElementType.HEADER, "Journal of Samples 12"),
        (ElementType.PAGE_NUMBER, "417"),
        (ElementType.FOOTER, "Preprint submitted to the printer"),
    ]
    assert elements[-3:] == tuple(element for element in elements if element.order is None)
    assert [element.order for element in elements[:-3]] == list(range(5))


def test_a_centred_page_number_does_not_close_the_gutter() -> None:
    page = two_columns()
    page.line("– 7 –", 470, HEIGHT - 60)
    elements = page.compose()
    assert texts(elements) == texts(two_columns().compose())
    assert elements[-1].type is ElementType.PAGE_NUMBER


def test_a_short_first_line_of_the_text_is_no_header() -> None:
    page = Page()
    page.line("end of the last page's sentence.", LEFT, 60)
    page.paragraph(LEFT, 120, FULL, prose(60))
    assert all(element.order is not None for element in page.compose())


def test_text_on_its_side_in_the_margin_stands_outside_the_flow() -> None:
    page = two_columns()
    quad = ((20.0, 400.0), (40.0, 400.0), (40.0, 800.0), (20.0, 800.0))
    page.lines.append(ReadLine("arXiv:2401.00001v1", 0.9, quad))
    elements = page.compose()
    assert texts(elements) == texts(two_columns().compose())
    assert elements[-1].type is ElementType.ASIDE


def test_footnotes_end_their_column() -> None:
    page = two_columns()
    page.line("1 See the appendix for details.", LEFT, 1000, em=15)
    elements = page.compose()
    assert types(elements)[3] is ElementType.FOOTNOTE


def test_formulas_are_put_together_with_their_number() -> None:
    page = Page()
    page.paragraph(LEFT, 150, FULL, prose(60, 1))
    page.line("E =", 400, 395)
    page.line("mc2 + x", 470, 380)
    page.line("y − 1", 480, 408)
    page.line("(4)", LEFT + FULL - 30, 395)
    page.region(LayoutLabel.EQUATION, 390, 375, 620, 435)
    page.paragraph(LEFT, 500, FULL, prose(60, 2))
    elements = page.compose()
    assert types(elements) == [ElementType.TEXT, ElementType.FORMULA, ElementType.TEXT]
    assert "(4)" in texts(elements)[1]


def test_prose_in_an_equation_region_stays_prose() -> None:
    page = Page()
    page.paragraph(LEFT, 150, FULL, prose(60, 1))
    page.region(LayoutLabel.EQUATION, LEFT, 140, LEFT + FULL, 300)
    assert types(page.compose()) == [ElementType.TEXT]


def test_chinese_lines_are_joined_without_spaces() -> None:
    page = Page()
    first, second = "比较文学作为一门学科", "它的研究对象十分广泛"
    page.line(first, LEFT + 40, 200, width=360)
    page.line(second, LEFT, 200 + PITCH, width=400)
    page.line("完。", LEFT, 200 + 2 * PITCH)
    page.line(second, LEFT + 40, 200 + 3 * PITCH, width=360)
    page.line(first, LEFT, 200 + 4 * PITCH, width=400)
    assert texts(page.compose()) == [first + second + "完。", second + first]


def test_vertical_writing_is_read_from_right_to_left() -> None:
    page = Page()
    columns = ("春眠不觉晓处处闻啼鸟", "夜来风雨声花落知多少", "床前明月光疑是地上霜")
    for place, text in enumerate(columns):
        left, top = 800 - place * PITCH, 200.0
        quad = ((left, top), (left + EM, top), (left + EM, top + 200), (left, top + 200))
        page.lines.append(ReadLine(text, 0.9, quad))
    (element,) = page.compose()
    assert element.text == "".join(columns)
    assert element.bbox == (752, 200, 820, 400)
