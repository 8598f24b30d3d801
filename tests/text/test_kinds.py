from __future__ import annotations

import pytest

from paddleocr_vl_service.text import kinds


@pytest.mark.parametrize(
    "text", ["12", "– 7 –", "xiv", "Page 3 of 12", "33 / 244", "第 5 页", "Seite 4"]
)
def test_page_numbers(text: str) -> None:
    assert kinds.is_page_number(text)


@pytest.mark.parametrize("text", ["12 apples", "Page", "1.5 kg", "Chapter 3", "12345"])
def test_no_page_numbers(text: str) -> None:
    assert not kinds.is_page_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "Figure 1: A",
        "Fig. 2. B",
        "TABLE III. C",
        "Table 4",
        "Abbildung 3: D",
        "图 2 系统",
        "表1：数据",
    ],
)
def test_captions(text: str) -> None:
    assert kinds.starts_like_caption(text)


@pytest.mark.parametrize(
    "text",
    [
        "Figures are",
        "Tables I, II and III show",
        "Figs. 2 and 3",
        "The table",
        "Table manners",
        "图书馆",
    ],
)
def test_no_captions(text: str) -> None:
    assert not kinds.starts_like_caption(text)


@pytest.mark.parametrize("text", ["•", "-", "1.", "(a)", "3.2", "4.5.4", "①", "iv."])
def test_markers_alone(text: str) -> None:
    assert kinds.is_marker(text)


@pytest.mark.parametrize("text", ["word", "12%", "Fig.", "2008 was"])
def test_no_markers(text: str) -> None:
    assert not kinds.is_marker(text)


@pytest.mark.parametrize("text", ["• one", "– two words", "1. three", "(a) four", "①六"])
def test_list_items(text: str) -> None:
    assert kinds.is_list_item(text)


@pytest.mark.parametrize("text", ["-ing forms", "1.5 kg", "plain", "etc. and so on"])
def test_no_list_items(text: str) -> None:
    assert not kinds.is_list_item(text)


@pytest.mark.parametrize(
    ("marker", "following", "follows"),
    [
        ("1.", "2.", True),
        ("1.", "4.", True),
        ("2.", "1.", False),
        ("1.", "9.", False),
        ("a)", "b)", True),
        ("I.", "II.", True),
        ("I.", "A.", False),
        ("iv.", "v.", True),
        ("①", "②", True),
        ("1.", "b)", False),
    ],
)
def test_markers_that_follow_each_other(marker: str, following: str, follows: bool) -> None:
    assert kinds.numbers_follow(marker, following) is follows


@pytest.mark.parametrize("text", ["E = mc2 (4)", "x + y", "0 < max w = 0", "sinh x"])
def test_formulas_are_no_prose(text: str) -> None:
    assert not kinds.reads_like_prose(text)


@pytest.mark.parametrize(
    "text", ["By Exercise 5.17, u(x) = 0", "12. Proof. Given u", "因此 x = 1 成立", "Hence u"]
)
def test_sentences_with_formulas_are_prose(text: str) -> None:
    assert kinds.reads_like_prose(text)
