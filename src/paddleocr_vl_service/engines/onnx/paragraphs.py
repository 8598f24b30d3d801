"""Blocks into paragraphs, by what typesetters do.

A paragraph starts where the gap grows, where a line is indented (or hangs out), after a line that
ended although the next word would have fitted, and at list markers.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from paddleocr_vl_service.engines.onnx.blocks import Block
from paddleocr_vl_service.engines.onnx.layout_advice import Advice, advice_for
from paddleocr_vl_service.engines.onnx.line_geometry import PlacedLine
from paddleocr_vl_service.engines.onnx.types import LayoutLabel
from paddleocr_vl_service.text.kinds import (
    ends_sentence,
    is_bulleted,
    is_citation,
    is_cjk_char,
    is_list_item,
)

_WIDER_PITCH = 1.25
_CLEAR_GAP = 0.15
_NEARBY = 3
_INDENT = 0.7
_CJK_INDENT = 1.1
_ONE_CHARACTER = 0.75
_HANGING = 0.7
_FLUSH = 0.5
_FLUSH_LINES = 4
_APART = (LayoutLabel.TITLE, LayoutLabel.FIGURE_CAPTION, LayoutLabel.TABLE_CAPTION)


def split_paragraphs(block: Block, advice: Sequence[Advice] = ()) -> list[Block]:
    """The block's paragraphs, from top to bottom.

    Gaps come first: what they separate has indents of its own. Layout detection has a say where
    it sees a heading or a caption next to text.
    """
    return [
        paragraph
        for part in _split_at_gaps(block.lines, advice)
        for paragraph in _split_at_indents(part)
    ]


def _split_at_gaps(lines: Sequence[PlacedLine], advice: Sequence[Advice]) -> list[list[PlacedLine]]:
    pitches = [after.rect.middle_y - before.rect.middle_y for before, after in pairwise(lines)]
    gaps = [after.rect.top - before.rect.bottom for before, after in pairwise(lines)]
    parts = [[lines[0]]]
    for place, pitch in enumerate(pitches):
        before, line = lines[place], lines[place + 1]
        around = slice(max(place - _NEARBY, 0), place + _NEARBY + 1)
        wider = pitch > _WIDER_PITCH * _quarter(pitches[around])
        clear = gaps[place] > _quarter(gaps[around]) + _CLEAR_GAP * min(before.em, line.em)
        if (wider and clear) or _set_apart(before, line, advice):
            parts.append([])
        parts[-1].append(line)
    return parts


def _quarter(values: Sequence[float]) -> float:
    """What a quarter of the values lie below: the usual one where many are larger."""
    return sorted(values)[len(values) // 4]


def _split_at_indents(lines: Sequence[PlacedLine]) -> list[Block]:
    if len(lines) < 2:
        return [Block(tuple(lines))]
    habits = _Habits(lines)
    paragraphs = [[lines[0]]]
    for before, line in pairwise(lines):
        if habits.starts(paragraphs[-1][0], before, line):
            paragraphs.append([])
        paragraphs[-1].append(line)
    return [Block(tuple(paragraph)) for paragraph in paragraphs]


class _Habits:
    """Knows how lines are set in a run of them, and so where paragraphs start in it."""

    def __init__(self, lines: Sequence[PlacedLine]) -> None:
        self._em = median(line.em for line in lines)
        self._left = min(line.rect.left for line in lines)
        self._margins = _right_margins(lines, self._em)
        middles = [line.rect.middle_x for line in lines]
        self._centred = (
            max(middles) - min(middles) < 0.5 * self._em
            and max(line.rect.left for line in lines) - self._left > self._em
        )
        pairs = list(pairwise(lines))
        indented = [(before, line) for before, line in pairs if self._is_indented(line)]
        after_end = sum(self.ended_early(before, line) for before, line in indented)
        flush = len(lines) - len(indented)
        self._hanging = len(indented) > max(1.0, _HANGING * flush) and 2 * after_end < len(indented)

    def starts(self, first: PlacedLine, before: PlacedLine, line: PlacedLine) -> bool:
        """Whether a paragraph starts with a line; the current one starts with `first`."""
        if is_bulleted(line.text) or self._centred:
            return is_bulleted(line.text)
        ended = self.ended_early(before, line)
        flush = not self._is_indented(line)
        if is_citation(line.text) and (ended or is_citation(first.text)):
            return True
        aligned = abs(line.rect.left - before.rect.left) < _INDENT * self._em
        nested = _is_item(first) and (not aligned or before is first)
        if is_list_item(line.text) and (ended or flush or nested):
            return True
        if before.rect.left - line.rect.left > _INDENT * self._em:
            return ended or self._hanging or (flush and _is_item(first))
        if self._hanging:
            goes_on = line.text[0].islower() and not ended
            return (flush and self._is_indented(before) and not goes_on) or (
                ended and ends_sentence(before.text)
            )
        deeper = not flush and line.rect.left - before.rect.left > _INDENT * self._em
        deeper = deeper or self._is_indented_by_one(before, line)
        return ended or (deeper and not (before is first and _is_item(first)))

    def ended_early(self, before: PlacedLine, line: PlacedLine) -> bool:
        """The next word would have fitted: the line was ended on purpose."""
        room = self._margins[id(before)] - before.rect.right
        return room > _first_word_width(line) + 1.5 * self._em

    def _is_indented(self, line: PlacedLine) -> bool:
        indent = _CJK_INDENT if is_cjk_char(line.text[0]) else _INDENT
        return line.rect.left > self._left + indent * self._em

    def _is_indented_by_one(self, before: PlacedLine, line: PlacedLine) -> bool:
        """Chinese and Japanese paragraphs begin with the width of a character.

        Punctuation at the start of a line looks like half of that, and an inaccurate box as well,
        so a sentence must have ended.
        """
        return (
            is_cjk_char(line.text[0])
            and ends_sentence(before.text)
            and line.rect.left - self._left > _ONE_CHARACTER * self._em
            and before.rect.left - self._left < _FLUSH * self._em
        )


def _right_margins(lines: Sequence[PlacedLine], em: float) -> dict[int, float]:
    """How far to the right each line (by its id) could have gone.

    Text that runs round a picture or an infobox has several measures, one after the other. Lines
    of justified text that end at one edge show theirs; no line is longer than its measure.
    """
    runs: list[list[PlacedLine]] = []
    for line in lines:
        if runs and abs(runs[-1][-1].rect.right - line.rect.right) < _FLUSH * em:
            runs[-1].append(line)
        else:
            runs.append([line])
    widest = max(line.rect.right for line in lines)
    edges = [
        max(line.rect.right for line in run) if len(run) >= _FLUSH_LINES else None for run in runs
    ]
    margins: dict[int, float] = {}
    for place, run in enumerate(runs):
        nearby = [edges[place], *edges[:place][::-1], *edges[place + 1 :]]
        longest = max(line.rect.right for line in run)
        fitting = [edge for edge in nearby if edge is not None and edge > longest - _FLUSH * em]
        margins.update((id(line), fitting[0] if fitting else widest) for line in run)
    return margins


def _is_item(line: PlacedLine) -> bool:
    return is_list_item(line.text) or is_citation(line.text)


def _first_word_width(line: PlacedLine) -> float:
    if is_cjk_char(line.text[0]):
        return 1.5 * line.em
    word = line.text.split()[0]
    return line.rect.width * len(word) / len(line.text)


def _set_apart(before: PlacedLine, line: PlacedLine, advice: Sequence[Advice]) -> bool:
    if _is_bold(before) and not _is_bold(line) and before.rect.right < line.rect.right - line.em:
        return True
    one, other = advice_for(before.rect, advice), advice_for(line.rect, advice)
    if one is None or other is None or one.label is other.label:
        return False
    return one.label in _APART or other.label in _APART


def _is_bold(line: PlacedLine) -> bool:
    return all(part.bold for part in line.parts)
