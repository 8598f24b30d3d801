from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from paddleocr_vl_service.engines.onnx.detection import (
    TextDetector,
    input_size,
    larger_size,
    text_rectangles,
)
from paddleocr_vl_service.engines.onnx.geometry import Rectangle
from paddleocr_vl_service.engines.onnx.model_files import model_path
from tests.support.rendering import MARGIN, PANGRAMS, text_page


@pytest.fixture(scope="module")
def detector() -> TextDetector:
    return TextDetector(model_path("text_detection"), threads=2)


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ((1240, 1754), (896, 1280)),
        ((1754, 1240), (1280, 896)),
        ((640, 320), (640, 320)),  # never enlarged
        ((100, 90), (96, 96)),
        ((5, 3), (32, 32)),
        ((2000, 2000), (1280, 1280)),
        ((600, 6000), (352, 3392)),  # a long page may be longer than 1280
        ((480, 28800), (320, 19200)),  # a strip is never too narrow to be read
    ],
)
def test_input_size(page: tuple[int, int], expected: tuple[int, int]) -> None:
    assert input_size(*page) == expected


def test_rectangle_is_grown_around_the_core_of_a_line() -> None:
    probabilities = np.zeros((64, 200), dtype=np.float32)
    probabilities[20:30, 40:160] = 0.9

    [rectangle] = text_rectangles(probabilities)

    margin = 120 * 10 * 1.6 / (2 * (120 + 10))
    assert (rectangle.center_x, rectangle.center_y) == pytest.approx((100, 25))
    assert rectangle.width == pytest.approx(120 + 2 * margin)
    assert rectangle.height == pytest.approx(10 + 2 * margin)


def test_specks_and_weak_regions_are_no_lines() -> None:
    probabilities = np.zeros((64, 200), dtype=np.float32)
    probabilities[10:12, 10:12] = 0.9
    probabilities[30:40, 20:100] = 0.4

    assert text_rectangles(probabilities) == []


def test_lines_of_a_page_are_found_where_they_are(detector: TextDetector) -> None:
    quads = detector.detect(text_page(PANGRAMS, font_size=28))

    assert len(quads) == len(PANGRAMS)
    for number, quad in enumerate(quads):
        baseline = MARGIN + number * 56
        assert quad[0] == pytest.approx((MARGIN, baseline), abs=16)
        assert quad[2][1] == pytest.approx(baseline + 34, abs=16)


@pytest.mark.parametrize("angle", [-8, 5, 20])
def test_tilted_lines_are_found_at_their_angle(detector: TextDetector, angle: float) -> None:
    page = text_page(PANGRAMS, font_size=28).rotate(-angle, fillcolor="white")

    quads = detector.detect(page)

    assert len(quads) == len(PANGRAMS)
    for (left, top), (right, right_top), _, _ in quads:
        slope = np.degrees(np.arctan2(right_top - top, right - left))
        assert slope == pytest.approx(angle, abs=1.5)


@pytest.mark.parametrize("size", [(1, 1), (700, 20), (500, 500)])
def test_blank_page_has_no_lines(detector: TextDetector, size: tuple[int, int]) -> None:
    assert detector.detect(Image.new("RGB", size, "white")) == []


def found(height: float) -> list[Rectangle]:
    probabilities = np.zeros((64, 200), dtype=np.float32)
    probabilities[20:30, 40:160] = 0.9
    [line] = text_rectangles(probabilities)
    return [line.grown((height - line.height) / 2)]


@pytest.mark.parametrize(
    ("page", "size", "height", "expected"),
    [
        ((1240, 1754), (896, 1280), 20, None),
        ((2480, 3508), (896, 1280), 9, (1792, 2560)),
        ((400, 600), (416, 608), 9, (800, 1216)),  # enlarged, but at most twice
        ((400, 600), (800, 1216), 9, None),
    ],
)
def test_a_page_of_small_lines_is_looked_at_again(
    page: tuple[int, int], size: tuple[int, int], height: float, expected: tuple[int, int] | None
) -> None:
    assert larger_size(page, size, found(height)) == expected


def test_a_page_without_lines_is_not_looked_at_again() -> None:
    assert larger_size((2480, 3508), (896, 1280), []) is None


def test_small_lines_of_a_large_page_are_found_whole(detector: TextDetector) -> None:
    """In tiles: a line that runs through several of them is one line."""
    page = Image.new("RGB", (3600, 2600), "white")
    text = text_page(PANGRAMS, font_size=13)
    for left in range(0, 3600 - text.width, text.width):
        for top in range(0, 2600 - text.height, text.height):
            page.paste(text, (left, top))
    copies = (3600 // text.width) * (2600 // text.height)

    quads = detector.detect(page)

    assert len(quads) == pytest.approx(copies * len(PANGRAMS), abs=2)
    heights = [quad[2][1] - quad[0][1] for quad in quads]
    assert max(heights) < 40
