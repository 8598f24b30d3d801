"""Cuts lines that run over several cells where wide gaps are.

Detection takes neighbouring cells for one line when they stand close together. The gaps are seen
in the picture, the words around them are found by their share of the line's ink. A text layer
says where each word stands, so that nothing has to be guessed.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from PIL import Image

from paddleocr_vl_service.engines.onnx.line_geometry import PlacedLine, Rect, bounding_rect
from paddleocr_vl_service.text.kinds import is_cjk_char

_WIDE_GAP = 0.5
_WIDE_WORD_GAP = 0.6
_PARTED = 0.6
_RULED_GAP = 0.26  # wider than the spaces of most fonts
_LONG_ENOUGH = 2.0
_EDGE = 0.15
_INK = 0.35
_LEAST_CONTRAST = 24.0
_RULE = 0.95
_TOLERANCE = 0.08
_NARROW, _BROAD = frozenset("iljtfrI.,:;!|'()[] "), frozenset("mwMW%@—")

Interval = tuple[float, float]
"""From left to right in pixels."""


@dataclass(frozen=True)
class Fragment:
    """A line, or the part of one between two wide gaps.

    Attributes:
        text: Not empty, without spaces around it.
        rect: In pixels of the straightened page.
        em: Height of the line.
    """

    text: str
    rect: Rect
    em: float


def cut_line(line: PlacedLine, page: Image.Image, upright: Sequence[Rect] = ()) -> list[Fragment]:
    """A line's fragments from left to right; their texts together are the line's.

    Args:
        line: Placed on the page.
        page: Straightened, RGB.
        upright: Rules between columns; words of a text layer are parted by them.
    """
    whole = [Fragment(line.text, line.rect, line.em)]
    by_words = _cut_at_words(line, upright)
    if by_words:
        return by_words
    if line.rect.width < _LONG_ENOUGH * line.em or len(line.text) < 2:
        return whole
    pieces = _printed_pieces(page, line.rect, _WIDE_GAP * line.em)
    if len(pieces) < 2:
        return whole
    texts = split_text(line.text, [right - left for left, right in pieces])
    if texts is None:
        return whole
    return [
        Fragment(text, Rect(left, line.rect.top, right, line.rect.bottom), line.em)
        for text, (left, right) in zip(texts, pieces, strict=True)
    ]


def _cut_at_words(line: PlacedLine, upright: Sequence[Rect]) -> list[Fragment]:
    """Fragments of a line whose words are known; none where these are not its text."""
    words = line.parts[0].words if len(line.parts) == 1 else ()
    starts = word_starts(line.text, [word.text for word in words])
    if not starts:
        return []
    shift_x = line.rect.left - line.parts[0].box[0]
    rects = [
        Rect(word.bbox[0] + shift_x, line.rect.top, word.bbox[2] + shift_x, line.rect.bottom)
        for word in words
    ]
    cuts = [0]
    for place, (before, after) in enumerate(pairwise(rects), start=1):
        parted = after.left - before.right > _RULED_GAP * line.em and any(
            before.middle_x < rule.middle_x < after.middle_x
            and rule.shared_height(line.rect) > _PARTED * line.rect.height
            for rule in upright
        )
        if parted or after.left - before.right > _WIDE_WORD_GAP * line.em:
            cuts.append(place)
    found = []
    for start, end in pairwise([*cuts, len(words)]):
        stop = starts[end] if end < len(words) else len(line.text)
        found.append(
            Fragment(
                line.text[starts[start] : stop].strip(), bounding_rect(rects[start:end]), line.em
            )
        )
    return found


def word_starts(text: str, words: Sequence[str]) -> list[int]:
    """Where each word starts in a text that they make up; none where they do not."""
    starts = []
    place = 0
    for word in words:
        start = text.find(word, place)
        if start < 0 or text[place:start].strip() or not word.strip():
            return []
        starts.append(start)
        place = start + len(word)
    return [] if text[place:].strip() else starts


def split_text(text: str, widths: Sequence[float]) -> list[str] | None:
    """Split a text into pieces that are printed with the given widths.

    It is split at spaces, or between two CJK characters. None where the text has none near
    enough to where the widths say that it should.
    """
    weights = [_weight(character) for character in text]
    reach = [0.0]
    for weight in weights:
        reach.append(reach[-1] + weight)
    total, printed = reach[-1], sum(widths)
    cuts = [0]
    shown = 0.0
    for width in widths[:-1]:
        shown += width
        wanted = shown / printed * total
        places = [place for place in range(cuts[-1] + 1, len(text)) if _may_cut(text, place)]
        if not places:
            return None
        best = min(places, key=lambda place: abs(_middle(text, place, reach) - wanted))
        if abs(_middle(text, best, reach) - wanted) > max(1.5, _TOLERANCE * total):
            return None
        cuts.append(best)
    pieces = [
        text[start:end].strip() for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True)
    ]
    return pieces if all(pieces) else None


def _may_cut(text: str, place: int) -> bool:
    before, after = text[place - 1], text[place]
    return after.isspace() or (is_cjk_char(before) and is_cjk_char(after))


def _middle(text: str, place: int, reach: Sequence[float]) -> float:
    """How far the text reaches before a cut; the space there is part of the gap."""
    return reach[place] + (_weight(text[place]) / 2 if text[place].isspace() else 0.0)


def _weight(character: str) -> float:
    """About how wide a character is printed, in widths of a usual one."""
    if unicodedata.east_asian_width(character) in "WF":
        return 2.0
    if character in _NARROW:
        return 0.55
    return 1.5 if character in _BROAD else 1.0


def _printed_pieces(page: Image.Image, rect: Rect, gap: float) -> list[Interval]:
    """Where in a line there is ink, from left to right, cut at wide gaps and at upright rules."""
    pixels = _dark_pixels(page, rect)
    if pixels is None:
        return []
    margin = round(_EDGE * rect.height)
    rules = pixels.mean(axis=0) >= _RULE
    inked = pixels[2 * margin : len(pixels) - 2 * margin].any(axis=0) & ~rules
    edges = np.flatnonzero(np.diff(inked.astype(np.int8), prepend=0, append=0)).tolist()
    offset = max(round(rect.left), 0)
    pieces: list[Interval] = []
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        left, right = float(offset + start), float(offset + end)
        before = pieces[-1][1] if pieces else left
        if pieces and left - before < gap and not rules[round(before) - offset : start].any():
            pieces[-1] = (pieces[-1][0], right)
        else:
            pieces.append((left, right))
    return pieces


def _dark_pixels(page: Image.Image, rect: Rect) -> npt.NDArray[np.bool_] | None:
    """What differs from the background in a line and a little above and below it.

    Height x width; None where nothing does. A rule between cells is longer than a line is high.
    """
    margin = round(_EDGE * rect.height)
    left, right = max(round(rect.left), 0), min(round(rect.right), page.width)
    top, bottom = max(round(rect.top) - margin, 0), min(round(rect.bottom) + margin, page.height)
    if right <= left or bottom - top <= 4 * margin:
        return None
    grey = np.asarray(page.crop((left, top, right, bottom)).convert("L"), dtype=np.float32)
    contrast = np.abs(grey - np.median(grey))
    if contrast.max() < _LEAST_CONTRAST:
        return None
    dark: npt.NDArray[np.bool_] = contrast > _INK * contrast.max()
    return dark
