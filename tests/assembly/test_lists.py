import pytest

from paddleocr_vl_service.assembly.lists import join_lists
from paddleocr_vl_service.models.document import Element, ElementType

from .pages import make, page, text, texts


def items(content: str, top: int, *, left: int = 120) -> Element:
    height = 25 * (content.count("\n") + 1) - 5
    return make(ElementType.LIST, content, top, box=(left, top, 900, top + height))


def test_neighbours_whose_numbers_go_on_are_one_list() -> None:
    pages = (page(1, items("1. a\n2. b", 100), items("3. c", 160)),)
    assert texts(join_lists(pages)) == [["1. a\n2. b\n3. c"]]


def test_a_list_goes_on_on_the_next_page() -> None:
    result = join_lists((page(1, items("• a", 1300)), page(2, items("• b\n• c", 100))))
    assert texts(result) == [["• a\n• b\n• c"], []]
    assert [part.page for part in result[0].elements[0].regions] == [1, 2]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (items("1. a\n2. b", 100), items("1. c", 160)),
        (items("1. a", 100), items("(2) b", 130)),
        (items("1. a", 100), items("• b", 130)),
        (items("• a", 100), items("- b", 130)),
        (items("• a", 100), items("• b", 130, left=180)),
        (items("• a", 100), items("• b", 300)),
        (items("• a", 100), text("b", 130)),
    ],
)
def test_lists_of_their_own_stay(first: Element, second: Element) -> None:
    pages = (page(1, first, second),)
    assert join_lists(pages) == pages


def test_a_paragraph_or_a_missing_page_ends_a_list() -> None:
    pages = (page(1, items("1. a", 100), text("prose", 130), items("2. b", 160)),)
    assert join_lists(pages) == pages
    apart = (page(1, items("1. a", 1300)), page(3, items("2. b", 100)))
    assert join_lists(apart) == apart
