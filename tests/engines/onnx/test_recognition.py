from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from paddleocr_vl_service.engines.onnx.crops import INPUT_HEIGHT
from paddleocr_vl_service.engines.onnx.recognition import TextRecognizer, decode
from tests.support.rendering import PANGRAMS, text_line

CHARACTERS = ("", "a", "b", " ")


def steps(*most_probable: tuple[int, float]) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Model output with one class above all others at every step."""
    probabilities = np.zeros((len(most_probable), len(CHARACTERS)), dtype=np.float32)
    for step, (index, probability) in enumerate(most_probable):
        probabilities[step] = (1 - probability) / (len(CHARACTERS) - 1)
        probabilities[step, index] = probability
    return probabilities


def prepared(text: str, *, style: str = "sans", font_size: int = 40) -> Image.Image:
    line = text_line(text, style=style, font_size=font_size)
    return line.resize((round(line.width * INPUT_HEIGHT / line.height), INPUT_HEIGHT))


def test_decode_merges_repetitions_and_drops_blanks() -> None:
    reading = decode(
        steps((0, 0.9), (1, 0.8), (1, 0.9), (0, 0.9), (1, 0.7), (2, 0.6), (3, 0.5)), CHARACTERS
    )

    assert reading.text == "aab "
    assert reading.probabilities == pytest.approx((0.8, 0.7, 0.6, 0.5))
    assert reading.score == pytest.approx(0.65)
    assert reading.positions == (12, 36, 44, 52)


def test_decode_of_blanks_is_nothing() -> None:
    reading = decode(steps((0, 0.9), (0, 0.8)), CHARACTERS)

    assert (reading.text, reading.score) == ("", 0)


def test_first_step_may_be_a_character() -> None:
    assert decode(steps((2, 0.9)), CHARACTERS).text == "b"


@pytest.mark.parametrize("style", ["sans", "serif"])
def test_rendered_lines_are_read(recognizer: TextRecognizer, style: str) -> None:
    readings = recognizer.read([prepared(text, style=style) for text in PANGRAMS])

    assert [reading.text for reading in readings] == list(PANGRAMS)
    assert all(reading.score > 0.95 for reading in readings)


def test_results_come_in_the_order_of_the_lines(recognizer: TextRecognizer) -> None:
    texts = ["a much longer line of text", "short", "not quite so long", "x2"]

    assert [reading.text for reading in recognizer.read([prepared(t) for t in texts])] == texts


def test_no_lines_no_readings(recognizer: TextRecognizer) -> None:
    assert recognizer.read([]) == []


def test_very_long_line_is_read(recognizer: TextRecognizer) -> None:
    text = " ".join(PANGRAMS[:4] * 2)

    [reading] = recognizer.read([prepared(text, font_size=24)])

    assert reading.text == text


def test_positions_follow_the_characters(recognizer: TextRecognizer) -> None:
    line = prepared("left" + " " * 30 + "right")

    [reading] = recognizer.read([line])

    assert list(reading.positions) == sorted(reading.positions)
    assert reading.positions[0] < 0.1 * line.width
    assert 0.9 * line.width < reading.positions[-1] <= line.width


def test_class_list_has_the_blank_first_and_the_space_last(recognizer: TextRecognizer) -> None:
    assert len(recognizer.characters) == 18_710
    assert (recognizer.characters[0], recognizer.characters[-1]) == ("", " ")
    assert all(len(character) == 1 for character in recognizer.characters[1:])


@pytest.mark.parametrize("text", ["文字识别服务", "日本語のテキストです"])
def test_chinese_and_japanese_are_read(recognizer: TextRecognizer, text: str) -> None:
    [reading] = recognizer.read([prepared(text, style="cjk")])

    assert reading.text == text
