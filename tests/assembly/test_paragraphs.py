from typing import Any

import pytest

from paddleocr_vl_service.assembly.flow import Pages
from paddleocr_vl_service.assembly.paragraphs import join_paragraphs
from paddleocr_vl_service.models.document import Element, ElementType, Region, TextSource

from .pages import make, page, text, texts

BoxedText = tuple[str, tuple[int, int, int, int]]

START = "It begins here and has many words that fill the lines up to the very"
END = "end of the sentence, which is here. And there is more."


def over_page(first: Element, second: Element, *, number: int = 2) -> Pages:
    return (page(1, first), page(number, second))


def low(content: str = START, **facts: Any) -> Element:
    return text(content, 1200, lines=4, **facts)


def high(content: str = END, **facts: Any) -> Element:
    return text(content, 100, lines=4, **facts)


def test_a_paragraph_goes_on_on_the_next_page() -> None:
    first = low(recognition_confidence=0.9, text_source=TextSource.OCR)
    second = high(recognition_confidence=0.5, text_source=TextSource.OCR)
    result = join_paragraphs(over_page(first, second))
    assert texts(result) == [[f"{START} {END}"], []]
    whole = result[0].elements[0]
    assert whole.regions == (Region(1, first.bbox), Region(2, second.bbox))
    assert (whole.page, whole.bbox, whole.order) == (1, first.bbox, 0)
    expected = (0.9 * len(START) + 0.5 * len(END)) / (len(START) + len(END))
    assert whole.recognition_confidence == pytest.approx(expected)


@pytest.mark.parametrize(
    ("before", "after", "joined"),
    [
        ("the whole para-", "graph ends.", "the whole paragraph ends."),
        ("这是一个很长的", "句子。", "这是一个很长的句子。"),
        ("Personne", "n’avait vu cela.", "Personne n’avait vu cela."),
        ("as was said by Miller,", "Smith and others.", "as was said by Miller, Smith and others."),
        ("wegen der großen", "Bedeutung des Worts.", "wegen der großen Bedeutung des Worts."),
    ],
)
def test_how_the_text_is_joined(before: str, after: str, joined: str) -> None:
    assert texts(join_paragraphs(over_page(low(before), high(after)))) == [[joined], []]


def test_over_three_pages_and_past_what_stands_between() -> None:
    pages = (
        page(1, low(), make(ElementType.FOOTNOTE, "1 A note.", 1320)),
        page(2, make(ElementType.TABLE, "table", 90), text("of every", 160, lines=48)),
        page(3, make(ElementType.IMAGE, "", 90), high()),
    )
    result = join_paragraphs(pages)
    assert texts(result) == [[f"{START} of every {END}", "1 A note."], ["table"], [""]]
    assert [part.page for part in result[0].elements[0].regions] == [1, 2, 3]
    assert [[each.order for each in one.elements] for one in result] == [[0, 1], [0], [0]]


def columns(second: BoxedText = ("of two.", (520, 100, 900, 300))) -> Pages:
    left = text("In the first column it goes on until the end", 900, box=(100, 900, 480, 1300))
    content, box = second
    return (page(1, left, text(content, box[1], box=box)),)


def test_a_paragraph_goes_on_in_the_next_column() -> None:
    assert texts(join_paragraphs(columns())) == [
        ["In the first column it goes on until the end of two."]
    ]


def test_a_paragraph_goes_on_below_a_picture() -> None:
    pages = (
        page(
            1,
            text(START, 100, lines=4),
            make(ElementType.IMAGE, "", 220, lines=8),
            make(ElementType.CAPTION, "Figure 1: It", 430),
            text(END, 480, lines=4),
        ),
    )
    assert texts(join_paragraphs(pages)) == [[f"{START} {END}", "", "Figure 1: It"]]


def test_an_item_of_a_list_goes_on() -> None:
    items = make(ElementType.LIST, "• one\n  • two begins at", 1200, lines=4)
    result = join_paragraphs(over_page(items, high("the end of the page.")))
    assert texts(result) == [["• one\n  • two begins at the end of the page."], []]
    more = make(ElementType.LIST, "the end.\n• three", 100, lines=4)
    assert texts(join_paragraphs(over_page(items, more))) == [
        ["• one\n  • two begins at the end.\n• three"],
        [],
    ]


def test_a_word_that_was_cut_is_mended_in_the_middle_of_a_page() -> None:
    pages = (page(1, text("combinations, in-", 100, lines=3), text("clude:", 180)),)
    assert texts(join_paragraphs(pages)) == [["combinations, include:"]]


def unchanged(pages: Pages) -> None:
    assert join_paragraphs(pages) == pages


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (low("It ends here."), high("and this does not belong to it")),
        (low("The following:"), high("one and two")),
        (low("这是一个句子。"), high("另一个句子。")),
        (low(), high("• an item")),
        (low(), high("3. an item")),
        (low(), high("Figure 3: something")),
        (low(), make(ElementType.HEADING, "end of it", 100)),
        (low(), high(line_height=16.0)),
        (low(), high(bold=True)),
        (low("See https://example.org/x"), high("The next paragraph begins.")),
        (text(START, 1200), high("The next paragraph begins.")),
        (low("A sum of 5"), high("apples")),
        (low(), high("𝑥 = 5")),
        (low(), text(END, 100, box=(100, 100, 300, 200))),
        (text(START, 300, lines=4), high()),
        (low(), text(END, 1000, lines=4)),
        (make(ElementType.CAPTION, "Figure 1: of", 1300), high()),
    ],
)
def test_what_does_not_go_on(first: Element, second: Element) -> None:
    unchanged(over_page(first, second))


def test_nothing_is_joined_over_a_missing_page() -> None:
    unchanged(over_page(low(), high(), number=3))
    unchanged(tuple(reversed(over_page(high(), low()))))


@pytest.mark.parametrize(
    "second",
    [
        # At the left of the first, or level with it, or much narrower.
        ("of two.", (0, 100, 90, 300)),
        ("of two.", (520, 1250, 900, 1300)),
        ("of two.", (520, 100, 640, 300)),
    ],
)
def test_no_column_where_geometry_says_otherwise(second: BoxedText) -> None:
    unchanged(columns(second))


def test_two_paragraphs_below_each_other_stay_two() -> None:
    unchanged((page(1, text(START, 100, lines=4), text(END, 205, lines=4)),))
