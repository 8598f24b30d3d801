from __future__ import annotations

from paddleocr_vl_service.engines.onnx.types import LayoutLabel
from paddleocr_vl_service.models.document import ElementType
from tests.engines.onnx.page_layouts import (
    COLUMN,
    FULL,
    HEIGHT,
    LEFT,
    PITCH,
    RIGHT_COLUMN,
    WIDTH,
    Page,
    prose,
    texts,
    two_columns,
    types,
)


def test_a_caption_stands_with_its_figure_in_its_column() -> None:
    page = Page()
    page.region(LayoutLabel.FIGURE, LEFT, 150, LEFT + COLUMN, 400)
    page.line("12%", LEFT + 40, 200)
    page.line("2019", LEFT + 180, 370)
    page.line("Fig. 2. Growth of samples", LEFT, 410, em=18)
    page.paragraph(LEFT, 480, COLUMN, prose(100, 1))
    page.paragraph(RIGHT_COLUMN, 150, COLUMN, prose(180, 5))
    elements = page.compose()
    assert types(elements) == [
        ElementType.IMAGE,
        ElementType.CAPTION,
        ElementType.TEXT,
        ElementType.TEXT,
    ]
    assert texts(elements)[0] == "12%\n2019"
    assert elements[0].bbox == (100, 150, 480, 400)


def test_a_picture_that_would_swallow_the_page_is_not_believed() -> None:
    page = two_columns()
    page.region(LayoutLabel.FIGURE, 20, 20, WIDTH - 20, HEIGHT - 20)
    assert texts(page.compose()) == texts(two_columns().compose())


def test_a_sentence_about_a_figure_is_no_caption() -> None:
    page = Page()
    page.paragraph(LEFT, 200, FULL, ["Figure", "3", "shows", *prose(60)])
    assert types(page.compose()) == [ElementType.TEXT]


def table(page: Page, left: float, top: float, columns: int = 3, rows: int = 4) -> str:
    expected = []
    for row in range(rows):
        cells = [f"r{row}c{column}" for column in range(columns)]
        for column, cell in enumerate(cells):
            page.line(cell, left + column * 120, top + row * 30 + column % 2 * 2)
        expected.append("\t".join(cells))
    return "\n".join(expected)


def test_a_table_is_read_row_by_row() -> None:
    page = Page()
    page.paragraph(LEFT, 150, FULL, prose(60, 1))
    expected = table(page, LEFT, 400)
    page.region(LayoutLabel.TABLE, LEFT - 10, 395, LEFT + 320, 520)
    page.paragraph(LEFT, 600, FULL, prose(60, 2))
    elements = page.compose()
    assert types(elements) == [ElementType.TEXT, ElementType.TABLE, ElementType.TEXT]
    assert texts(elements)[1] == expected
    assert elements[1].layout_confidence == 0.8


def test_what_stands_beside_a_table_in_another_column_is_left_out_of_it() -> None:
    page = Page()
    page.paragraph(LEFT, 150, COLUMN, prose(80, 1))
    page.paragraph(RIGHT_COLUMN, 150, COLUMN, prose(200, 5))
    bottom = max(line.box[3] for line in page.lines if line.box[0] < RIGHT_COLUMN)
    expected = table(page, LEFT, bottom + 30)
    page.region(LayoutLabel.TABLE, LEFT - 10, bottom + 20, LEFT + FULL, bottom + 170)
    elements = page.compose()
    assert texts(elements) == [" ".join(prose(80, 1)), expected, " ".join(prose(200, 5))]
    assert elements[1].layout_confidence == 0.8


def test_prose_in_a_table_region_stays_prose() -> None:
    page = Page()
    page.paragraph(LEFT, 150, FULL, prose(100, 1))
    page.region(LayoutLabel.TABLE, LEFT, 150, LEFT + FULL, 400)
    assert types(page.compose()) == [ElementType.TEXT]


def test_a_table_of_contents_is_read_across() -> None:
    page = Page()
    for row, (text, number) in enumerate(
        (("Preface", "1"), ("Methods of work", "12"), ("End", "90"))
    ):
        page.line(text, LEFT, 300 + row * PITCH)
        page.line(number, LEFT + FULL - 10 * len(number), 300 + row * PITCH)
    (element,) = page.compose()
    assert element.type is ElementType.LIST
    assert element.text == "Preface 1\nMethods of work 12\nEnd 90"


def test_values_without_a_table_region_form_a_table() -> None:
    page = Page()
    page.paragraph(LEFT, 100, FULL, prose(60, 1))
    expected = table(page, LEFT, 400)
    (_, element) = page.compose()
    assert element.type is ElementType.TABLE
    assert element.text == expected
    assert element.layout_confidence is None


def test_two_columns_of_an_index_are_read_down() -> None:
    page = Page()
    for column in range(2):
        for row in range(30):
            page.line(f"entry {'ab'[column]}{row}", LEFT + column * 420, 150 + row * PITCH)
    text = " ".join(texts(page.compose())).split()
    assert text[1::2] == [f"{column}{row}" for column in "ab" for row in range(30)]


def test_an_abstract_beside_keywords_is_no_table() -> None:
    """Between rules, as journals set the head of a paper; layout detection takes it for a table."""
    page = Page()
    page.line("ARTICLE INFO", LEFT, 150)
    page.line("ABSTRACT", LEFT + 300, 150)
    for row, word in enumerate(("Keywords:", "rivers", "floods", "bridges")):
        page.line(word, LEFT, 190 + row * PITCH)
    page.paragraph(LEFT + 300, 190, 500, prose(40, 1))
    page.region(LayoutLabel.TABLE, LEFT - 10, 140, LEFT + FULL, 330)
    page.paragraph(LEFT, 500, COLUMN, prose(100, 2))
    page.paragraph(RIGHT_COLUMN, 500, COLUMN, prose(100, 3))

    elements = page.compose()

    assert ElementType.TABLE not in types(elements)
    assert " ".join(prose(40, 1)) in texts(elements)


def test_a_table_may_have_a_column_named_abstract() -> None:
    page = Page()
    for row, cells in enumerate((("Abstract", "Pages"), ("none", "12"), ("short", "7"))):
        for column, text in enumerate(cells):
            page.line(text, LEFT + 150 * column, 200 + 30 * row)
    page.region(LayoutLabel.TABLE, LEFT - 10, 190, LEFT + 250, 300)
    assert types(page.compose()) == [ElementType.TABLE]
