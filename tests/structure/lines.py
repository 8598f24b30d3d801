"""Text broken into lines, as typesetters do it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_CJK = re.compile("[\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uff00-\uffef]")
_NOT_FIRST = "、。，．！？：；」』）〉》ー々ゃゅょっャュョッ"
_NOT_LAST = "「『（〈《"

Measure = Callable[[str], float]


@dataclass(frozen=True)
class Line:
    """A line of text.

    Attributes:
        text: What is printed, a hyphen at its end included.
        indent: From the column's left edge, points.
        last: Whether it is its paragraph's last, which is not stretched.
    """

    text: str
    indent: float
    last: bool


def broken(
    text: str, width: float, measure: Measure, *, first: float = 0, rest: float = 0
) -> list[Line]:
    """Lines no wider than `width`.

    Args:
        text: With `|` where a word may be broken.
        width: Points.
        measure: A string's width in points.
        first: Indent of the first line.
        rest: Indent of the others.
    """
    lines: list[Line] = []
    current = ""
    for piece in _pieces(text):
        indent = rest if lines else first
        if measure((current + piece).replace("|", "").rstrip()) <= width - indent:
            current += piece
            continue
        head, tail = _hyphenated(current, piece, width - indent, measure)
        lines.append(Line(head.strip(), indent, last=False))
        current = tail
    lines.append(Line(current.replace("|", "").strip(), rest if lines else first, last=True))
    return lines


def _pieces(text: str) -> list[str]:
    """What a line may be broken after: words with their space, and CJK characters."""
    pieces: list[str] = []
    for word in re.findall(r"\S+\s*", text):
        if not _CJK.search(word):
            pieces.append(word)
            continue
        for run in re.findall(
            rf"{_CJK.pattern}|[^\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uff00-\uffef]+", word
        ):
            if pieces and (run[0] in _NOT_FIRST or pieces[-1][-1] in _NOT_LAST):
                pieces[-1] += run
            else:
                pieces.append(run)
    return pieces


def _hyphenated(current: str, word: str, width: float, measure: Measure) -> tuple[str, str]:
    """The line as long as it can be, and what is left for the next one."""
    parts = word.split("|")
    line = current.replace("|", "")
    for count in range(len(parts) - 1, 0, -1):
        longer = f"{line}{''.join(parts[:count])}-"
        if measure(longer) <= width:
            return longer, "|".join(parts[count:])
    return line, word
