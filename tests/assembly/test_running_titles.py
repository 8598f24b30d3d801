from paddleocr_vl_service.assembly.flow import Pages
from paddleocr_vl_service.assembly.running_titles import set_running_titles_apart
from paddleocr_vl_service.models.document import Element, ElementType

from .pages import PROSE, make, page, text, types

WORDS = ["Oaks", "Pebbles", "Harbour", "Quince", "Velvet", "Minutes", "Algebra", "Yonder", "Zinc"]


def titled(titles: list[str], top: int = 60, **facts: object) -> Pages:
    """Pages with a line above their text."""
    return tuple(
        page(number, text(title, top, **facts), text(PROSE, 220, lines=30))
        for number, title in enumerate(titles, start=1)
    )


def kinds(pages: Pages) -> list[str]:
    """What became of the first text of each page: the only one that moves."""
    return [
        "moved" if each.elements[0].text == PROSE else each.elements[0].type.value for each in pages
    ]


def test_what_repeats_above_the_text_becomes_a_header() -> None:
    result = set_running_titles_apart(titled(["A Book of Things"] * 3))
    assert types(result) == [["text", "header"]] * 3
    assert [[each.order for each in one.elements] for one in result] == [[0, None]] * 3


def test_numbers_in_it_may_change_and_ocr_may_err() -> None:
    titles = ["12 Chapter IV. On Things", "13 Chapter IV. On Thlngs", "14 Chapter V. On Things"]
    assert kinds(set_running_titles_apart(titled(titles))) == ["moved"] * 3


def test_left_and_right_pages_have_titles_of_their_own() -> None:
    pages = tuple(
        page(
            number,
            text("The Author", 60, box=(100, 60, 220, 80))
            if number % 2
            else text("The Book", 60, box=(790, 60, 900, 80)),
            text(PROSE, 220, lines=30),
        )
        for number in range(1, 8)
    )
    assert kinds(set_running_titles_apart(pages)) == ["moved"] * 7


def test_titles_that_change_with_the_chapter_stand_where_others_do() -> None:
    titles = ["Of Trees"] * 4 + ["Of Stones"] + ["Of Rivers"] * 4
    assert kinds(set_running_titles_apart(titled(titles))) == ["moved"] * 9


def test_what_repeats_below_the_text_becomes_a_footer() -> None:
    pages = tuple(
        page(number, text(PROSE, 220, lines=30), text("Confidential", 1340)) for number in (1, 2, 3)
    )
    assert types(set_running_titles_apart(pages)) == [["text", "footer"]] * 3


def test_two_pages_are_enough_where_one_of_them_was_called_a_header() -> None:
    header = make(ElementType.HEADER, "A Book of Things", 60)
    body = text(PROSE, 220, lines=30)
    pages = (
        page(1, body, header),
        page(2, text("A Book of Things", 60), body),
        *(page(number, body) for number in (3, 4, 5, 6)),
    )
    assert types(set_running_titles_apart(pages))[1] == ["text", "header"]


def unchanged(pages: Pages) -> None:
    assert set_running_titles_apart(pages) == pages


def test_a_heading_that_merely_occurs_twice_stays() -> None:
    unchanged(titled(["Exercises", "Of Trees", "Exercises", "Of Stones", "Of Rivers"]))


def test_what_repeats_far_apart_stays() -> None:
    unchanged(titled(["Exercises", *WORDS[:5], "Exercises", *WORDS[5:], "Exercises"]))


def test_what_stands_close_to_the_text_stays() -> None:
    unchanged(
        tuple(page(n, text("Name", 150), text(PROSE, 180, lines=30)) for n in range(1, 5)),
    )


def test_what_repeats_inside_the_text_stays() -> None:
    unchanged(
        tuple(
            page(n, text(PROSE * 3, 40, lines=3), text("Name", 140), text(PROSE, 220, lines=9))
            for n in (1, 2, 3, 4)
        )
    )


def test_large_headings_that_repeat_on_some_pages_stay() -> None:
    pages = titled(["Exercises"] * 3 + WORDS, line_height=30.0)
    assert kinds(set_running_titles_apart(pages))[:3] == ["text"] * 3


def test_a_heading_somewhere_else_on_each_page_stays() -> None:
    unchanged(
        tuple(
            page(n, text("Exercises", top), text(PROSE, 260, lines=9))
            for n, top in ((1, 30), (2, 90), (3, 150))
        )
    )


def numbered(values: list[str]) -> Pages:
    def number(value: str) -> Element:
        return text(value, 1340, box=(490, 1340, 510, 1360))

    return tuple(
        page(n, text(PROSE, 220, lines=30), number(value)) for n, value in enumerate(values, 1)
    )


def test_numbers_that_rise_with_the_pages_are_page_numbers() -> None:
    for values in (["7", "8", "9"], ["- iv -", "- v -", "- vi -"], ["Page 1 of 3", "2 / 3", "3"]):
        result = set_running_titles_apart(numbered(values))
        assert types(result) == [["text", "page_number"]] * 3


def test_numbers_that_do_not_rise_are_text() -> None:
    unchanged(numbered(["7", "3", "12", "5"]))


def test_pages_that_were_selected_count_by_their_own_number() -> None:
    one, two, _ = numbered(["11", "12", "13"])
    body = text(PROSE, 220, lines=30)
    chosen = (one, page(2, body, two.elements[1]), page(7, body, text("17", 1340)))
    result = set_running_titles_apart(chosen)
    assert types(result)[2] == ["text", "page_number"]
