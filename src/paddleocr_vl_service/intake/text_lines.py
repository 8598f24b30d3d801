"""From characters with places to lines of text; knows nothing of PDF.

Characters come in the order in which the page draws them. Where they stand decides what is a
line: neither a word drawn out of turn nor the cells of a table row follow from that order.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter
from typing import NamedTuple

Edges = tuple[float, float, float, float]

# All of these are parts of a line's height.
_SAME_LINE_OVERLAP = 0.4
_CELL_GAP = 1.5
_BACKWARD_GAP = 0.5
_PIECE_GAP = 1.0
_SPACE_GAP = 0.15
_HOLE = 0.8

_PIECE_HEIGHTS = 2.0
_MOST_PIECES = 1500  # keeps the time within bounds where every letter is a piece of its own

_SOFT_HYPHEN = "\xad"
_TEXT, _BOX, _BOLD = itemgetter(0), itemgetter(1), itemgetter(4)


class Glyph(NamedTuple):
    """One visible character.

    Attributes:
        text: The character.
        box: Left, top, right, bottom in pixels.
        turn: Quarter turns clockwise by which its text runs away from left to right.
        after_space: Whether a space stands between it and the character before.
        bold: Whether its font is.
    """

    text: str
    box: Edges
    turn: int = 0
    after_space: bool = False
    bold: bool = False


@dataclass(frozen=True)
class Line:
    """Characters that read on from each other.

    Attributes:
        glyphs: At least one, in logical order.
        extent: Their common box in the frame in which the line runs from left to right.
        last: The last one's box in that frame.
    """

    glyphs: list[Glyph]
    extent: Edges
    last: Edges

    @property
    def turn(self) -> int:
        """That of its characters."""
        return self.glyphs[0].turn

    @property
    def text(self) -> str:
        """What it says, word by word."""
        return " ".join(text for text, _ in self.words)

    @property
    def words(self) -> list[tuple[str, Edges]]:
        """What stands between its spaces, and where; soft hyphens only where the line ends."""
        starts = [place for place, glyph in enumerate(self.glyphs) if place and glyph.after_space]
        words = [self.glyphs[i:j] for i, j in pairwise((0, *starts, len(self.glyphs)))]
        texts = ["".join(map(_TEXT, word)) for word in words]
        if texts[-1].endswith(_SOFT_HYPHEN):
            texts[-1] = texts[-1][:-1] + "-"
        texts = [text.replace(_SOFT_HYPHEN, "") for text in texts]
        return [(text, _hull(word)) for text, word in zip(texts, words, strict=True) if text]

    @property
    def bold(self) -> bool:
        """Whether most of its characters are."""
        bold: int = sum(map(_BOLD, self.glyphs))
        return 2 * bold > len(self.glyphs)

    @property
    def box(self) -> Edges:
        """Left, top, right, bottom in pixels."""
        return _turned(self.extent, -self.turn)


def gather(glyphs: Iterable[Glyph | None]) -> list[Line]:
    """Lines in the order in which they were begun; None among the characters is a line break."""
    return _joined(list(_runs(glyphs)))


def _runs(glyphs: Iterable[Glyph | None]) -> Iterator[Line]:
    run: list[Glyph] = []
    extent = last = (0.0, 0.0, 0.0, 0.0)
    for glyph in glyphs:
        if glyph is None:
            if run:
                yield Line(run, extent, last)
            run = []
            continue
        box = _turned(glyph.box, glyph.turn) if glyph.turn else glyph.box
        if run and glyph.turn == run[0].turn:
            if _follows_closely(last, box):
                run.append(glyph)
                extent = (min(extent[0], box[0]), extent[1], max(extent[2], box[2]), extent[3])
                last = box
                continue
            if _goes_on(extent, last, box):
                spaced = glyph.after_space or _is_hole(extent, last, box)
                run.append(glyph._replace(after_space=True) if spaced else glyph)
                extent, last = _union(extent, box), box
                continue
        if run:
            yield Line(run, extent, last)
        run = [glyph._replace(after_space=False) if glyph.after_space else glyph]
        extent = last = box
    if run:
        yield Line(run, extent, last)


def _follows_closely(last: Edges, box: Edges) -> bool:
    """Whether a box is one of the same font right behind the last: what most of them are."""
    return (
        last[3] == box[3]
        and last[1] == box[1]
        and last[0] <= box[0]
        and box[0] - last[2] <= _BACKWARD_GAP * (box[3] - box[1])
    )


def _goes_on(extent: Edges, last: Edges, box: Edges) -> bool:
    if not _side_by_side(extent, box):
        return False
    height = max(extent[3] - extent[1], box[3] - box[1])
    # Text that is written from right to left runs backwards without a gap.
    return box[0] - last[2] <= _CELL_GAP * height and last[0] - box[2] <= _BACKWARD_GAP * height


def _is_hole(extent: Edges, last: Edges, box: Edges) -> bool:
    """Whether the gap before a box is a space to any reader, though there is none in the layer."""
    gap = box[0] - last[2]
    return gap > 0 and gap > _HOLE * max(extent[3] - extent[1], box[3] - box[1])


def _joined(lines: list[Line]) -> list[Line]:
    """Put pieces of one line together that were drawn apart, such as links and footnote marks."""
    if len(lines) > _MOST_PIECES:
        return lines
    joined: dict[int, Line] = {}  # by the place in the order at which the line was begun
    ends: list[tuple[int, float, int]] = []
    order = sorted(range(len(lines)), key=lambda index: lines[index].extent[0])
    for index in order:
        line, first = lines[index], index
        if not _is_right_to_left(line):
            left = _left_neighbour(line, joined, ends)
            if left is not None:
                before = joined.pop(left)
                ends.remove((before.turn, before.extent[2], left))
                line, first = _join(before, line), min(left, index)
            insort(ends, (line.turn, line.extent[2], first))
        joined[first] = line
    return [joined[index] for index in sorted(joined)]


def _left_neighbour(
    line: Line, joined: dict[int, Line], ends: list[tuple[int, float, int]]
) -> int | None:
    """The piece that this one goes on from, by its key: of those that end there, the nearest."""
    start, height = line.extent[0], _height(line.extent)
    earliest = bisect_left(ends, (line.turn, start - _PIECE_GAP * height, -1))
    latest = bisect_left(ends, (line.turn, start + _BACKWARD_GAP * height, -1))
    near = [key for _, _, key in ends[earliest:latest] if _adjoin(joined[key], line)]
    return max(near, key=lambda key: _overlap(joined[key].extent, line.extent), default=None)


def _adjoin(left: Line, right: Line) -> bool:
    heights = sorted((_height(left.extent), _height(right.extent)))
    gap = right.extent[0] - left.extent[2]
    return (
        heights[1] <= _PIECE_HEIGHTS * heights[0]
        and -_BACKWARD_GAP * heights[0] <= gap <= _PIECE_GAP * heights[1]
        and _side_by_side(left.extent, right.extent)
    )


def _join(left: Line, right: Line) -> Line:
    height = max(_height(left.extent), _height(right.extent))
    spaced = right.extent[0] - left.extent[2] > _SPACE_GAP * height
    first = right.glyphs[0]._replace(after_space=spaced)
    glyphs = [*left.glyphs, first, *right.glyphs[1:]]
    return Line(glyphs, _union(left.extent, right.extent), right.last)


def _is_right_to_left(line: Line) -> bool:
    return any(unicodedata.bidirectional(glyph.text[0]) in ("R", "AL") for glyph in line.glyphs)


def _overlap(one: Edges, other: Edges) -> float:
    return min(one[3], other[3]) - max(one[1], other[1])


def _side_by_side(one: Edges, other: Edges) -> bool:
    _, top, _, bottom = one
    _, upper, _, lower = other
    overlap = min(bottom, lower) - max(top, upper)
    return overlap >= _SAME_LINE_OVERLAP * min(bottom - top, lower - upper)


def _height(box: Edges) -> float:
    return box[3] - box[1]


def _union(one: Edges, other: Edges) -> Edges:
    left, top, right, bottom = one
    x1, y1, x2, y2 = other
    return min(left, x1), min(top, y1), max(right, x2), max(bottom, y2)


def _hull(glyphs: list[Glyph]) -> Edges:
    if len(glyphs) == 1:
        return glyphs[0].box
    lefts, tops, rights, bottoms = zip(*map(_BOX, glyphs), strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _turned(box: Edges, turn: int) -> Edges:
    """A box after turning the plane counterclockwise by quarter turns around the origin."""
    left, top, right, bottom = box
    for _ in range(turn % 4):
        left, top, right, bottom = top, -right, bottom, -left
    return left, top, right, bottom
