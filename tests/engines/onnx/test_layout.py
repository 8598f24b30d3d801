from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import ImageDraw

from paddleocr_vl_service.engines.onnx.layout import (
    INPUT_HEIGHT,
    INPUT_WIDTH,
    LayoutDetector,
    decode,
    suppress_overlaps,
)
from paddleocr_vl_service.engines.onnx.model_files import model_path
from paddleocr_vl_service.engines.onnx.types import LayoutLabel
from tests.support.rendering import PANGRAMS, text_page

STRIDES = (8, 16, 32, 64)
GRIDS = [(-(-INPUT_HEIGHT // stride), -(-INPUT_WIDTH // stride)) for stride in STRIDES]
BINS = 8


def empty_outputs() -> tuple[list[NDArray[np.float32]], list[NDArray[np.float32]]]:
    scores = [np.zeros((rows * columns, 10), np.float32) for rows, columns in GRIDS]
    distances = [np.zeros((rows * columns, 4 * BINS), np.float32) for rows, columns in GRIDS]
    return scores, distances


def set_bin(cell: NDArray[np.float32], reach: tuple[int, int, int, int]) -> None:
    """Make a cell propose a box whose sides are that many cells away from its middle."""
    cell.reshape(4, BINS)[range(4), reach] = 100


def test_cell_becomes_a_box_around_its_middle() -> None:
    scores, distances = empty_outputs()
    level, row, column = 2, 3, 5
    cell = row * GRIDS[level][1] + column
    scores[level][cell, 4] = 0.9
    set_bin(distances[level][cell], (1, 2, 3, 0))

    [region] = decode(scores, distances)

    assert region.label is LayoutLabel.TABLE
    assert region.score == pytest.approx(0.9)
    assert region.box == pytest.approx((5.5 * 32 - 32, 3.5 * 32 - 64, 5.5 * 32 + 96, 3.5 * 32))


def test_distance_is_the_mean_of_its_distribution() -> None:
    scores, distances = empty_outputs()
    cell = 50 * GRIDS[0][1] + 40
    scores[0][cell, 0] = 0.9

    [region] = decode(scores, distances)

    middle_x, middle_y, reach = 40.5 * 8, 50.5 * 8, 3.5 * 8
    assert region.box == pytest.approx(
        (middle_x - reach, middle_y - reach, middle_x + reach, middle_y + reach)
    )


def test_box_ends_at_the_page() -> None:
    scores, distances = empty_outputs()
    scores[3][0, 1] = 0.9
    set_bin(distances[3][0], (7, 7, 1, 1))

    [region] = decode(scores, distances)

    assert region.box == pytest.approx((0, 0, 96, 96))


def test_unsure_cells_are_left_out_and_the_surest_region_comes_first() -> None:
    scores, distances = empty_outputs()
    scores[3][0, 0], scores[3][5, 1], scores[3][25, 2] = 0.39, 0.5, 0.8

    assert [region.label for region in decode(scores, distances)] == [
        LayoutLabel.FIGURE,
        LayoutLabel.TITLE,
    ]


def test_the_surer_of_two_overlapping_boxes_is_kept() -> None:
    boxes = np.array([(0, 0, 10, 10), (1, 0, 11, 10), (0, 0, 10, 5.0), (20, 20, 30, 30)])
    scores = np.array([0.7, 0.9, 0.8, 0.5], dtype=np.float32)

    assert suppress_overlaps(boxes, scores) == [1, 2, 3]


def test_paragraph_and_table_of_a_page_are_found() -> None:
    page = text_page(PANGRAMS, font_size=30)
    draw = ImageDraw.Draw(page)
    for row in range(7):
        draw.line((100, 700 + row * 60, 900, 700 + row * 60), "black", 2)
    for column in range(5):
        draw.line((100 + column * 200, 700, 100 + column * 200, 1060), "black", 2)
    for row in range(6):
        for column in range(4):
            draw.text((130 + column * 200, 715 + row * 60), f"{row * 4 + column}.50", "black", None)

    regions = LayoutDetector(model_path("layout"), threads=2).detect(page)

    tables = [region.box for region in regions if region.label is LayoutLabel.TABLE]
    assert len(tables) == 1
    assert tables[0] == pytest.approx((100, 700, 900, 1060), abs=40)
