"""Cuts pictures, formulas, charts and seals out of a page, for those who asked to see them."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import replace

from PIL import Image, ImageChops

from paddleocr_vl_service.models.document import BBox, Crop, Element, ElementType, Notice

SHOWN = frozenset(
    {ElementType.IMAGE, ElementType.FORMULA, ElementType.CHART, ElementType.SEAL},
)
"""What says more as a picture than as text."""

MOST_CROP_BYTES = 1 << 20
MOST_PAGE_BYTES = 4 << 20
"""Base64 included: half of what an engine process may send at a time."""

_LONGEST_SIDES = (1600, 1100, 750, 500)
_QUALITY = 85
_PALETTE = 256
_PNG_PREFERENCE = 2.0
"""A drawing may be that many times larger where it keeps its edges; a grey photo is larger yet."""


def add_crops(
    elements: Sequence[Element], image: Image.Image, page: int, *, pages: int = 1
) -> tuple[tuple[Element, ...], tuple[Notice, ...]]:
    """Give the elements of a page that show something their part of its image.

    Args:
        elements: Of one page, with boxes in pixels of `image`.
        image: The upright page, RGB.
        page: Its number, for the notice.
        pages: How many pages share one answer of the engine, and so its size.

    Returns:
        The elements in their order, and a notice where some crops did not fit: together they have
        at most `MOST_PAGE_BYTES` / `pages`, each at most `MOST_CROP_BYTES`. A box without area
        has no crop.
    """
    left, done, are_missing = MOST_PAGE_BYTES // pages, [], False
    for element in elements:
        crop = cut_out(image, element.bbox) if element.type in SHOWN else None
        if crop is not None and len(crop.data) > left:
            crop, are_missing = None, True
        if crop is not None:
            left -= len(crop.data)
        done.append(replace(element, crop=crop))
    return tuple(done), (_left_out(page),) if are_missing else ()


def cut_out(image: Image.Image, bbox: BBox) -> Crop | None:
    """A part of a page as an image file of at most `MOST_CROP_BYTES` in Base64.

    A drawing (few colours) is a PNG, a photo a JPEG. It keeps the page's pixels unless its longer
    side has more than 1600 of them, or the file would be too large.

    Args:
        image: RGB.
        bbox: Pixels; what lies outside the page is cut off.

    Returns:
        None where nothing of the box lies on the page.
    """
    box = (
        max(0, bbox[0]),
        max(0, bbox[1]),
        min(image.width, bbox[2]),
        min(image.height, bbox[3]),
    )
    if box[0] >= box[2] or box[1] >= box[3]:
        return None
    part = _without_needless_colour(image.crop(box))
    for longest in _LONGEST_SIDES:
        if longest < _LONGEST_SIDES[0] and longest >= max(part.size):
            continue
        crop = _encoded(_shrunk(part, longest))
        if len(crop.data) <= MOST_CROP_BYTES:
            return crop
    return crop


def _without_needless_colour(part: Image.Image) -> Image.Image:
    red, green, blue = part.split()
    differs = (
        ImageChops.difference(red, green).getbbox() or ImageChops.difference(green, blue).getbbox()
    )
    return part if differs else red


def _shrunk(part: Image.Image, longest: int) -> Image.Image:
    scale = longest / max(part.size)
    if scale >= 1:
        return part
    size = (max(1, round(part.width * scale)), max(1, round(part.height * scale)))
    return part.resize(size, Image.Resampling.LANCZOS)


def _encoded(part: Image.Image) -> Crop:
    photo = _file(part, "JPEG", quality=_QUALITY)
    if part.getcolors(_PALETTE) is not None:
        drawing = _file(part, "PNG", optimize=True)
        if len(drawing) <= _PNG_PREFERENCE * len(photo):
            return _crop("image/png", drawing)
    return _crop("image/jpeg", photo)


def _file(part: Image.Image, kind: str, **options: int | bool) -> bytes:
    buffer = io.BytesIO()
    part.save(buffer, kind, **options)
    return buffer.getvalue()


def _crop(media_type: str, file: bytes) -> Crop:
    return Crop(media_type, base64.b64encode(file).decode("ascii"))


def _left_out(page: int) -> Notice:
    return Notice(
        "image-left-out",
        "Not every picture of this page is given as an image: together they are too large.",
        page,
    )
