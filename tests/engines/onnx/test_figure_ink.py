"""Figures without ink of their own are none."""

from __future__ import annotations

import pytest
from PIL import Image, ImageDraw

from paddleocr_vl_service.engines.onnx.figure_ink import without_false_figures
from paddleocr_vl_service.engines.onnx.types import LayoutLabel, LayoutRegion, ReadLine

REGION = LayoutRegion(LayoutLabel.FIGURE, 0.9, (20.0, 20.0, 380.0, 280.0))


def line(left: float, top: float, width: float = 300) -> ReadLine:
    right, bottom = left + width, top + 20
    return ReadLine("words", None, ((left, top), (right, top), (right, bottom), (left, bottom)))


def page(*lines: ReadLine, ground: str = "white") -> Image.Image:
    """A page with a box of ink for every line."""
    image = Image.new("RGB", (400, 300), ground)
    for each in lines:
        ImageDraw.Draw(image).rectangle(each.box, "black")
    return image


def label(image: Image.Image, *lines: ReadLine) -> LayoutLabel:
    (region,) = without_false_figures([REGION], lines, image)
    return region.label


PARAGRAPH = [line(40, 40 + 30 * number) for number in range(6)]


@pytest.mark.parametrize("ground", ["white", "lightgrey", "yellow"])
def test_a_paragraph_that_looks_like_a_figure_is_text(ground: str) -> None:
    assert label(page(*PARAGRAPH, ground=ground), *PARAGRAPH) is LayoutLabel.TEXT


def test_specks_and_serifs_make_no_figure() -> None:
    image = page(*PARAGRAPH)
    ImageDraw.Draw(image).rectangle((200, 250, 207, 257), "black")
    ImageDraw.Draw(image).line((40, 62, 300, 62), "black")
    assert label(image, *PARAGRAPH) is LayoutLabel.TEXT


def test_lines_side_by_side_are_a_table() -> None:
    cells = [line(40 + 120 * column, 40 + 30 * row, 60) for column in range(3) for row in range(5)]
    assert label(page(*cells), *cells) is LayoutLabel.TABLE


def test_a_drawing_beside_text_is_a_figure() -> None:
    image = page(*PARAGRAPH)
    ImageDraw.Draw(image).line((30, 275, 370, 225), "grey", 3)
    assert label(image, *PARAGRAPH) is LayoutLabel.FIGURE


def test_a_figure_in_which_nothing_was_read_stays_one() -> None:
    assert label(page()) is LayoutLabel.FIGURE
    outside = line(40, 285)
    assert label(page(outside), outside) is LayoutLabel.FIGURE


def test_other_regions_are_left_alone() -> None:
    table = LayoutRegion(LayoutLabel.TABLE, 0.9, REGION.box)
    assert without_false_figures([table], PARAGRAPH, page(*PARAGRAPH)) == [table]


def test_a_region_that_reaches_over_the_edge_of_the_page() -> None:
    over = LayoutRegion(LayoutLabel.FIGURE, 0.9, (-5.0, -5.0, 500.0, 400.0))
    (region,) = without_false_figures([over], PARAGRAPH, page(*PARAGRAPH))
    assert region.label is LayoutLabel.TEXT
