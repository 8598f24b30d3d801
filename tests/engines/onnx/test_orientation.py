from __future__ import annotations

from collections.abc import Callable

import pytest
from PIL import Image

from paddleocr_vl_service.engines.onnx.model_files import model_path
from paddleocr_vl_service.engines.onnx.orientation import (
    OrientationClassifier,
    choose_rotation,
    turn,
)
from tests.support.rendering import PANGRAMS, text_page


@pytest.fixture(scope="module")
def classifier() -> OrientationClassifier:
    return OrientationClassifier(model_path("page_orientation"), threads=2)


def reads(**scores: float) -> Callable[[int], float]:
    """Legibility of each rotation: ``r0=0.9, r90=0.2``."""
    return lambda rotation: scores[f"r{rotation}"]


def never_asked(rotation: int) -> float:
    raise AssertionError(rotation)


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_page_is_recognised_at_every_angle(classifier: OrientationClassifier, turned: int) -> None:
    page = turn(text_page(PANGRAMS * 3, style="serif"), turned)

    probabilities = classifier.classify(page)

    assert max(probabilities, key=lambda rotation: probabilities[rotation]) == -turned % 360
    assert probabilities[-turned % 360] > 0.85


@pytest.mark.parametrize("size", [(1, 1), (3000, 40), (40, 3000)])
def test_any_page_is_classified(classifier: OrientationClassifier, size: tuple[int, int]) -> None:
    assert sum(classifier.classify(Image.new("RGB", size)).values()) == pytest.approx(1, abs=1e-3)


def test_turn_is_clockwise() -> None:
    page = Image.new("RGB", (2, 1), "white")
    page.putpixel((0, 0), (255, 0, 0))

    assert turn(page, 0) is page
    assert turn(page, 90).getpixel((0, 0)) == (255, 0, 0)
    assert turn(page, 90).size == (1, 2)
    assert turn(page, 180).getpixel((1, 0)) == (255, 0, 0)
    assert turn(page, 270).getpixel((0, 1)) == (255, 0, 0)


def test_page_that_is_surely_upright_is_not_read() -> None:
    assert choose_rotation({0: 0.9, 90: 0.04, 180: 0.03, 270: 0.03}, never_asked) == 0


def test_possible_rotation_that_reads_better_is_chosen() -> None:
    assert choose_rotation({0: 0.3, 90: 0.1, 180: 0.6, 270: 0}, reads(r0=0.5, r180=0.97)) == 180


def test_best_of_several_is_chosen() -> None:
    legibility = reads(r0=0.4, r90=0.7, r270=0.95)

    assert choose_rotation({0: 0.1, 90: 0.5, 180: 0, 270: 0.4}, legibility) == 270


@pytest.mark.parametrize(
    ("upright", "turned"),
    [
        (0.9, 0.97),  # reads well as it is
        (0.2, 0.5),  # reads badly both ways
        (0.0, 0.0),  # nothing to read
    ],
)
def test_page_stays_where_turning_hardly_helps(upright: float, turned: float) -> None:
    assert choose_rotation({0: 0.03, 90: 0.9, 180: 0, 270: 0}, reads(r0=upright, r90=turned)) == 0
