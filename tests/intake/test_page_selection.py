import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paddleocr_vl_service.intake.page_selection import MAX_LENGTH, parse_pages, select_pages
from paddleocr_vl_service.models.document import PageSelection
from paddleocr_vl_service.models.errors import (
    DocumentTooManyPages,
    OptionInvalid,
    PageRangeOutside,
)


@pytest.mark.parametrize(
    ("text", "ranges"),
    [
        ("1", ((1, 1),)),
        ("1-3,8", ((1, 3), (8, 8))),
        ("8,1-3", ((8, 8), (1, 3))),
        ("5-", ((5, None),)),
        (" 1 - 3 , 8 ", ((1, 3), (8, 8))),
        ("007", ((7, 7),)),
        ("2-2", ((2, 2),)),
        ("999999999", ((999999999, 999999999),)),
    ],
)
def test_parses(text: str, ranges: tuple[tuple[int, int | None], ...]) -> None:
    assert parse_pages(text) == PageSelection(ranges)


@pytest.mark.parametrize("text", ["", "  ", "\t"])
def test_blank_is_all_pages(text: str) -> None:
    assert parse_pages(text) is None


@pytest.mark.parametrize(
    "text",
    [
        *("0", "-3", "1,", ",1", "1,,2", "a", "1.5", "1-2-3", "3-1", "1 2", "+1", "1;2"),
        *("١", "²", "all", "0-5", "-", "1--2", "1-0", "1_000", "1\n2", "None"),
        *("9999999999", "1-999999999999"),
    ],
)
def test_refuses(text: str) -> None:
    with pytest.raises(OptionInvalid) as caught:
        parse_pages(text)
    assert caught.value.field == "pages"
    assert caught.value.detail.endswith(".")


def test_refuses_what_is_too_long() -> None:
    assert parse_pages(",".join(["1"] * (MAX_LENGTH // 2))) is not None
    with pytest.raises(OptionInvalid, match=f"at most {MAX_LENGTH} characters"):
        parse_pages("1" * (MAX_LENGTH + 1))


@given(st.text("0123456789-, a", max_size=30))
def test_parses_or_refuses_anything(text: str) -> None:
    try:
        selection = parse_pages(text)
    except OptionInvalid:
        return
    assert selection is None or all(
        first >= 1 and (last is None or last >= first) for first, last in selection.ranges
    )


def selected(text: str, page_count: int = 10, max_pages: int = 100) -> list[int]:
    return select_pages(parse_pages(text), page_count, max_pages)


def test_selects_in_the_order_asked_for_and_each_page_once() -> None:
    assert selected("8,1-3") == [8, 1, 2, 3]
    assert selected("2-4,3-6,2") == [2, 3, 4, 5, 6]
    assert selected("9-") == [9, 10]
    assert selected("10-") == [10]
    assert selected("", page_count=3) == [1, 2, 3]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("11", "Page 11 was asked for, but the document has 10 pages."),
        ("1-11", "Page 11 was asked for, but the document has 10 pages."),
        ("11-", "Page 11 was asked for, but the document has 10 pages."),
        ("1,1-999999999", "Page 999999999 was asked for, but the document has 10 pages."),
    ],
)
def test_outside_of_the_document(text: str, sentence: str) -> None:
    with pytest.raises(PageRangeOutside) as caught:
        selected(text)
    assert caught.value.detail == sentence


def test_says_one_page() -> None:
    with pytest.raises(PageRangeOutside, match=r"has 1 page\.$"):
        selected("2", page_count=1)


def test_the_limit_counts_what_was_selected() -> None:
    assert selected("5-7,5-7", page_count=10_000, max_pages=3) == [5, 6, 7]
    with pytest.raises(DocumentTooManyPages) as caught:
        selected("1-4", page_count=10_000, max_pages=3)
    assert caught.value.detail == (
        "Too many pages were asked for; at most 3 pages can be read at once."
    )
    with pytest.raises(DocumentTooManyPages) as caught:
        selected("", page_count=10_000, max_pages=3)
    assert caught.value.detail == (
        "The document has 10000 pages; at most 3 pages can be read at once."
    )


def test_absurd_ranges_cost_nothing() -> None:
    began = time.perf_counter()
    with pytest.raises(DocumentTooManyPages):
        selected(",".join(["1-2000"] * 120 + ["1-900000000"]), 999_999_999, 2000)
    assert time.perf_counter() - began < 1
