"""Finds where a language model began to repeat itself.

A decoder that has lost its way says the same thing until it runs out of tokens. What a document
itself repeats (leader dots, rules of underscores, empty cells) is short or holds no letter, which
is how the two are told apart.
"""

from __future__ import annotations

import re

_LONGEST_UNIT = 600
_LEAST_TURNS = 5
_LEAST_CHARACTERS = 60
_MANY_TURNS = 8
_MANY_CHARACTERS = 240
_WORDLESS_CHARACTERS = 2000
_TAG = re.compile(r"<[^<>]{1,12}>")


def repetition_start(text: str, *, unfinished: bool = False) -> int | None:
    """Where to cut a text that ends in a loop: behind the first turn of what it repeats.

    Args:
        text: As the model said it.
        unfinished: Whether the model was stopped, so that any repetition at its end is a loop.

    Returns:
        An index of `text`, or None where it does not end in a loop.
    """
    end = len(text.rstrip())
    for period in range(1, min(_LONGEST_UNIT, end // 2) + 1):
        start = _periodic_from(text, end, period)
        length = end - start
        if length >= 3 * period and _is_loop(text[start:end], period, end, unfinished=unfinished):
            return start + period
    return None


def _periodic_from(text: str, end: int, period: int) -> int:
    """From where on each character is the one that stands a period before it, plus that period."""
    place = end - period - 1
    while place >= 0 and text[place] == text[place + period]:
        place -= 1
    return place + 1


def _is_loop(run: str, period: int, total: int, *, unfinished: bool) -> bool:
    length, turns = len(run), len(run) / period
    if not any(map(str.isalnum, _TAG.sub("", run[:period]))):
        return length >= _WORDLESS_CHARACTERS or (unfinished and length >= _MANY_CHARACTERS)
    if unfinished:
        return length >= _LEAST_CHARACTERS
    if turns >= _MANY_TURNS and length >= _MANY_CHARACTERS:
        return True
    return turns >= _LEAST_TURNS and length >= _LEAST_CHARACTERS and 2 * length > total
