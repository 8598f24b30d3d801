"""Which characters of a page one sees: those without which its picture would be another.

Text may be drawn in no colour, in that of its background, under a picture or outside of a
clipping path. What is drawn tells of all of these at once: the page is drawn small, with its
text and without, and where nothing differs there was nothing to see.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium
from numpy.typing import NDArray

from paddleocr_vl_service.intake.page_pictures import (
    PageObjects,
    Painter,
    Picture,
    without_some,
)
from paddleocr_vl_service.intake.page_placement import Boxes, Placement
from paddleocr_vl_service.intake.pdf_resolution import PixelSize
from paddleocr_vl_service.intake.text_characters import Characters
from paddleocr_vl_service.intake.text_overlaps import layers_of

CONTRAST = 12
"""Levels of 255 by which ink differs from what is below it, at least, for anyone to notice."""
SMALLEST = 3.0
"""Pixels of the page image that a font is high at least; letters are a third of that."""

_INK_IN_FONT_BOX = 0.03
_INK_IN_GLYPH_BOX = 0.06
_LONGEST_RUN = 8
_MOST_COLUMNS = 0.25
_CLIPPING = range(pdfium.FPDF_TEXTRENDERMODE_FILL_CLIP, pdfium.FPDF_TEXTRENDERMODE_CLIP + 1)

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Sight:
    """What one sees of a page's text.

    Attributes:
        visible: n, of its characters; False for spaces and line breaks.
        hidden: How many characters, spaces not counted, one does not see.
        rest: The page without its text, in grey.
    """

    visible: Mask
    hidden: int
    rest: Picture


def look(
    page: pypdfium2.PdfPage,
    text_page: pypdfium2.PdfTextPage,
    objects: PageObjects,
    characters: Characters,
    size: PixelSize,
) -> Sight:
    """Find out which characters one sees; the page is left as it was.

    Args:
        page: Open.
        text_page: Its text, open.
        objects: What it draws.
        characters: Of the text.
        size: Of the page image.
    """
    painter = Painter(page, size)
    written = ~np.isnan(characters.boxes[:, 0])
    readable = written & _on_page(characters.boxes, size) & _is_large(characters)
    layers = layers_of(characters)
    gone, rest = _differences(painter, objects, layers, colour=False)
    boxes = characters.boxes * np.tile(painter.scale, 2)
    inked = _inked(gone, layers, characters.owners, boxes, readable, least=_INK_IN_FONT_BOX)
    inked |= readable & (characters.owners < 0)
    visible = readable & _by_runs(inked, readable, characters)
    doubtful = readable & ~visible
    if doubtful.any():
        # Colours of the same grey are told apart, and glyphs that leave the box of their font.
        gone, _ = _differences(painter, objects, layers, colour=True)
        placement = Placement(page, size)
        tight = _glyph_boxes(text_page, characters, placement, doubtful) * np.tile(painter.scale, 2)
        inked |= _inked(gone, layers, characters.owners, tight, doubtful, least=_INK_IN_GLYPH_BOX)
        inked |= _painted_through(painter, characters, boxes, doubtful)
        visible = readable & _by_runs(inked, readable, characters)
    return Sight(visible, int((written & ~visible).sum()), rest)


def _on_page(boxes: Boxes, size: PixelSize) -> Mask:
    x, y = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    inside: Mask = (x >= 0) & (x <= size.width) & (y >= 0) & (y <= size.height)
    return inside


def _is_large(characters: Characters) -> Mask:
    boxes = characters.boxes
    turned = [each.turn % 2 == 1 for each in characters.objects.values()]
    sideways = np.isin(characters.owners, np.array(list(characters.objects), np.int64)[turned])
    heights = np.where(sideways, boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
    large: Mask = heights >= SMALLEST
    return large


def _differences(
    painter: Painter, objects: PageObjects, layers: NDArray[np.int64], *, colour: bool
) -> tuple[list[Mask], Picture]:
    """Where the picture changes as one layer of text after the other goes; what is left."""
    picture = painter.picture(colour=colour)
    differences = []
    with without_some() as remove:
        for layer in range(int(layers.max(initial=0)) + 1):
            remove(
                drawn for index, drawn in enumerate(objects.texts) if _layer(layers, index) == layer
            )
            following = painter.picture(colour=colour)
            differences.append(_differ(picture, following))
            picture = following
    return differences, picture


def _layer(layers: NDArray[np.int64], index: int) -> int:
    return int(layers[index]) if index < len(layers) else 0


def _differ(one: Picture, other: Picture) -> Mask:
    differ: Mask = np.maximum(one, other) - np.minimum(one, other) >= CONTRAST
    return differ[..., 0] | differ[..., 1] | differ[..., 2] if differ.ndim == 3 else differ


def _inked(
    differences: list[Mask],
    layers: NDArray[np.int64],
    owners: NDArray[np.int64],
    boxes: Boxes,
    asked: Mask,
    *,
    least: float,
) -> Mask:
    """Which of the characters asked for have ink in so large a part of their box."""
    inked = np.zeros(len(owners), bool)
    chosen = np.flatnonzero(asked & (owners >= 0))
    of_layer = layers[owners[chosen]]
    for layer, differ in enumerate(differences):
        members = chosen[of_layer == layer]
        if not len(members):
            continue
        counts, areas = _counts(differ, boxes[members])
        inked[members] = counts >= np.maximum(1, least * areas)
    return inked


def _counts(mask: Mask, boxes: Boxes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How many pixels of each box are set, and how many it has."""
    height, width = mask.shape
    x1, y1 = (
        np.clip(np.round(boxes[:, side]), 0, limit - 1).astype(np.int64)
        for side, limit in ((0, width), (1, height))
    )
    x2, y2 = (
        np.clip(np.round(boxes[:, side]), 1, limit).astype(np.int64)
        for side, limit in ((2, width), (3, height))
    )
    x2, y2 = np.maximum(x2, x1 + 1), np.maximum(y2, y1 + 1)
    above = np.zeros((height + 1, width), np.int32)
    above[1:] = mask
    for row in range(2, height + 1):  # several times as fast as to accumulate down the columns
        above[row] += above[row - 1]
    widths = x2 - x1
    if int(widths.sum()) <= _MOST_COLUMNS * mask.size:
        # Characters are narrow: their columns one by one are fewer than all of the picture's.
        starts = np.cumsum(widths) - widths
        box = np.repeat(np.arange(len(boxes)), widths)
        column = np.arange(len(box)) - starts[box] + x1[box]
        counts = np.add.reduceat(above[y2[box], column] - above[y1[box], column], starts)
    else:
        table = np.zeros((height + 1, width + 1), np.int32)
        np.cumsum(above, axis=1, out=table[:, 1:])
        counts = table[y2, x2] - table[y1, x2] - table[y2, x1] + table[y1, x1]
    return counts.astype(np.int64), widths * (y2 - y1)


def _by_runs(inked: Mask, readable: Mask, characters: Characters) -> Mask:
    """Judge the characters of a word together: a comma in pale grey may leave no trace alone."""
    starts = np.ones(len(inked), bool)
    starts[1:] = (characters.owners[1:] != characters.owners[:-1]) | (readable[1:] != readable[:-1])
    run = np.cumsum(starts) - 1
    place = np.arange(len(inked))
    within = place - np.maximum.accumulate(np.where(starts, place, 0))
    starts |= within % _LONGEST_RUN == 0
    run = np.cumsum(starts) - 1
    count = int(run[-1]) + 1 if len(run) else 0
    share = np.bincount(run, inked, count) / np.maximum(1, np.bincount(run, readable, count))
    seen: Mask = (share >= 0.5)[run]
    return seen


def _glyph_boxes(
    text_page: pypdfium2.PdfTextPage, characters: Characters, placement: Placement, asked: Mask
) -> Boxes:
    """The boxes of the glyphs themselves, for those asked for; of their font for the others."""
    boxes = characters.boxes.copy()
    edges = [ctypes.c_double() for _ in range(4)]
    left, right, bottom, top = edges
    references = [ctypes.byref(edge) for edge in edges]
    chosen = np.flatnonzero(asked)
    rectangles = np.zeros((len(chosen), 4))
    for row, index in enumerate(chosen):
        pdfium.FPDFText_GetCharBox(text_page, characters.places[index], *references)
        rectangles[row] = (left.value, bottom.value, right.value, top.value)
    boxes[chosen] = placement.boxes(rectangles)
    known: Boxes = np.nan_to_num(boxes)
    return known


def _painted_through(painter: Painter, characters: Characters, boxes: Boxes, asked: Mask) -> Mask:
    """Letters that a picture or a colour shines through; taking the letters away changes nothing.

    PDFium has made a clipping path of them when it read the page.
    """
    shining = [index for index, each in characters.objects.items() if each.mode in _CLIPPING]
    seen = np.zeros(len(asked), bool)
    if not shining:
        return seen
    picture = painter.picture()
    for index in np.flatnonzero(asked & np.isin(characters.owners, shining)):
        left, top, right, bottom = np.maximum(boxes[index], 0).astype(int)
        part = picture[top : bottom + 1, left : right + 1]
        seen[index] = part.size > 0 and int(part.max()) - int(part.min()) >= CONTRAST
    return seen
