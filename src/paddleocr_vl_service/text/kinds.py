"""What a piece of text looks like, apart from where it stands."""

from __future__ import annotations

import re

_CJK = re.compile(
    "[\u2e80-\u303f\u3040-\u30ff\u3100-\u312f\u31a0-\u31bf\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff]"
)
_BULLET = r"[•‣◦▪▫■□●○◆◇▶►➢➤✓✔❖·∙⁃\uf0b7]"
_NUMBER = (
    r"(?:\(?\d{1,3}[.)、．]|\(\d{1,3}\)|（\d{1,3}）|[①-⑳]"
    r"|\(?[a-zA-Z][.)]|\(?(?:[ivx]{1,5}|[IVX]{1,5})[.)])"
)
_MARKER_ONLY = re.compile(rf"(?:{_BULLET}|[-–—*+o]|{_NUMBER}|\d{{1,3}}(?:\.\d{{1,3}}){{0,4}}\.?)")
_BULLET_ITEM = re.compile(rf"(?:{_BULLET}\s*|[-–—*o]\s+)\S")
_NUMBERED_ITEM = re.compile(rf"(?P<number>{_NUMBER})\s*(?=\D)\S")
_CITATION = re.compile(r"\[\d{1,3}\]\s*\S")
_PAGE_NUMBER = re.compile(
    r"[-–—·.\s\[(|]*(?:(?:page|seite|s\.|p\.|pp\.|第|стр\.?)\s*)?"
    r"(?:\d{1,4}|[ivxlc]{1,7}|[IVXLC]{1,7}|[一二三四五六七八九十〇○百\s]{1,9})"
    r"(?:\s*(?:/|of|von|de|共|／)\s*(?:\d{1,4}|[ivxlc]{1,7}))?\s*页?[-–—·.\s\])|]*",
    re.IGNORECASE,
)
_EQUATION_NUMBER = re.compile(r"[(（]\s*(?:[A-Z]\.?)?\d{1,3}(?:[.\-]\d{1,3})*[a-z]?\s*[)）]")
_CAPTION = re.compile(
    r"(?:fig(?:ure|\.)?|table|tab\.|tabelle|abb(?:ildung|\.)|tableau|scheme|chart|listing|algorithm"
    r"|图表?|圖|表|図)(?!s\b)\s*(?:[A-Z]\s*[.\-]?\s*)?[\dIVX]+(?:[.\-–]\d+)*\s*(?P<end>[.:：|—–\-]|\s|$|\D)",
    re.IGNORECASE,
)
_SUBSECTION = re.compile(r"(?:§\s*)?(?:\d{1,2}|[A-Z])(?:\.\d{1,2}){1,4}\.?\s*[^\W\d_]{2,}")
_YEAR = re.compile(r"(?<!\d)(?:1[5-9]|20)\d\d(?!\d)")
_REFERENCE_ENTRY = re.compile(
    r"\[\s*\w[\w+\-]{0,12}\s*\]|\d{1,3}[.\]]?\s*\S|[A-Z][\w'’-]+,? (?:[A-Z]\.|and |et )"
)
_MATH = re.compile(r"[=<>≤≥≈≠±×÷∑∏∫√∂∇∈∀∃→∞⊂⊆∪∩^_{}|+*/\\Α-Ωα-ω]")
_FORMULA_SIGN = re.compile(r"[≤≥≈≠∑∏∫√∂∇∈∀∃∞⊂⊆∪∩Α-Ωα-ω]")
_WORD = re.compile(r"\w+", re.UNICODE)
_SENTENCE_END = re.compile(r"[.!?;:。！？；：…]['\"”’)\]）】」』]*(?:\d{1,3}(?:[,–-]\d{1,3})*)?$")

_MOSTLY_LETTERS = 0.6
_MISSED = 3
_SHORT = 4
_ROMAN = {"i": 1, "v": 5, "x": 10}
_LETTERS = re.compile(r"[^\W\d_]+")
_WORDY = 0.35
_PROSE_START = re.compile(r"[^\W\d_]{4,}\b|[^\W\d_]{2,}[\s,]+[^\W\d_]{2,}\b")
_SENTENCE_START = re.compile(r"[A-ZÀ-ÖØ-Þ][a-zß-ÿ]+ [A-Za-zÀ-ÿ]{2,}\b")
_FUNCTIONS = {"sinh", "cosh", "tanh", "argmax", "argmin", "rank", "diag", "sign", "span"}


def is_cjk_char(char: str) -> bool:
    """Whether a character is written without spaces around it."""
    return _CJK.match(char) is not None


def is_cjk(text: str) -> bool:
    """Whether most of the letters are Chinese or Japanese."""
    if text.isascii():
        return False
    letters = sum(map(len, text.split()))
    return letters > 0 and 2 * count_cjk(text) >= letters


def count_cjk(text: str) -> int:
    """How many characters are written without spaces around them."""
    return 0 if text.isascii() else len(_CJK.findall(text))


def is_marker(text: str) -> bool:
    """A list marker or section number alone, as detection finds it before a wide space."""
    return _MARKER_ONLY.fullmatch(text.strip()) is not None


def is_bulleted(text: str) -> bool:
    """An item of an unnumbered list."""
    return _BULLET_ITEM.match(text) is not None


def item_number(text: str) -> str | None:
    """The marker of a numbered item, None where the text starts with none."""
    match = _NUMBERED_ITEM.match(text)
    return match["number"] if match else None


def is_page_number(text: str) -> bool:
    """Nothing but a page number with its ornaments."""
    return _PAGE_NUMBER.fullmatch(text.strip()) is not None


def is_equation_number(text: str) -> bool:
    """A number in parentheses, as it stands at the right of a formula."""
    return _EQUATION_NUMBER.fullmatch(text.strip()) is not None


def starts_like_caption(text: str) -> bool:
    """Starts as captions of figures and tables do: with their kind and number."""
    return _CAPTION.match(text.strip()) is not None


def is_subsection(text: str) -> bool:
    """Starts with a number in several parts and a word, as headings of subsections do."""
    return _SUBSECTION.match(text.strip()) is not None


def ends_sentence(text: str) -> bool:
    """Ends with a mark that closes a sentence or announces what follows."""
    return _SENTENCE_END.search(text.strip()) is not None


def word_count(text: str) -> int:
    """Words of letters, a CJK character counting as half a word."""
    cjk = len(_CJK.findall(text))
    return len(_LETTERS.findall(_CJK.sub(" ", text))) + cjk // 2


def is_list_item(text: str) -> bool:
    """An item of a bulleted or numbered list."""
    return is_bulleted(text) or item_number(text) is not None


def is_citation(text: str) -> bool:
    """Starts with a number in brackets, as numbered entries of a bibliography do."""
    return _CITATION.match(text) is not None


def is_reference_entry(text: str) -> bool:
    """Starts as entries of a bibliography do; what starts like any list names a year as well."""
    if _REFERENCE_ENTRY.match(text.strip()) is None:
        return False
    return item_number(text.strip()) is None or _YEAR.search(text) is not None


def reads_like_prose(text: str) -> bool:
    """Whether words and not symbols make up a line."""
    text = _NUMBERED_ITEM.sub(lambda match: match.group()[-1], text.strip(), count=1)
    signs = sum(map(len, text.split()))
    words = [word for word in _LETTERS.findall(text) if word.lower() not in _FUNCTIONS]
    lettered = sum(len(word) for word in words if len(word) > 3)
    start = _PROSE_START.match(text)
    begins = start is not None and start.group().lower() not in _FUNCTIONS
    return is_cjk(text) or begins or lettered > _WORDY * signs


def starts_sentence(text: str) -> bool:
    """Starts with a capitalised word and another word."""
    return _SENTENCE_START.match(text.strip()) is not None


def has_mathematics(text: str) -> bool:
    """More than one sign that stands in formulas."""
    return len(_MATH.findall(text)) > 1


def has_formula_signs(text: str) -> bool:
    """A sign that stands in formulas only, neither in code nor in tables of numbers."""
    return _FORMULA_SIGN.search(text) is not None


def has_signs(text: str) -> bool:
    """A digit, a bracket or a sign of mathematics: more than letters."""
    return any(char.isdigit() or char in "()[]" for char in text) or bool(_MATH.search(text))


def is_capitals(text: str) -> bool:
    """Words in capitals throughout, without digits."""
    return (
        text.isupper()
        and max(map(len, _LETTERS.findall(text)), default=0) > _SHORT
        and not any(char.isdigit() for char in text)
    )


def has_words(text: str) -> bool:
    """Whether most of a text is words and not signs: a word of three letters, or some CJK."""
    signs = [char for char in text if not char.isspace()]
    letters = sum(char.isalpha() for char in signs)
    worded = len(_CJK.findall(text)) > 1 or any(
        len(word) > 2 and word.isalpha() for word in _WORD.findall(text)
    )
    return worded and letters > _MOSTLY_LETTERS * len(signs)


def numbers_follow(marker: str, following: str) -> bool:
    """Whether one item's marker comes after another's in one list; a few may be missing."""
    one, other = _values(marker), _values(following)
    return any(0 < b - a <= _MISSED for kind, a in one.items() if (b := other.get(kind, -1)) > 0)


def is_first_number(marker: str) -> bool:
    """Whether an item's marker opens a list: 1, a, A, i, I."""
    return 1 in _values(marker).values()


def _values(marker: str) -> dict[str, int]:
    """What a marker counts as: a number, a letter, a Roman number."""
    core = marker.strip("()（）.、． ")
    if core.isdecimal():
        return {"number": int(core)}
    values: dict[str, int] = {}
    if len(core) == 1 and "①" <= core <= "⑳":
        values["circled"] = ord(core) - ord("①") + 1
    elif len(core) == 1 and core.isalpha():
        values["upper" if core.isupper() else "lower"] = ord(core.lower()) - ord("a") + 1
    if core and set(core.lower()) <= set(_ROMAN):
        values["ROMAN" if core.isupper() else "roman"] = _roman(core.lower())
    return values


def _roman(text: str) -> int:
    values = [_ROMAN[char] for char in text]
    return sum(
        -value if place + 1 < len(values) and value < values[place + 1] else value
        for place, value in enumerate(values)
    )
