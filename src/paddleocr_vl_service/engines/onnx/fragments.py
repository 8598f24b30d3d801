"""Putting lines together again that detection cut at wide spaces.

Justified text, bullets and formulas leave spaces as wide as a gutter between columns. What tells
the two apart is what stands above and below: a gutter goes on there, a space does not.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from paddleocr_vl_service.engines.onnx.line_geometry import PlacedLine, Rect, bounding_rect
from paddleocr_vl_service.text.joining import join_fragments_text
from paddleocr_vl_service.text.kinds import is_equation_number, is_marker

_SAME_ROW = 0.5
_SAME_SIZE = 1.7
_WORD_SPACE = 0.9
_WIDE_SPACE = 2.6
_WIDEST_SPACE = 8.0
_MARKER_SPACE = 4.0
_EQUATION_SPACE = 14.0
_SIGHT = 4.0
_FAR = float("inf")
_EDGE = 0.5
_ACROSS = 3.0
_WIDE_LINE = 4.0
_GUTTER_SIGHT = 2.6
_SCRAP = 4
_SCRAP_INSIDE = 0.3
_SCRAP_BESIDE = 0.4


def join_fragments(lines: Sequence[PlacedLine]) -> list[PlacedLine]:
    """Lines with the fragments of each put together, from top to bottom."""
    ordered = sorted(lines, key=lambda line: (line.rect.left, line.rect.top, line.text))
    lefts = [line.rect.left for line in ordered]
    following: dict[int, int] = {}
    taken: set[int] = set()
    for index, line in enumerate(ordered):
        right = _right_neighbour(index, ordered, lefts)
        if right is not None and right not in taken and _belong(line, ordered[right], ordered):
            following[index] = right
            taken.add(right)
    joined = []
    for index in range(len(ordered)):
        if index not in taken:
            chain = [index]
            while chain[-1] in following:
                chain.append(following[chain[-1]])
            joined.append(_join([ordered[i] for i in chain]))
    return _attach_scraps(
        sorted(joined, key=lambda line: (line.rect.top, line.rect.left, line.text))
    )


def _attach_scraps(lines: Sequence[PlacedLine]) -> list[PlacedLine]:
    """Put indices, halves of small fractions and the like into the line that they stand in."""
    hosts = [line for line in lines if not _is_scrap(line)]
    guests: dict[int, list[PlacedLine]] = {}
    alone: list[PlacedLine] = []
    for line in lines:
        if not _is_scrap(line):
            continue
        touching = [host for host in hosts if _stands_in(line, host)]
        if touching:
            host = max(touching, key=lambda host: (line.rect.shared_height(host.rect), host.text))
            guests.setdefault(id(host), []).append(line)
        else:
            alone.append(line)
    whole = [_with_guests(host, guests.get(id(host), [])) for host in hosts]
    return sorted([*whole, *alone], key=lambda line: (line.rect.top, line.rect.left, line.text))


def _is_scrap(line: PlacedLine) -> bool:
    return len(line.text) <= _SCRAP


def _stands_in(scrap: PlacedLine, host: PlacedLine) -> bool:
    return (
        scrap.rect.shared_height(host.rect) > _SCRAP_INSIDE * scrap.rect.height
        and scrap.rect.shared_width(host.rect) > -_SCRAP_BESIDE * host.em
        and scrap.em < _SAME_SIZE * host.em
    )


def _with_guests(host: PlacedLine, guests: Sequence[PlacedLine]) -> PlacedLine:
    """The host's fragments and its guests from left to right; its place stays the same."""
    if not guests:
        return host
    pieces = [(part.box[0], part.text.strip(), part) for part in host.parts]
    pieces += [(part.box[0], part.text.strip(), part) for guest in guests for part in guest.parts]
    pieces.sort(key=lambda piece: (piece[0], piece[1]))
    return PlacedLine(
        join_fragments_text([text for _, text, _ in pieces]),
        host.rect,
        host.em,
        tuple(part for _, _, part in pieces),
    )


def same_row(one: Rect, other: Rect) -> bool:
    """Whether two lines share a baseline, as far as boxes tell."""
    return one.shared_height(other) >= _SAME_ROW * min(one.height, other.height)


def _right_neighbour(
    index: int, ordered: Sequence[PlacedLine], lefts: Sequence[float]
) -> int | None:
    """The nearest line at the right on the same row; `lefts` are the ordered lines' left edges."""
    line = ordered[index]
    top, bottom, middle = line.rect.top, line.rect.bottom, line.rect.middle_x
    for other in range(bisect_left(lefts, line.rect.right - 0.7 * line.em), len(ordered)):
        rect = ordered[other].rect
        if other == index or rect.top >= bottom or rect.bottom <= top:
            continue
        if rect.middle_x > middle and same_row(line.rect, rect):
            return other
    return None


def _belong(line: PlacedLine, right: PlacedLine, lines: Sequence[PlacedLine]) -> bool:
    em = min(line.em, right.em)
    gap = (right.rect.left - line.rect.right) / em
    if max(line.em, right.em) > _SAME_SIZE * em and not is_equation_number(right.text):
        return False
    gutter, witnesses, crossing = _surroundings(line, right, lines)
    if gutter > crossing:
        return False
    if is_marker(line.text):
        widest = _MARKER_SPACE
    elif is_equation_number(right.text):
        widest = _EQUATION_SPACE
    elif crossing > 1 and not witnesses:
        widest = _WIDEST_SPACE
    else:
        widest = _WIDE_SPACE if crossing > 0 else _WORD_SPACE
    return gap <= widest


def _surroundings(
    line: PlacedLine, right: PlacedLine, lines: Sequence[PlacedLine]
) -> tuple[int, int, int]:
    """Evidence nearby for a gutter in the gap between two lines, all hints at one, and against.

    For: wide lines that end in the gap and lines that start in it, or (a list marker has lines of
    its own kind starting after it) wide lines that cover the left one and end in the gap.
    Against: lines that run across it.
    """
    em = min(line.em, right.em)
    marker = is_marker(line.text)
    sight = _FAR if marker else _SIGHT * em
    start, end = line.rect.right - _EDGE * em, right.rect.left + _EDGE * em
    nearly = min(start, end - _GUTTER_SIGHT * em)
    ending = starting = crossing = covering = 0
    for other in lines:
        rect = other.rect
        if rect.bottom < line.rect.top - sight or rect.top > line.rect.bottom + sight:
            continue
        if same_row(rect, line.rect) or same_row(rect, right.rect):
            continue
        if rect.left < start - _ACROSS * em and rect.right > end + _ACROSS * em:
            crossing += 1
        elif nearly < rect.right < end and rect.width > _WIDE_LINE * em:
            ending += 1
            covering += rect.left < line.rect.left - em
        elif start < rect.left < end:
            starting += 1
    gutter = covering if marker else min(ending, starting)
    return gutter, ending + starting, crossing


def _join(fragments: Sequence[PlacedLine]) -> PlacedLine:
    if len(fragments) == 1:
        return fragments[0]
    return PlacedLine(
        join_fragments_text([fragment.text for fragment in fragments]),
        bounding_rect(fragment.rect for fragment in fragments),
        max(fragments, key=lambda fragment: fragment.rect.width).em,
        tuple(part for fragment in fragments for part in fragment.parts),
    )
