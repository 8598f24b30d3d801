"""The text layer of a PDF page: its visible lines, and whether they are to be believed."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pypdfium2

from paddleocr_vl_service.intake.beside_text import Beside, find_beside
from paddleocr_vl_service.intake.page_pictures import PageObjects
from paddleocr_vl_service.intake.page_placement import Placement
from paddleocr_vl_service.intake.pdf_resolution import PixelSize
from paddleocr_vl_service.intake.text_characters import (
    REPLACEMENT,
    Characters,
    read_characters,
    unmapped_share,
)
from paddleocr_vl_service.intake.text_lines import Edges, Glyph, Line, gather
from paddleocr_vl_service.intake.text_plausibility import reads_like_words
from paddleocr_vl_service.intake.text_visibility import Sight, look
from paddleocr_vl_service.models.document import (
    BBox,
    TextLayer,
    TextLayerDoubt,
    TextLine,
    TextWord,
)

MAX_CHARACTERS = 100_000
"""A page with more is no text to read but a drawing made of letters; its layer is left out."""

_MOST_UNMAPPED = 0.05
"""Recognition makes fewer errors than that; bullets and signs of symbol fonts stay below it."""
_FEWEST_OUTLINED = 50
_RULE_OF_SIGNS = re.compile(r"([^\w\s]|_)(?:\s?\1){2}")


def read_text_layer(page: pypdfium2.PdfPage, size: PixelSize) -> TextLayer:
    """A page's text layer.

    Args:
        page: Open; it is left as it was.
        size: Of the page's rendered image; what lies outside it is hidden.
    """
    text_page = page.get_textpage()
    try:
        if text_page.count_chars() > MAX_CHARACTERS:
            return TextLayer()
        placement, objects = Placement(page, size), PageObjects(page)
        characters = read_characters(text_page, placement, objects.texts)
        sight = look(page, text_page, objects, characters, size)
        seen = [characters.places[index] for index in np.flatnonzero(sight.visible)]
        unmapped = unmapped_share(text_page, seen)
    finally:
        text_page.close()
    lines = gather(_glyphs(characters, sight))
    beside = find_beside(page, objects, placement, size, sight.rest)
    text_lines = tuple(_text_line(line, size) for line in lines)
    text_lines = tuple(line for line in text_lines if line.text)
    doubts = tuple(_doubts(text_lines, unmapped, beside))
    bare = bool(sight.rest.min() == sight.rest.max())
    bare = bare and not any(_RULE_OF_SIGNS.search(line.text) for line in text_lines)
    return TextLayer(text_lines, sight.hidden, doubts, beside.boxes, bare)


def _glyphs(characters: Characters, sight: Sight) -> Iterator[Glyph | None]:
    after_space = False
    styles = {owner: (drawn.turn, drawn.bold) for owner, drawn in characters.objects.items()}
    for character, seen, owner, box in zip(
        characters.texts,
        sight.visible.tolist(),
        characters.owners.tolist(),
        map(tuple, characters.boxes.tolist()),
        strict=True,
    ):
        if seen:
            turn, bold = styles[owner]
            yield Glyph(character, box, turn, after_space, bold)
            after_space = False
        elif character == "\n":
            yield None
        elif character == " ":
            after_space = True


def _doubts(
    lines: tuple[TextLine, ...], unmapped: float, beside: Beside
) -> Iterator[TextLayerDoubt]:
    text = "\n".join(line.text for line in lines)
    solid = "".join(text.split())
    odd = sum(times for each, times in Counter(solid).items() if _means_nothing(each))
    if unmapped > _MOST_UNMAPPED or odd > _MOST_UNMAPPED * len(solid):
        yield TextLayerDoubt.UNMAPPED
    if not reads_like_words(text):
        yield TextLayerDoubt.NOT_WORDS
    if lines and beside.outlined >= max(_FEWEST_OUTLINED, len(solid)):
        yield TextLayerDoubt.MISPLACED


def _means_nothing(character: str) -> bool:
    return character == REPLACEMENT or unicodedata.category(character) in ("Co", "Cn")


def _text_line(line: Line, size: PixelSize) -> TextLine:
    words = tuple(TextWord(text, _pixels(box, size)) for text, box in line.words)
    text = " ".join(word.text for word in words)
    return TextLine(text, _pixels(line.box, size), words, line.bold, line.turn)


def _pixels(box: Edges, size: PixelSize) -> BBox:
    left, top, right, bottom = box
    x1 = min(max(0, math.floor(left)), size.width - 1)
    y1 = min(max(0, math.floor(top)), size.height - 1)
    return (
        x1,
        y1,
        max(x1 + 1, min(size.width, math.ceil(right))),
        max(y1 + 1, min(size.height, math.ceil(bottom))),
    )
