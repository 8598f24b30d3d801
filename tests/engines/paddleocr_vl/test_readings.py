"""Loops are read once more in another way, and cut where that does not help."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from paddleocr_vl_service.engines.paddleocr_vl.readings import Reading, WatchedRecogniser
from paddleocr_vl_service.engines.paddleocr_vl.token_probabilities import Answer

LOOP = "He said so again and again. " * 50
CUT = "He said so again and again. "
OPTIONS = {"min_pixels": 1_000, "max_pixels": 100_000}


class Recogniser:
    """Says what it is told to, one text a region, and notes what it was asked."""

    name = "upstream's"

    def __init__(self, *texts: str | None) -> None:
        self.texts = list(texts)
        self.calls: list[tuple[int, dict[str, Any]]] = []

    def predict(self, items: Sequence[Mapping[str, Any]], **options: Any) -> Iterable[Any]:
        self.calls.append((len(items), options))
        for _ in items:
            yield {"result": self.texts.pop(0)}


def region(width: int = 200, height: int = 100) -> dict[str, Any]:
    return {"image": np.zeros((height, width, 3), np.uint8), "query": "OCR:"}


def read(watched: WatchedRecogniser, *items: Mapping[str, Any], **options: Any) -> list[Any]:
    return list(watched.predict(items, **{**OPTIONS, **options}))


def test_a_page_without_loops_is_read_in_one_call() -> None:
    upstream = Recogniser("one", "two", None)
    found = read(WatchedRecogniser(upstream, on_server=False), region(), region(), region())
    assert [each["result"] for each in found] == ["one", "two", ""]
    assert [each["reading"] for each in found] == [Reading()] * 3
    assert len(upstream.calls) == 1


def test_a_loop_is_read_again_at_another_size_and_nothing_else_is() -> None:
    upstream = Recogniser("one", LOOP, "read well this time")
    found = read(WatchedRecogniser(upstream, on_server=False), region(), region())
    assert [each["result"] for each in found] == ["one", "read well this time"]
    assert not any(each["reading"].truncated for each in found)
    (_, first), (count, second) = upstream.calls
    assert count == 1
    assert first == OPTIONS
    assert second == {"min_pixels": 1_000, "max_pixels": 14_000}


def test_a_small_region_is_read_again_larger() -> None:
    upstream = Recogniser(LOOP, "well")
    read(WatchedRecogniser(upstream, on_server=False), region(40, 30))
    assert upstream.calls[1][1] == {"min_pixels": 1_714, "max_pixels": 100_000}


def test_a_second_loop_is_cut_and_says_so() -> None:
    upstream = Recogniser(LOOP, "other words " * 50)
    (found,) = read(WatchedRecogniser(upstream, on_server=False), region())
    assert found["result"] == CUT
    assert found["reading"] == Reading(None, truncated=True)
    assert len(upstream.calls) == 2


@pytest.mark.parametrize(
    ("asked", "again"),
    [
        ({}, {"temperature": 0.3, "repetition_penalty": 1.05}),
        (
            {"temperature": 0.9, "repetition_penalty": 1.2},
            {"temperature": 1.0, "repetition_penalty": 1.2},
        ),
    ],
)
def test_a_server_is_asked_again_with_other_sampling(
    asked: dict[str, float], again: dict[str, float]
) -> None:
    upstream = Recogniser(LOOP, "well")
    answers = [[Answer(LOOP, 0.9, unfinished=True)], [Answer("well", 0.8, unfinished=False)]]
    watched = WatchedRecogniser(upstream, on_server=True, answers=lambda: answers.pop(0))
    (found,) = read(watched, region(), **asked)
    assert (found["result"], found["reading"]) == ("well", Reading(0.8))
    assert upstream.calls[1][1] == {**OPTIONS, **again}


def test_a_long_text_that_was_stopped_is_truncated_and_not_read_again() -> None:
    text = " ".join(f"word{number}" for number in range(300))
    upstream = Recogniser(text)
    answers = [Answer(text, 0.97, unfinished=True)]
    watched = WatchedRecogniser(upstream, on_server=True, answers=lambda: answers)
    (found,) = read(watched, region())
    assert (found["result"], found["reading"]) == (text, Reading(0.97, truncated=True))
    assert len(upstream.calls) == 1


def test_everything_else_is_upstreams() -> None:
    assert WatchedRecogniser(Recogniser(), on_server=False).name == "upstream's"
