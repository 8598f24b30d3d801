"""How far a text is from what it should be."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

from rapidfuzz.distance import Levenshtein

_BROKEN_WORD = re.compile("[\u00ad\u0002\ufffe](?:\\s*\\n\\s*)?")
_CJK = "\u3005-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9d"
_BETWEEN_CJK = re.compile(f"(?<=[{_CJK}]) (?=[{_CJK}])")
_WORD = re.compile(f"[{_CJK}]|[^\\s{_CJK}]+")


def normalised(text: str) -> str:
    r"""A text without what is only a matter of setting it.

    Compatibility forms such as ligatures are resolved, any white space is one space (none between
    Chinese or Japanese characters), and words that PDFium found broken at a line's end are whole.
    """
    whole = _BROKEN_WORD.sub("", text)
    spaced = " ".join(unicodedata.normalize("NFKC", whole).split())
    return _BETWEEN_CJK.sub("", spaced)


def edit_distance(truth: str, read: str) -> float:
    """Edit distance of two normalised texts over the length of the longer one: 0 is equal."""
    return Levenshtein.normalized_distance(normalised(truth), normalised(read))


def word_f1(truth: str, read: str) -> float:
    """Harmonic mean of precision and recall over words in any order: 1 is equal.

    A Chinese or Japanese character counts as a word.
    """
    wanted, got = (Counter(_WORD.findall(normalised(text))) for text in (truth, read))
    if not wanted and not got:
        return 1.0
    return 2 * (wanted & got).total() / (wanted.total() + got.total())
