"""A PDF page's own text layer as lines: turned upright, held against the image, completed."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from PIL import Image, ImageDraw

from paddleocr_vl_service.engines.onnx.crops import is_vertical
from paddleocr_vl_service.engines.onnx.scripts import is_in_supported_script
from paddleocr_vl_service.engines.onnx.types import Box, Quad, ReadLine
from paddleocr_vl_service.models.document import BBox, TextLayer, TextLine, TextSource, TextWord
from paddleocr_vl_service.text.kinds import reads_like_prose

_SAMPLE = 3
_SAMPLE_LEAST, _SAMPLE_MOST = 12, 40
_SAME = 0.5
_MARGIN = 0.1

ReadQuad = Callable[[Image.Image, Quad], str]


@dataclass(frozen=True)
class UprightLayer:
    """A text layer on the page as one reads it.

    Attributes:
        rotation: Degrees clockwise by which the page was turned.
        lines: In pixels of the upright page.
        beside: What the layer does not explain, in pixels of the upright page.
        bare: Whether the page shows nothing but text, and no rule.
    """

    rotation: int
    lines: tuple[ReadLine, ...]
    beside: tuple[BBox, ...]
    bare: bool = False


def upright(layer: TextLayer, width: int, height: int) -> UprightLayer:
    """Turn a layer so that most of its text runs from left to right.

    Args:
        layer: With at least one line.
        width: Of the page image, pixels.
        height: Of the page image, pixels.
    """
    turns = Counter[int]()
    for line in layer.lines:
        turns[line.turn % 4] += len(line.text)
    rotation = -turns.most_common(1)[0][0] % 4 * 90

    def turned(box: BBox) -> BBox:
        return _turned(box, rotation, width, height)

    return UprightLayer(
        rotation,
        tuple(_read_line(line, turned) for line in layer.lines),
        tuple(turned(box) for box in layer.beside),
        layer.bare,
    )


def says_what_one_sees(lines: Sequence[ReadLine], page: Image.Image, read: ReadQuad) -> bool:
    """Hold a layer against the page: read a line, and two more if it says something else.

    Only lines of running text in a script that the engine reads tell anything; a layer without
    any is believed. One line that agrees is enough, since figures and formulas read badly.

    Args:
        lines: Of the layer.
        page: Upright, RGB.
        read: Gives what a place of a page says.
    """
    telling = [
        line
        for line in lines
        if len(line.text) >= _SAMPLE_LEAST
        and not is_vertical(line.quad)
        and is_in_supported_script(line.text)
        and reads_like_prose(line.text)
    ]
    sample = sorted(telling, key=lambda line: abs(len(line.text) - _SAMPLE_MOST))[:_SAMPLE]
    return not sample or any(_alike(line.text, read(page, line.quad)) for line in sample)


def without_layer(
    page: Image.Image, layer: UprightLayer
) -> tuple[Image.Image, tuple[int, int]] | None:
    """The part of a page that its text layer does not explain, and its top left corner.

    The layer's own lines are painted over, so that nothing is read twice. None where the layer
    explains everything.
    """
    if not layer.beside:
        return None
    left, top = (min(box[side] for box in layer.beside) for side in (0, 1))
    right, bottom = (max(box[side] for box in layer.beside) for side in (2, 3))
    picture = Image.new("RGB", page.size, "white")
    for box in layer.beside:
        picture.paste(page.crop(box), box[:2])
    draw = ImageDraw.Draw(picture)
    for line in layer.lines:
        draw.rectangle(_grown(line.box), fill=_background(picture, line.box))
    return picture.crop((left, top, right, bottom)), (left, top)


def moved(line: ReadLine, dx: int, dy: int) -> ReadLine:
    """A line that was read in a part of the page, on the page."""
    one, two, three, four = ((x + dx, y + dy) for x, y in line.quad)
    return replace(line, quad=(one, two, three, four))


def _read_line(line: TextLine, turned: Callable[[BBox], BBox]) -> ReadLine:
    left, top, right, bottom = map(float, turned(line.bbox))
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    words = tuple(TextWord(word.text, turned(word.bbox)) for word in line.words)
    return ReadLine(line.text, None, corners, TextSource.TEXT_LAYER, words, line.bold)


def _turned(box: BBox, rotation: int, width: int, height: int) -> BBox:
    """A box of a page of that size after turning the page clockwise."""
    left, top, right, bottom = box
    if rotation == 90:
        return height - bottom, left, height - top, right
    if rotation == 180:
        return width - right, height - bottom, width - left, height - top
    if rotation == 270:
        return top, width - right, bottom, width - left
    return box


def _alike(one: str, other: str) -> bool:
    return SequenceMatcher(None, _bare(one), _bare(other), autojunk=False).ratio() >= _SAME


def _bare(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if character.isalnum())


def _grown(box: Box) -> Box:
    margin = _MARGIN * (box[3] - box[1])
    return box[0] - margin, box[1] - margin, box[2] + margin, box[3] + margin


def _background(page: Image.Image, box: Box) -> tuple[int, int, int]:
    """The colour at a line's corner."""
    x = min(max(round(box[0]), 0), page.width - 1)
    y = min(max(round(box[1]), 0), page.height - 1)
    pixel = page.getpixel((x, y))
    assert isinstance(pixel, tuple)  # noqa: S101 - the page is RGB
    return pixel[0], pixel[1], pixel[2]
