"""Joining lines of text into running text."""

from __future__ import annotations

import re
from collections.abc import Iterable

from paddleocr_vl_service.text.kinds import is_cjk_char

_BROKEN_WORD = re.compile(r"(?P<stem>(?:[^\W_]{1,4}['’])?[^\W_]+)[-\u00ad\u2010]$")
_SUSPENDED = {"and", "or", "und", "oder", "bzw", "et", "ou", "y", "e", "to", "bis"}


def join_lines(texts: Iterable[str]) -> str:
    """One running text: broken words mended, CJK without spaces, all else with one."""
    joined = ""
    for text in filter(None, (text.strip() for text in texts)):
        joined = _append(joined, text) if joined else text
    return joined


def _append(before: str, after: str) -> str:
    broken = _BROKEN_WORD.search(before)
    if broken and _continues_word(broken["stem"], after):
        return before[:-1] + after
    if broken and after[0].isalnum() and _first_word(after).lower() not in _SUSPENDED:
        return before + after
    if is_cjk_char(before[-1]) or is_cjk_char(after[0]):
        return before + after
    return f"{before} {after}"


def _continues_word(stem: str, after: str) -> bool:
    """A hyphen at a line's end is the typesetter's when a lower-case word goes on after it.

    `X-` + `ray`, `semi-` + `Markov` and `Vor-` + `und` keep theirs; `l’é-` + `cluse` does not.
    """
    word = _first_word(after)
    return (
        bool(word)
        and word[0].islower()
        and word.lower() not in _SUSPENDED
        and len(stem) > 1
        and stem[-1].islower()
    )


def _first_word(text: str) -> str:
    match = re.match(r"[^\W\d_]+", text)
    return match.group() if match else ""


def join_fragments_text(texts: Iterable[str]) -> str:
    """Pieces of one line: a space between them unless both sides are CJK."""
    joined = ""
    for text in texts:
        if joined and is_cjk_char(joined[-1]) and is_cjk_char(text[0]):
            joined += text
        else:
            joined = f"{joined} {text}" if joined else text
    return joined
