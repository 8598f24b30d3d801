import math

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms

from paddleocr_vl_service.intake.image_conversion import orientation_of, to_rgb, upright
from tests.intake.making import (
    BLACK,
    BLUE,
    GREEN,
    RED,
    WHITE,
    about,
    corner_colours,
    corners,
)

ALL_FOUR = [RED, GREEN, BLUE, BLACK]


def levels(image: Image.Image) -> list[int]:
    """The first row's grey levels."""
    assert image.mode == "RGB"
    return [int(level) for level in np.asarray(image)[0, :, 0]]


def test_rgb_is_left_alone() -> None:
    image = corners()
    assert to_rgb(image) is image


@pytest.mark.parametrize("mode", ["CMYK", "YCbCr", "P", "RGBA", "RGBX", "HSV", "RGBa"])
def test_colour_modes_keep_their_colours(mode: str) -> None:
    source = corners().convert("RGBA") if mode == "RGBa" else corners()
    converted = to_rgb(source.convert(mode))
    assert converted.mode == "RGB"
    assert corner_colours(converted) == [about(colour) for colour in ALL_FOUR]


def test_lab_keeps_its_colours() -> None:
    to_lab = ImageCms.buildTransform(
        ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB"
    )
    lab = ImageCms.applyTransform(corners(), to_lab)
    assert lab is not None
    assert lab.mode == "LAB"
    assert corner_colours(to_rgb(lab)) == [about(colour, tolerance=24) for colour in ALL_FOUR]


def test_one_bit() -> None:
    image = Image.new("1", (2, 1), 0)
    image.putpixel((1, 0), 1)
    assert levels(to_rgb(image)) == [0, 255]


@pytest.mark.parametrize("mode", ["I;16", "I;16B"])
def test_sixteen_bits_are_scaled(mode: str) -> None:
    image = Image.new(mode, (5, 1))
    for x, value in enumerate((0, 255, 256, 32768, 65535)):
        image.putpixel((x, 0), value)
    assert levels(to_rgb(image)) == [0, 0, 1, 128, 255]


def test_twelve_and_fourteen_bits_in_words_of_sixteen() -> None:
    twelve = Image.fromarray(np.array([[0, 2048, 4095]], np.uint16))
    assert levels(to_rgb(twelve)) == [0, 128, 255]
    fourteen = Image.fromarray(np.array([[0, 8192, 16383]], np.uint16))
    assert levels(to_rgb(fourteen)) == [0, 128, 255]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0, 0.5, 1.0], [0, 128, 255]),
        ([0.0, 128.0, 255.0], [0, 128, 255]),
        ([0.0, 32768.0, 65535.0], [0, 128, 255]),
        ([-1.0, 0.0, 1.0], [0, 128, 255]),
        ([0.0, 1e5, 4e5], [0, 64, 255]),
        ([-5.0, -5.0, -5.0], [0, 0, 0]),
        ([math.nan, 0.5, 1.0], [0, 128, 255]),
        ([-math.inf, 0.5, math.inf], [0, 128, 0]),
        ([-3e38, 0.0, 3e38], [0, 128, 255]),
    ],
)
def test_floats_and_wide_integers_are_scaled(values: list[float], expected: list[int]) -> None:
    image = Image.fromarray(np.array([values], np.float32))
    assert levels(to_rgb(image)) == expected


def test_wide_integers() -> None:
    assert levels(to_rgb(Image.fromarray(np.array([[0, 40000, 65535]], np.int32)))) == [0, 156, 255]


def transparent_letters() -> Image.Image:
    """Black letters on nothing: the way in which screenshots and logos go wrong."""
    image = Image.new("RGBA", (3, 1), (0, 0, 0, 0))
    image.putpixel((1, 0), (0, 0, 0, 255))
    image.putpixel((2, 0), (0, 0, 0, 128))
    return image


@pytest.mark.parametrize("mode", ["RGBA", "LA", "RGBa"])
def test_transparent_parts_are_white(mode: str) -> None:
    assert levels(to_rgb(transparent_letters().convert(mode))) == [255, 0, 127]


def test_transparent_palette_and_colour_key() -> None:
    palette = Image.new("P", (2, 1))
    palette.putpalette([9, 9, 9, 0, 0, 0])
    palette.putpixel((1, 0), 1)
    palette.info["transparency"] = 0
    assert levels(to_rgb(palette)) == [255, 0]
    palette.info["transparency"] = b"\x80\xff"
    assert levels(to_rgb(palette)) == [132, 0]
    grey = Image.new("L", (2, 1), 7)
    grey.putpixel((1, 0), 0)
    grey.info["transparency"] = 7
    assert levels(to_rgb(grey)) == [255, 0]
    colour = Image.new("RGB", (2, 1), (1, 2, 3))
    colour.putpixel((1, 0), BLACK)
    colour.info["transparency"] = (1, 2, 3)
    assert levels(to_rgb(colour)) == [255, 0]


def test_an_alpha_channel_that_nobody_filled_in_is_ignored() -> None:
    image = corners().convert("RGBA")
    image.putalpha(0)
    assert corner_colours(to_rgb(image)) == ALL_FOUR


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_comes_out_upright(orientation: int) -> None:
    undone = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    image = corners()
    stored = image.transpose(undone[orientation]) if orientation in undone else image
    assert upright(stored, orientation).tobytes() == image.tobytes()


@pytest.mark.parametrize("orientation", [0, 9, -1, 77])
def test_senseless_orientations_are_none(orientation: int) -> None:
    image = corners()
    assert upright(image, orientation) is image


@pytest.mark.parametrize("value", ["left", 1.5, (1, 2), None])
def test_orientation_of_another_type(value: object) -> None:
    image = Image.new("L", (1, 1))
    image.getexif()[ExifTags.Base.Orientation] = value
    assert orientation_of(image) == 1


def test_orientation_of_data_that_pillow_stumbles_over(monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(_: object) -> None:
        raise SyntaxError("not a TIFF file")

    monkeypatch.setattr(Image.Image, "getexif", stumble)
    assert orientation_of(Image.new("L", (1, 1))) == 1


def test_white_is_not_grey() -> None:
    assert to_rgb(Image.new("I;16", (1, 1), 65535)).getpixel((0, 0)) == WHITE
