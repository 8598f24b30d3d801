from typing import Any

import pytest

from paddleocr_vl_service.assembly.contents_pages import leave_contents_plain
from paddleocr_vl_service.assembly.flow import Pages
from paddleocr_vl_service.assembly.heading_promotion import promote_headings
from paddleocr_vl_service.assembly.headings import (
    level_headings,
    settle_title,
    take_items_from_headings,
)
from paddleocr_vl_service.models.document import Element, ElementType

from .pages import PROSE, make, page, text, types


def heading(content: str, size: float | None = 24.0, **facts: Any) -> Element:
    return make(ElementType.HEADING, content, 0, line_height=size, **facts)


def with_text(*elements: Element) -> Pages:
    """One page with paragraphs between the elements."""
    flow: list[Element] = []
    for element in elements:
        place = 100 + 100 * len(flow)
        box = (100, place, 900, place + int(element.line_height or 20))
        flow.append(Element(**{**vars(element), "bbox": box}))
        flow.append(text(PROSE * 3, place + 50, lines=3))
    return (page(1, *flow),)


def levels(*headings: Element) -> list[int | None]:
    return [
        each.level
        for each in level_headings(with_text(*headings))[0].elements
        if each.type is ElementType.HEADING
    ]


def test_levels_follow_the_numbers_whatever_the_size() -> None:
    assert levels(heading("1 A"), heading("1.1 B"), heading("1.1.1 C"), heading("2 D")) == [
        1,
        2,
        3,
        1,
    ]


def test_levels_have_no_gaps() -> None:
    assert levels(heading("2.3 A"), heading("2.3.1 B"), heading("2.3.1.1 C")) == [1, 2, 3]


def test_chapters_stand_above_sections_and_carry_their_names() -> None:
    assert levels(
        heading("Kapitel 1", 40.0),
        heading("Der Anfang", 50.0),
        heading("1.1 Erstens", 30.0),
        heading("Kapitel 2", 40.0),
    )[0::2] == [1, 2]
    pages = (page(1, heading("Chapter 1", 40.0), heading("Begin", 50.0), heading("1.1 One", 30.0)),)
    assert [each.level for each in level_headings(pages)[0].elements] == [1, 1, 2]


def test_romans_letters_and_numbers_in_this_order() -> None:
    assert levels(
        heading("I. INTRODUCTION"),
        heading("A. Methods"),
        heading("1. Samples"),
        heading("B. Results"),
        heading("II. END"),
        heading("2. More"),
    ) == [1, 2, 3, 2, 1, 3]


def test_headings_without_a_number_have_the_level_of_their_size() -> None:
    assert levels(
        heading("Abstract", 30.0),
        heading("1 One", 30.5),
        heading("1.1 Two", 24.0),
        heading("End", 24.5),
    ) == [1, 1, 2, 2]


def test_authors_below_a_title_are_no_level_above_the_sections() -> None:
    assert levels(heading("Ann Ahn", 38.0), heading("Bo Berg", 38.0), heading("1 One", 30.0)) == [
        1,
        1,
        1,
    ]


def test_chapters_without_a_number_are_a_level_above_numbered_sections() -> None:
    assert levels(
        heading("Trees", 40.0),
        heading("1 One", 30.0),
        heading("Stones", 40.0),
        heading("1 One", 30.0),
    ) == [1, 2, 1, 2]


def test_without_numbers_size_and_then_weight_decide() -> None:
    assert levels(
        heading("A", 40.0), heading("B", 24.0, bold=True), heading("C", 24.0), heading("D", 39.0)
    ) == [1, 2, 3, 1]


def test_where_nothing_is_known_all_are_of_one_level() -> None:
    assert levels(heading("A", None), heading("B", None)) == [1, 1]
    assert levels(heading("1 A", None), heading("1.1 B", None), heading("C", None)) == [1, 2, 1]


def test_there_is_one_title_the_largest() -> None:
    first = make(ElementType.TITLE, "A subtitle", 100, line_height=30.0)
    second = make(ElementType.TITLE, "The title", 200, line_height=60.0)
    late = make(ElementType.TITLE, "Something later", 100, line_height=90.0)
    pages = (page(1, first, second, text(PROSE, 300)), page(5, late))
    assert types(settle_title(pages)) == [["heading", "title", "text"], ["heading"]]


def test_a_numbered_title_among_numbered_headings_is_a_heading() -> None:
    pages = (
        page(
            1, make(ElementType.TITLE, "1 Introduction", 100), text(PROSE, 200), heading("2 Next")
        ),
    )
    assert types(settle_title(pages)) == [["heading", "text", "heading"]]


def test_a_first_heading_far_larger_than_all_others_is_the_title() -> None:
    pages = with_text(heading("Of Things", 48.0), heading("1 One", 26.0))
    assert types(settle_title(pages))[0][0] == "title"
    near = with_text(heading("Of Things", 28.0), heading("1 One", 26.0))
    assert types(settle_title(near))[0][0] == "heading"


def test_text_that_fills_a_gap_in_the_numbers_is_a_heading() -> None:
    pages = with_text(
        heading("2 Methods"), text("3 Results", 0, line_height=24.0), heading("4 End")
    )
    assert types(promote_headings(pages)) == [["heading", "text"] * 3]


def test_capitals_with_rising_numbers_are_headings_where_text_lies_between() -> None:
    lone = [make(ElementType.LIST, each, 0) for each in ("1. CAUSES", "2. EFFECTS", "3. REMEDIES")]
    assert types(promote_headings(with_text(*lone))) == [["heading", "text"] * 3]
    together = (page(1, *lone),)
    assert promote_headings(together) == together


@pytest.mark.parametrize(
    "line",
    [
        text("3 Results are given in what follows.", 0, line_height=24.0),
        text("3 Results", 0, line_height=16.0),
        text("5 Results", 0, line_height=24.0),
        text("3 results", 0),
        make(ElementType.LIST, "3. One\n4. Two", 0, line_height=24.0),
    ],
)
def test_other_numbered_text_stays_text(line: Element) -> None:
    pages = with_text(heading("2 Methods"), line, heading("4 End"))
    assert promote_headings(pages) == pages


def test_a_line_set_like_several_headings_is_one() -> None:
    abstract = text("ABSTRACT", 0, line_height=24.0)
    pages = with_text(abstract, heading("1 One"), heading("2 Two"))
    assert types(promote_headings(pages))[0][0] == "heading"
    few = with_text(abstract, heading("1 One"))
    assert promote_headings(few) == few


def test_plain_items_between_paragraphs_stay() -> None:
    items = [make(ElementType.LIST, each, 0) for each in ("1. Why", "2. How", "3. What")]
    pages = with_text(*items)
    assert promote_headings(pages) == pages


def test_a_numbered_line_smaller_than_the_headings_below_it_is_an_item() -> None:
    pages = with_text(
        heading("1 One", 40.0), heading("1.1 Sub", 30.0), heading("2. Press the key", 20.0)
    )
    assert types(take_items_from_headings(pages)) == [
        ["heading", "text", "heading", "text", "list", "text"]
    ]


def test_entries_of_a_table_of_contents_are_no_headings() -> None:
    entries = [
        heading("Contents", 40.0),
        heading("1 Why . . . . . . . . 3", 24.0),
        text("1.1 What . . . . . . . . . . 3 1.2 How . . . . . . . . . . . . 4", 300),
        heading("2 Whence", 24.0),
        text("2.1 Here . . . . . . . . . . 7 2.2 There . . . . . . . . . . . 9", 400),
    ]
    (result,) = types(leave_contents_plain((page(2, *entries),)))
    assert result == ["heading", "text", "text", "text", "text"]
    prose = with_text(heading("1 Why"), heading("2 How"))
    assert leave_contents_plain(prose) == prose
