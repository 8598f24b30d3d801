"""Loops of the model are found, and what a document itself repeats is left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paddleocr_vl_service.engines.paddleocr_vl.repetition import repetition_start

SENTENCE = "The goods left our warehouse on the 16th. "


def cut(text: str, *, unfinished: bool = False) -> str | None:
    start = repetition_start(text, unfinished=unfinished)
    return None if start is None else text[:start]


def test_a_loop_is_cut_behind_its_first_turn() -> None:
    assert cut("Dear Sir: " + SENTENCE * 40) == "Dear Sir: " + SENTENCE.rstrip()


def test_a_loop_that_was_stopped_within_a_turn() -> None:
    assert cut(SENTENCE * 12 + SENTENCE[:17], unfinished=True) == SENTENCE


def test_a_loop_of_cells() -> None:
    looping = "<fcel>Item<fcel>Price<nl>" + "<fcel>12<fcel>13<nl>" * 90
    assert cut(looping, unfinished=True) == "<fcel>Item<fcel>Price<nl><fcel>12<fcel>13"


def test_a_loop_of_one_letter() -> None:
    assert cut("b" + "a" * 400) == "ba"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "No, no, no, no, no!",
        "Chapter one " + "." * 200 + " 17",
        "Name: " + "_" * 300,
        "<table><tr>" + "<td></td>" * 60 + "</tr></table>",
        "<fcel>Total<fcel>" + "<ecel>" * 40 + "<nl>",
        "ha ha ha ha ha ha",
        "0 1 0 1 0 1 0 1",
        SENTENCE * 2,
    ],
    ids=lambda text: text[:12] or "empty",
)
def test_what_documents_repeat_is_no_loop(text: str) -> None:
    assert cut(text) is None


def test_a_refrain_within_a_text_is_no_loop() -> None:
    verses = [f"Verse {number} of the song tells another story. " for number in range(30)]
    assert cut("".join(verse + "Hey ho! Hey ho! Hey ho! " for verse in verses)) is None


def test_empty_cells_without_end_are_one_where_the_model_was_stopped() -> None:
    assert cut("<fcel>Total" + "<ecel>" * 60, unfinished=True) == "<fcel>Total<ecel>"
    assert cut("<fcel>Total" + "<ecel>" * 400) == "<fcel>Total<ecel>"


@given(st.text(max_size=400), st.booleans())
def test_any_text_keeps_its_beginning(text: str, unfinished: bool) -> None:
    start = repetition_start(text, unfinished=unfinished)
    assert start is None or 0 < start < len(text)
