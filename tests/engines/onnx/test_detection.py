from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from paddleocr_vl_service.engines.onnx.detection import TextDetector, input_size, text_rectangles
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
