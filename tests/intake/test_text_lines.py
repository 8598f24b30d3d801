import time
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paddleocr_vl_service.intake.text_lines import Glyph, gather

ADVANCE, HEIGHT = 6.0, 10.0


def word(text: str, x: float, y: float, *, space: bool = False, scale: float = 1) -> list[Glyph]:
    """Glyphs from left to right; `space` stands before the first."""
    advance, height = ADVANCE * scale, HEIGHT * scale
    return [
        Glyph(c, (x + i * advance, y, x + (i + 1) * advance, y + height), 0, space and i == 0)
        for i, c in enumerate(text)
    ]


def texts(glyphs: Sequence[Glyph | None]) -> list[str]:
    return [line.text for line in gather(glyphs)]


def test_a_line_is_its_characters() -> None:
    (line,) = gather([*word("two", 10, 20), *word("words", 34, 20, space=True)])
    assert line.text == "two words"
    assert line.box == (10, 20, 64, 30)


def test_words_are_what_the_line_says() -> None:
    (line,) = gather([*word("two", 10, 20), *word("words", 34, 20, space=True)])
    assert line.words == [("two", (10, 20, 28, 30)), ("words", (34, 20, 64, 30))]


def test_a_hole_is_a_space() -> None:
    assert texts([*word("一二", 0, 0), *word("三", 22, 0)]) == ["一二 三"]
    assert texts([*word("一二", 0, 0), *word("三", 16, 0)]) == ["一二三"]


def test_bold_lines() -> None:
    bold = [glyph._replace(bold=True) for glyph in word("bold", 0, 0)]
    assert gather(bold)[0].bold
    assert gather([*bold, *word("b", 24, 0)])[0].bold
    assert not gather([*bold, *word("lighter", 24, 0)])[0].bold


def test_breaks() -> None:
    glyphs = [*word("one", 0, 0), None, None, *word("two", 0, 30), None]
    assert texts(glyphs) == ["one", "two"]
    assert gather([]) == gather([None]) == []


def test_lower_text_is_another_line_even_without_a_break() -> None:
    assert texts([*word("one", 0, 0), *word("two", 20, 12)]) == ["one", "two"]
    assert texts([*word("below", 0, 40), *word("above", 0, 0)]) == ["below", "above"]


def test_cells_of_a_row_are_lines_of_their_own() -> None:
    glyphs = [*word("left", 0, 0), *word("right", 60, 0, space=True)]
    assert texts(glyphs) == ["left", "right"]


def test_a_jump_back_is_another_line() -> None:
    assert texts([*word("right", 200, 0), *word("left", 0, 0)]) == ["right", "left"]


def test_raised_marks_stay_in_their_line() -> None:
    mark = word("2", 24, -2, scale=0.6)
    assert texts([*word("text", 0, 0), *mark, *word("goes", 28, 0)]) == ["text2goes"]


def test_pieces_that_were_drawn_later_come_back() -> None:
    glyphs = [*word("The", 0, 0), None, *word("house.", 60, 0), None, *word("red", 24, 0)]
    assert texts([*glyphs, None]) == ["The red", "house."]
    glyphs = [*word("The", 0, 0), None, *word("house.", 48, 0), None, *word("red", 24, 0)]
    assert texts(glyphs) == ["The red house."]
    glyphs = [*word("foot", 0, 0), None, *word("note", 24, 0)]
    assert texts(glyphs) == ["footnote"]


def test_pieces_of_other_heights_or_lines_stay_apart() -> None:
    assert texts([*word("H", 0, 0, scale=3), None, *word("x", 20, 10)]) == ["H", "x"]
    assert texts([*word("a", 0, 0), None, *word("b", 8, 9)]) == ["a", "b"]


def test_order_is_that_of_the_first_piece() -> None:
    glyphs = [*word("second", 0, 50), None, *word("first", 0, 0), None, *word("!", 36, 50)]
    assert texts(glyphs) == ["second!", "first"]


def test_right_to_left_text_keeps_its_logical_order() -> None:
    letters = "שלום"
    glyphs = [Glyph(c, (90 - i * 6.0, 0, 96 - i * 6.0, 10)) for i, c in enumerate(letters)]
    assert texts([*glyphs, None, *word("x", 96, 0)]) == [letters, "x"]


@pytest.mark.parametrize("turn", range(4))
def test_turned_text(turn: int) -> None:
    """A line of text on a page that is turned with it, by quarter turns clockwise."""
    glyphs = []
    for glyph in [*word("two", 100, 20), *word("words", 124, 20, space=True)]:
        left, top, right, bottom = glyph.box
        for _ in range(turn):
            left, top, right, bottom = -bottom, left, -top, right
        glyphs.append(Glyph(glyph.text, (left, top, right, bottom), turn, glyph.after_space))
    (line,) = gather(glyphs)
    assert line.text == "two words"
    boxes = [glyph.box for glyph in glyphs]
    assert line.box == (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )


def test_text_of_another_direction_is_another_line() -> None:
    up = Glyph("u", (18, 0, 28, 6), 3)
    assert texts([*word("abc", 0, 0), up]) == ["abc", "u"]


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("co\xadop", "coop"),
        ("co\xad", "co-"),
        ("co-", "co-"),
        ("\xad", "-"),
    ],
)
def test_soft_hyphens(raw: str, text: str) -> None:
    assert texts([*word(raw, 0, 0)]) == [text]


FLOATS = st.floats(-1e6, 1e6) | st.sampled_from([0.0, 1.0, 1e30, -1e30])
GLYPHS = st.builds(
    Glyph,
    st.sampled_from("aש\xad-"),
    st.tuples(FLOATS, FLOATS, FLOATS, FLOATS),
    st.integers(0, 3),
    st.booleans(),
)


@given(st.lists(st.none() | GLYPHS, max_size=60))
def test_loses_and_invents_nothing(glyphs: list[Glyph | None]) -> None:
    lines = gather(glyphs)
    assert all(line.glyphs for line in lines)
    gathered = sorted(glyph.text for line in lines for glyph in line.glyphs)
    assert gathered == sorted(glyph.text for glyph in glyphs if glyph is not None)
    assert all(line.text == " ".join(text for text, _ in line.words) for line in lines)


@pytest.mark.parametrize("count", [1499, 20_000])
def test_many_pieces_above_each_other_cost_little_time(count: int) -> None:
    glyphs: list[Glyph | None] = []
    for number in range(count):
        glyphs += [Glyph("a", (0.0, 11.0 * number, 4.0, 11.0 * number + 10)), None]
    began = time.perf_counter()
    assert len(gather(glyphs)) == count
    assert time.perf_counter() - began < 10
