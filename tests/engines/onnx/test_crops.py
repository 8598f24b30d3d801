from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from paddleocr_vl_service.engines.onnx.crops import INPUT_HEIGHT, crop_line, is_vertical
from paddleocr_vl_service.engines.onnx.geometry import Rectangle
from paddleocr_vl_service.engines.onnx.types import Quad

STRIPES = ["red", "lime", "blue", "black", "yellow", "cyan"]
WIDTH, HEIGHT = 240, 40

Tilt = tuple[float, tuple[float, float]]
"""The angle and the middle of the line."""


def page_with_stripes(angle: float, center: tuple[float, float] = (200, 200)) -> Image.Image:
    """A line of coloured stripes from left to right, with a white lower half, tilted."""
    scale = 4
    page = Image.new("RGB", (400 * scale, 400 * scale), "gray")
    draw = ImageDraw.Draw(page)
    for number, colour in enumerate(STRIPES):
        left = -WIDTH / 2 + number * WIDTH / len(STRIPES)
        for top, fill in ((-HEIGHT / 2, colour), (0.0, "white")):
            stripe = part((left, top), (WIDTH / len(STRIPES), HEIGHT / 2), (angle, center))
            draw.polygon([(x * scale, y * scale) for x, y in stripe], fill)
    return page.resize((400, 400), Image.Resampling.BOX)


def part(corner: tuple[float, float], size: tuple[float, float], tilt: Tilt) -> Quad:
    """A part of the line, given in its own coordinates, on the page."""
    angle, (center_x, center_y) = tilt
    radians = np.radians(angle)
    x, y = corner[0] + size[0] / 2, corner[1] + size[1] / 2
    return Rectangle(
        center_x + x * np.cos(radians) - y * np.sin(radians),
        center_y + x * np.sin(radians) + y * np.cos(radians),
        *size,
        angle,
    ).scaled(1, 1)


def line_quad(angle: float, center: tuple[float, float] = (200, 200)) -> Quad:
    return part((-WIDTH / 2, -HEIGHT / 2), (WIDTH, HEIGHT), (angle, center))


def expected_stripes() -> Image.Image:
    size = (WIDTH * INPUT_HEIGHT // HEIGHT, INPUT_HEIGHT)
    upright = Image.new("RGB", size, "white")
    for number, colour in enumerate(STRIPES):
        stripe = size[0] // len(STRIPES)
        upright.paste(colour, (number * stripe, 0, (number + 1) * stripe, INPUT_HEIGHT // 2))
    return upright


def difference(first: Image.Image, second: Image.Image) -> float:
    """Mean difference of the pixels, from 0 to 255."""
    return float(np.abs(np.asarray(first, float) - np.asarray(second, float)).mean())


@pytest.mark.parametrize("angle", [0, 0.1, -4, 12, 33, -45, 65])
def test_line_comes_out_horizontal(angle: float) -> None:
    crop = crop_line(page_with_stripes(angle), line_quad(angle))

    assert crop.size == expected_stripes().size
    assert difference(crop, expected_stripes()) < 6


@pytest.mark.parametrize("tilt", [0, 5, -12])
def test_vertical_line_comes_out_with_its_top_on_the_left(tilt: float) -> None:
    top_left, top_right, bottom_right, bottom_left = line_quad(90 + tilt)
    quad = (bottom_left, top_left, top_right, bottom_right)

    assert is_vertical(quad)
    assert difference(crop_line(page_with_stripes(90 + tilt), quad), expected_stripes()) < 6


def test_shape_decides_what_is_vertical() -> None:
    def upright(width: float, height: float) -> Quad:
        return ((0.0, 0.0), (width, 0.0), (width, height), (0.0, height))

    assert is_vertical(upright(20, 30))
    assert not is_vertical(upright(20, 29))


@pytest.mark.parametrize("angle", [0, 7])
def test_page_goes_on_beyond_its_edge(angle: float) -> None:
    page = Image.new("RGB", (100, 100), "lime")

    crop = crop_line(page, line_quad(angle, (60, 98)))

    assert difference(crop, Image.new("RGB", crop.size, "lime")) < 1


@pytest.mark.parametrize("size", [(1, 1), (2, 300), (300, 2)])
def test_any_quad_gives_a_line(size: tuple[int, int]) -> None:
    page = Image.new("RGB", size, "white")
    quad = ((0.0, 0.0), (0.5, 0.0), (0.5, 0.2), (0.0, 0.2))

    assert crop_line(page, quad).height == INPUT_HEIGHT
