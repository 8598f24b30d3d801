from __future__ import annotations

from paddleocr_vl_service.engines.onnx.columns import Item, split_columns
from paddleocr_vl_service.engines.onnx.line_geometry import PlacedLine, Rect, bounding_rect
from paddleocr_vl_service.engines.onnx.reading_order import reading_order
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
    two_columns,
    types,
)


def joined(count: int, seed: int) -> str:
    return " ".join(prose(count, seed))


def test_what_tops_the_right_column_only_is_read_with_it() -> None:
    page = Page()
    page.line("A Title Across Both of the Columns", 200, 80, em=36)
    below = page.paragraph(RIGHT_COLUMN, 150, COLUMN, prose(40, 1))
    page.paragraph(LEFT, below + 15, COLUMN, prose(90, 2))
    page.paragraph(RIGHT_COLUMN, below + 15, COLUMN, prose(90, 3))
    assert texts(page.compose())[1:] == [joined(90, 2), joined(40, 1), joined(90, 3)]


def test_an_article_in_three_columns_above_one_in_another_layout() -> None:
    page = Page()
    page.line("The First of Two Articles on a Page", 100, 60, em=40)
    for column in range(3):
        page.paragraph(60 + 300 * column, 140, 270, prose(80, column + 1))
    bottom = max(line.box[3] for line in page.lines)
    page.paragraph(60, bottom + 60, 270, prose(120, 5))
    page.region(LayoutLabel.FIGURE, 350, bottom + 60, 930, bottom + 300)
    found = texts(page.compose())
    assert found[1:] == [joined(80, 1), joined(80, 2), joined(80, 3), joined(120, 5), ""]


def test_a_spanning_title_whose_box_touches_the_columns() -> None:
    page = two_columns()
    first = page.lines[0]
    quad = ((320.0, 160.0), (806.0, 160.0), (806.0, 213.0), (320.0, 213.0))
    page.lines[0] = ReadLine(first.text, first.score, quad)
    assert texts(page.compose()) == texts(two_columns().compose())


def test_a_line_that_reaches_into_the_gutter_does_not_close_it() -> None:
    page = Page()
    page.line("A Title Across Both of the Columns", 200, 80, em=36)
    page.paragraph(LEFT, 150, COLUMN, prose(90, 2))
    page.paragraph(RIGHT_COLUMN, 150, COLUMN, prose(90, 3))
    long = page.lines[3]
    (left, top), _, (right, bottom), _ = long.quad
    right += 38
    page.lines[3] = ReadLine(
        long.text, long.score, ((left, top), (right, top), (right, bottom), (left, bottom))
    )
    assert " ".join(texts(page.compose())[1:]) == f"{joined(90, 2)} {joined(90, 3)}"


def test_a_figure_whose_region_reaches_into_the_gutter_does_not_close_it() -> None:
    page = Page()
    page.line("A Title Across Both of the Columns", 200, 80, em=36)
    page.region(LayoutLabel.FIGURE, LEFT - 10, 150, RIGHT_COLUMN + 8, 400)
    page.paragraph(LEFT, 420, COLUMN, prose(60, 2))
    page.paragraph(RIGHT_COLUMN, 150, COLUMN, prose(150, 3))
    assert texts(page.compose())[1:] == ["", joined(60, 2), joined(150, 3)]


def test_a_spanning_line_close_above_a_column_is_not_chained_to_it() -> None:
    page = Page()
    page.line("a line that spans the middle of the page", 300, 100, width=400)
    page.paragraph(LEFT, 130, COLUMN, prose(60, 2))
    page.paragraph(RIGHT_COLUMN, 130, COLUMN, prose(60, 3))
    assert texts(page.compose()) == [
        "a line that spans the middle of the page",
        joined(60, 2),
        joined(60, 3),
    ]


def test_marginal_notes_in_the_middle_of_paragraphs() -> None:
    page = Page()
    for seed in (1, 2, 3):
        page.paragraph(240, 40 + 250 * seed, 660, prose(60, seed))
        page.line(f"note {seed}", 60, 64 + 250 * seed)
    expected = [text for seed in (1, 2, 3) for text in (f"note {seed}", joined(60, seed))]
    assert texts(page.compose()) == expected


def test_notes_at_the_right_stand_after_what_they_are_beside() -> None:
    page = Page()
    for seed in (1, 2, 3):
        page.paragraph(60, 40 + 250 * seed, 660, prose(60, seed))
        page.line(f"note {seed}", 780, 64 + 250 * seed)
    expected = [text for seed in (1, 2, 3) for text in (joined(60, seed), f"note {seed}")]
    assert texts(page.compose()) == expected


def test_labels_with_long_descriptions_are_read_row_by_row() -> None:
    page = Page()
    labels = ("Operating temperature", "Relative humidity", "Storage and transport")
    for row, label in enumerate(labels):
        page.line(label, LEFT, 100 + 120 * row, width=260)
        page.paragraph(LEFT + 300, 100 + 120 * row, 480, prose(14, row + 5))
    expected = [text for row in range(3) for text in (labels[row], joined(14, row + 5))]
    assert texts(page.compose()) == expected


def test_a_note_low_on_the_page_beside_much_text_is_read_after_it() -> None:
    page = Page()
    page.line("this is where it was", LEFT, 900, width=300)
    page.line("seen that night", LEFT, 900 + PITCH, width=200)
    page.paragraph(RIGHT_COLUMN, 150, COLUMN, prose(260, 3))
    assert texts(page.compose()) == [joined(260, 3), "this is where it was seen that night"]


def test_contents_whose_entries_fill_the_line() -> None:
    page = Page()
    for row in range(6):
        text = f"{row + 1}.1 {joined(9, row + 1)}"
        page.line(text, LEFT, 200 + row * PITCH, width=640)
        page.line(str(10 + row), LEFT + FULL - 20, 200 + row * PITCH)
    (element,) = page.compose()
    assert element.type is ElementType.LIST
    assert [row.split()[-1] for row in element.text.splitlines()] == list(map(str, range(10, 16)))


def test_a_few_signs_in_the_margin_make_no_table_of_the_page() -> None:
    page = Page()
    for row in range(24):
        page.line(f"{row + 1:02} {joined(3, 1)}", LEFT + 60, 100 + row * 1.5 * PITCH)
    for row in (4, 12, 20):
        page.line("§", LEFT - 40, 100 + row * 1.5 * PITCH)
    assert ElementType.TABLE not in types(page.compose())


def test_what_no_straight_cut_divides() -> None:
    """Five blocks round a middle one: above goes first, then left."""
    rects = {
        "above": Rect(0, 0, 700, 300),
        "right": Rect(710, 0, 1000, 700),
        "below": Rect(310, 710, 1000, 1000),
        "left": Rect(0, 310, 300, 1000),
        "middle": Rect(310, 310, 700, 700),
    }
    names = {rect: name for name, rect in rects.items()}
    order = reading_order([Item(rect, ()) for rect in rects.values()], 20)
    assert [names[item.rect] for (item,) in order] == ["above", "left", "middle", "right", "below"]


def block(left: float, rights: list[float]) -> Item:
    rects = [Rect(left, 20.0 * row, right, 20.0 * row + 18) for row, right in enumerate(rights)]
    lines = tuple(PlacedLine("text", rect, 18, ()) for rect in rects)
    return Item(bounding_rect(rects), lines)


def test_one_line_too_long_does_not_close_a_gutter() -> None:
    left, right = block(0, [300, 300, 330, 300, 300]), block(320, [600] * 5)
    assert split_columns([right, left], 18) == [[left], [right]]


def test_a_word_that_could_not_be_broken_does_not_close_a_gutter() -> None:
    """The last line of three is short, and one runs over the column's edge by a few letters."""
    left, right = block(0, [300, 320, 90]), block(320, [600] * 5)
    assert split_columns([right, left], 18) == [[left], [right]]


def test_a_short_heading_over_both_columns_closes_the_gutter() -> None:
    heading, right = block(0, [200, 480, 90]), block(320, [600] * 5)
    assert len(split_columns([right, heading], 18)) == 1


def test_signs_in_the_margin_of_a_page_without_prose() -> None:
    page = Page()
    for row in range(20):
        page.line(f"word {row}", LEFT + 60, 100 + row * PITCH)
    for row in (2, 9, 16):
        page.line("x", LEFT - 40, 100 + row * PITCH)
    assert ElementType.TABLE not in types(page.compose())


def test_a_gap_at_one_height_below_a_long_abstract() -> None:
    page = Page()
    page.paragraph(LEFT, 100, FULL, prose(130, 9))
    for place, left in enumerate((LEFT, RIGHT_COLUMN)):
        page.paragraph(left, 450, COLUMN, prose(60, 4 * place + 1))
        page.paragraph(left, 800, COLUMN, prose(60, 4 * place + 2))
    assert texts(page.compose())[1:] == [joined(60, seed) for seed in (1, 2, 5, 6)]


def test_a_figure_that_reaches_into_the_gutter_above_a_gap_at_one_height() -> None:
    page = Page()
    page.region(LayoutLabel.FIGURE, LEFT - 10, 150, RIGHT_COLUMN + 8, 400)
    page.paragraph(RIGHT_COLUMN, 150, COLUMN, prose(56, 1))
    page.paragraph(LEFT, 430, COLUMN, prose(60, 2))
    page.paragraph(RIGHT_COLUMN, 430, COLUMN, prose(60, 3))
    assert texts(page.compose()) == ["", joined(60, 2), joined(56, 1), joined(60, 3)]
