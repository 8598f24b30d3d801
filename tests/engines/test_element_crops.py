from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from paddleocr_vl_service.engines.element_crops import (
    MOST_CROP_BYTES,
    MOST_PAGE_BYTES,
    add_crops,
    cut_out,
)
from paddleocr_vl_service.models.document import BBox, Crop, Element, ElementType


def opened(crop: Crop | None) -> Image.Image:
    assert crop is not None
    image = Image.open(io.BytesIO(base64.b64decode(crop.data, validate=True)))
    assert f"image/{(image.format or '').lower()}" == crop.media_type
    return image


def drawing(size: tuple[int, int] = (400, 300)) -> Image.Image:
    page = Image.new("RGB", size, "white")
    ImageDraw.Draw(page).ellipse((120, 90, 180, 150), fill="red")
    return page


def noise(size: tuple[int, int], *, grey: bool = False) -> Image.Image:
    """As hard to compress as an image can be."""
    shape = (size[1], size[0]) if grey else (size[1], size[0], 3)
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, shape, np.uint8)).convert(
        "RGB"
    )


def element(kind: ElementType, bbox: BBox = (100, 80, 200, 160)) -> Element:
    return Element(kind, "", bbox, 1)


@pytest.mark.parametrize("kind", ElementType)
def test_what_shows_something_comes_with_its_picture(kind: ElementType) -> None:
    ((done,), notices) = add_crops([element(kind)], drawing(), 1)

    shown = {"image", "formula", "chart", "seal"}
    assert (done.crop is not None) == (kind.value in shown)
    assert notices == ()


def test_a_crop_is_what_stands_at_the_box() -> None:
    crop = opened(cut_out(drawing(), (120, 90, 181, 151)))

    assert crop.size == (61, 61)
    assert crop.convert("RGB").getpixel((30, 30)) == (255, 0, 0)
    assert crop.convert("RGB").getpixel((0, 0)) == (255, 255, 255)


def test_what_lies_outside_the_page_is_cut_off() -> None:
    assert opened(cut_out(drawing(), (-20, -20, 30, 10))).size == (30, 10)
    assert opened(cut_out(drawing(), (390, 290, 999, 999))).size == (10, 10)


@pytest.mark.parametrize("bbox", [(10, 10, 10, 50), (500, 0, 600, 50), (50, 50, 40, 60)])
def test_a_box_with_nothing_in_it_has_no_crop(bbox: BBox) -> None:
    assert cut_out(drawing(), bbox) is None


def test_a_drawing_loses_nothing() -> None:
    page = drawing()
    crop = cut_out(page, (100, 80, 200, 160))

    assert crop is not None
    assert crop.media_type == "image/png"
    assert opened(crop).convert("RGB").tobytes() == page.crop((100, 80, 200, 160)).tobytes()


@pytest.mark.parametrize("grey", [False, True])
def test_a_photo_is_a_jpeg(grey: bool) -> None:
    photo = noise((40, 30), grey=grey).resize((400, 300), Image.Resampling.BICUBIC)

    assert opened(cut_out(photo, (0, 0, 400, 300))).format == "JPEG"


def test_a_large_picture_is_made_smaller_and_keeps_its_proportions() -> None:
    assert opened(cut_out(Image.new("RGB", (3200, 1000)), (0, 0, 3200, 1000))).size == (1600, 500)


def test_a_picture_that_is_hard_to_compress_still_fits() -> None:
    crop = cut_out(noise((1600, 1600)), (0, 0, 1600, 1600))

    assert crop is not None
    assert len(crop.data) <= MOST_CROP_BYTES
    assert max(opened(crop).size) >= 500


@pytest.mark.parametrize("pages", [1, 4])
def test_a_page_has_no_more_than_fits_into_an_answer_and_says_what_is_missing(pages: int) -> None:
    page = noise((800, 800))
    elements = [element(ElementType.IMAGE, (0, 0, 800, 800))] * 12

    done, (notice,) = add_crops(elements, page, 7, pages=pages)

    sizes = [len(each.crop.data) for each in done if each.crop]
    assert 0 < len(sizes) < 12
    assert sum(sizes) <= MOST_PAGE_BYTES // pages
    assert sum(sizes) + sizes[0] > MOST_PAGE_BYTES // pages
    assert (notice.code, notice.page) == ("image-left-out", 7)


def test_a_small_picture_still_fits_after_a_large_one_did_not() -> None:
    page = noise((800, 800))
    large, small = element(ElementType.IMAGE, (0, 0, 800, 800)), element(ElementType.SEAL)

    done, notices = add_crops([*[large] * 12, small], page, 1)

    assert done[-1].crop is not None
    assert len(notices) == 1
