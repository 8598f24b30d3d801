"""Lines into blocks: runs of lines of one size, one under the other.

A block ends where its size changes, where the gap is more than a line, and where several lines
stand side by side below one (or above one): so no block runs on across a spanning heading or
from one column into the next.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from paddleocr_vl_service.engines.onnx.line_geometry import (
    PlacedLine,
    Rect,
    bounding_rect,
)

_SIZE_RATIO = 1.4
_ALIGNED_SIZE_RATIO = 1.6
_MOST_GAP = 0.9
_MORE_THAN_USUAL = 0.35
_LINE_GAP = 1.5
_GAPS_TO_TELL = 4
_SIGHT = 3.0
_SAME_ROW = 0.6
_BELOW = 0.4
_SHARED = 0.3


@dataclass(frozen=True)
class Block:
    """Lines one under the other."""

    lines: tuple[PlacedLine, ...]

    @property
    def rect(self) -> Rect:
        """Around all lines."""
        return bounding_rect(line.rect for line in self.lines)


def build_blocks(lines: Sequence[PlacedLine]) -> list[Block]:
    """Chains of lines, each the only one below the other, of one size, with a line's gap."""
    ordered = sorted(lines, key=lambda line: (line.rect.middle_y, line.rect.left, line.text))
    pairs = _neighbours(ordered)
    gaps = [
        gap
        for one, other in pairs
        if (gap := _gap(ordered[one], ordered[other]))
        < _LINE_GAP * min(ordered[one].em, ordered[other].em)
    ]
    usual_gap = median(gaps) if len(gaps) >= _GAPS_TO_TELL else 0.0
    following = {
        one: other for one, other in pairs if _continues(ordered[one], ordered[other], usual_gap)
    }
    blocks = []
    for index in sorted(set(range(len(ordered))) - set(following.values())):
        chain = [index]
        while chain[-1] in following:
            chain.append(following[chain[-1]])
        blocks.append(Block(tuple(ordered[place] for place in chain)))
    return blocks


def _neighbours(ordered: Sequence[PlacedLine]) -> list[tuple[int, int]]:
    """Pairs of lines of which each is the other's only one, below and above."""
    count = len(ordered)
    rects = [line.rect for line in ordered]
    ems = [line.em for line in ordered]
    below = [_next_row(index, rects, ems) for index in range(count)]
    flipped = [Rect(rect.left, -rect.bottom, rect.right, -rect.top) for rect in reversed(rects)]
    above = [
        [count - 1 - place for place in _next_row(count - 1 - index, flipped, ems[::-1])]
        for index in range(count)
    ]
    pairs = [
        (index, target)
        for index in range(count)
        for target in below[index]
        if index in above[target]
    ]
    uppers = Counter(one for one, _ in pairs)
    lowers = Counter(other for _, other in pairs)
    return [(one, other) for one, other in pairs if uppers[one] == lowers[other] == 1]


def _next_row(index: int, rects: Sequence[Rect], ems: Sequence[float]) -> list[int]:
    """The lines directly below a line: the first one that shares its width, and its row."""
    rect, em = rects[index], ems[index]
    found: list[int] = []
    row = 0.0
    for other in range(index + 1, len(rects)):
        candidate, its_em = rects[other], ems[other]
        if found and candidate.middle_y > row + _SAME_ROW * min(em, its_em):
            break
        if candidate.top > rect.bottom + _SIGHT * em:
            break
        if candidate.middle_y - rect.middle_y < _BELOW * max(em, its_em):
            continue
        if candidate.shared_width(rect) > _SHARED * em:
            row = row if found else candidate.middle_y
            found.append(other)
    return found


def _gap(above: PlacedLine, below: PlacedLine) -> float:
    return below.rect.top - above.rect.bottom


def _continues(above: PlacedLine, below: PlacedLine, usual_gap: float) -> bool:
    """Whether the lower line is of the upper one's size and near it."""
    small, large = sorted((above.em, below.em))
    aligned = (
        abs(above.rect.left - below.rect.left) < small
        and abs(above.rect.right - below.rect.right) < small
    )
    if large > (_ALIGNED_SIZE_RATIO if aligned else _SIZE_RATIO) * small:
        return False
    return _gap(above, below) <= max(_MOST_GAP * small, usual_gap + _MORE_THAN_USUAL * small)
