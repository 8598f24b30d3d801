"""The numbers that headings carry: "2.3.1", "Chapter 4", "第三章", "§ 5", "A.1", "IV."."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum


class NumberingKind(str, Enum):
    """How a heading is numbered."""

    PART = "part"
    CHAPTER = "chapter"
    SECTION = "section"
    """By its word or sign, not by a bare number."""
    DECIMAL = "decimal"
    ROMAN = "roman"
    LETTER = "letter"


@dataclass(frozen=True)
class Numbering:
    """The number of a heading.

    Attributes:
        kind: How it is written.
        numbers: 2, 3, 1 of "2.3.1"; letters count from 1.
        bare: Whether nothing follows, as where "Chapter 4" stands on a line of its own.
    """

    kind: NumberingKind
    numbers: tuple[int, ...]
    bare: bool = False

    @property
    def family(self) -> tuple[NumberingKind, int]:
        """What headings of one level have in common: kind and depth."""
        return self.kind, len(self.numbers)

    def comes_before(self, other: Numbering) -> bool:
        """Whether the other one is next of the same family: "2" and "3", "2.4" and "3.1"."""
        if self.family != other.family:
            return False
        *parents, last = self.numbers
        *next_parents, next_last = other.numbers
        if parents == next_parents:
            return next_last == last + 1
        return next_last == 1 and parents < next_parents


_CJK_DIGITS = {char: value for value, char in enumerate("〇一二三四五六七八九")}
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_ROMAN = "[IVXLC]{1,7}"
_COUNT = rf"(?:\d{{1,3}}|{_ROMAN}|[A-Z])"
_WORDS = {
    NumberingKind.PART: "part|teil|partie|parte|часть",
    NumberingKind.CHAPTER: (
        "chapter|kapitel|chapitre|cap[ií]tulo|capitolo|глава"
        "|appendix|anhang|annexe?|ap[eé]ndice|appendice|приложение"
    ),
    NumberingKind.SECTION: "section|abschnitt|secci[oó]n|sezione|раздел|§",
}
_CJK_WORDS = {
    NumberingKind.PART: "[部编編篇]",
    NumberingKind.CHAPTER: "章",
    NumberingKind.SECTION: "[节節条條]",
}
_WORDED = [
    (
        kind,
        re.compile(
            rf"(?i:{words})(?:\s+|(?<=§)|(?=\d))(?P<number>{_COUNT}(?:\.\d{{1,2}})*)\b[.:：]?"
        ),
    )
    for kind, words in _WORDS.items()
]
_CJK_WORDED = [
    (kind, re.compile(rf"第\s*(?P<number>\d{{1,3}}|[〇一二三四五六七八九十百]{{1,5}})\s*{word}"))
    for kind, word in _CJK_WORDS.items()
]
_CJK_APPENDIX = re.compile(r"(?:附\s*录|附\s*錄|付\s*録)\s*(?P<number>[A-Z]|\d{1,2})")
_DECIMAL = re.compile(
    r"(?P<number>(?:\d{1,2}|[A-Z])(?:\.\d{1,3}){1,5})\.?(?:\s+\S|(?=[\u3040-\u9fff]))"
)
_SINGLE = re.compile(r"(?P<number>\d{1,2})[.．、]?\s*(?P<next>\S)")
_ROMAN_POINT = re.compile(rf"(?P<number>{_ROMAN})\.\s+(?P<next>\S)(?!\.)")
_LETTER_POINT = re.compile(r"(?P<number>[A-Z])\.\s+(?P<next>\S)(?!\.)")


def numbering_of(text: str) -> Numbering | None:
    """The number that a heading starts with, None where there is none.

    A bare number needs a capital or a CJK character after it: "3 Results", not "3 results were".
    """
    text = text.strip()
    for kind, pattern in (*_WORDED, *_CJK_WORDED, (NumberingKind.CHAPTER, _CJK_APPENDIX)):
        match = pattern.match(text)
        if match:
            numbers = tuple(_value(part) for part in match["number"].split("."))
            return Numbering(kind, numbers, bare=match.end() == len(text))
    match = _DECIMAL.match(text)
    if match:
        parts = match["number"].split(".")
        if not (parts[0].isdecimal() and int(parts[0]) == 0):
            return Numbering(NumberingKind.DECIMAL, tuple(_value(part) for part in parts))
        return None
    return _single(text)


def _single(text: str) -> Numbering | None:
    for kind, pattern in (
        (NumberingKind.ROMAN, _ROMAN_POINT),
        (NumberingKind.LETTER, _LETTER_POINT),
        (NumberingKind.DECIMAL, _SINGLE),
    ):
        match = pattern.match(text)
        if match is None or not _starts_heading(match["next"]):
            continue
        # C, D and L are letters far more often than 100, 500 and 50.
        if kind is NumberingKind.ROMAN and match["number"] in ("C", "L"):
            continue
        spaced = text[match.end("number")] in ".．、 \u3000\t"
        if kind is NumberingKind.DECIMAL and not spaced and not _is_ideograph(match["next"]):
            continue
        value = _roman(match["number"]) if kind is NumberingKind.ROMAN else _value(match["number"])
        return Numbering(kind, (value,))
    return None


def _starts_heading(char: str) -> bool:
    return char.isalpha() and not char.islower()


def _is_ideograph(char: str) -> bool:
    return "\u3040" <= char <= "\u9fff"


def _value(count: str) -> int:
    if count.isdecimal():
        return int(count)
    if len(count) == 1 and count.isascii() and count not in "IVX":
        return ord(count.upper()) - ord("A") + 1
    if count[0] in _CJK_DIGITS or count[0] in "十百":
        return _cjk(count)
    return _roman(count)


def _roman(text: str) -> int:
    values = [_ROMAN_VALUES[char] for char in text.upper()]
    following = [*values[1:], 0]
    return sum(-one if one < after else one for one, after in zip(values, following, strict=True))


def _cjk(text: str) -> int:
    total, digit = 0, 0
    for char in text:
        if char in "十百":
            total += (digit or 1) * (10 if char == "十" else 100)
            digit = 0
        else:
            digit = _CJK_DIGITS[char]
    return total + digit
