"""From characters with places to lines of text; knows nothing of PDF.

Characters come in the order in which the page draws them. Where they stand decides what is a
line: neither a word drawn out of turn nor the cells of a table row follow from that order.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

Edges = tuple[float, float, float, float]

# All of these are parts of a line's height.
_SAME_LINE_OVERLAP = 0.4
_CELL_GAP = 1.5
_BACKWARD_GAP = 0.5
_PIECE_GAP = 1.0
_SPACE_GAP = 0.15

_PIECE_HEIGHTS = 2.0
_MOST_PIECES = 1500  # keeps the time within bounds where every letter is a piece of its own

_SOFT_HYPHEN = "\xad"


@dataclass(frozen=True)
class Glyph:
    """One visible character.

    Attributes:
        text: The character.
        box: Left, top, right, bottom in pixels.
        turn: Quarter turns clockwise by which its text runs away from left to right.
        after_space: Whether a space stands between it and the character before.
    """

    text: str
    box: Edges
    turn: int = 0
    after_space: bool = False


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
        """What it says; soft hyphens only where it ends with one."""
        parts = [f" {glyph.text}" if glyph.after_space else glyph.text for glyph in self.glyphs]
        text = "".join(parts).strip()
        if text.endswith(_SOFT_HYPHEN):
            text = text[:-1] + "-"
        return text.replace(_SOFT_HYPHEN, "")

    @property
    def box(self) -> Edges:
        """Left, top, right, bottom in pixels."""
        return _turned(self.extent, -self.turn)


def gather(glyphs: Iterable[Glyph | None]) -> list[Line]:
    """Lines in the order in which they were begun; None among the characters is a line break."""
    return _joined(list(_runs(glyphs)))


def _runs(glyphs: Iterable[Glyph | None]) -> Iterator[Line]:
    line: Line | None = None
    for glyph in glyphs:
        if glyph is None:
            if line is not None:
                yield line
            line = None
            continue
        box = _turned(glyph.box, glyph.turn)
        if line is not None and _goes_on(line, glyph, box):
            line.glyphs.append(glyph)
            line = Line(line.glyphs, _union(line.extent, box), box)
            continue
        if line is not None:
            yield line
        line = Line([replace(glyph, after_space=False)], box, box)
    if line is not None:
        yield line


def _goes_on(line: Line, glyph: Glyph, box: Edges) -> bool:
    if glyph.turn != line.turn or not _side_by_side(line.extent, box):
        return False
    height = max(_height(line.extent), _height(box))
    # Text that is written from right to left runs backwards without a gap.
    forward, backward = box[0] - line.last[2], line.last[0] - box[2]
    return forward <= _CELL_GAP * height and backward <= _BACKWARD_GAP * height


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
    first = replace(right.glyphs[0], after_space=spaced)
    glyphs = [*left.glyphs, first, *right.glyphs[1:]]
    return Line(glyphs, _union(left.extent, right.extent), right.last)


def _is_right_to_left(line: Line) -> bool:
    return any(unicodedata.bidirectional(glyph.text[0]) in ("R", "AL") for glyph in line.glyphs)


def _overlap(one: Edges, other: Edges) -> float:
    return min(one[3], other[3]) - max(one[1], other[1])


def _side_by_side(one: Edges, other: Edges) -> bool:
    return _overlap(one, other) >= _SAME_LINE_OVERLAP * min(_height(one), _height(other))


def _height(box: Edges) -> float:
    return box[3] - box[1]


def _union(one: Edges, other: Edges) -> Edges:
    return (
        min(one[0], other[0]),
        min(one[1], other[1]),
        max(one[2], other[2]),
        max(one[3], other[3]),
    )


def _turned(box: Edges, turn: int) -> Edges:
    """A box after turning the plane counterclockwise by quarter turns around the origin."""
    left, top, right, bottom = box
    for _ in range(turn % 4):
        left, top, right, bottom = top, -right, bottom, -left
    return left, top, right, bottom
