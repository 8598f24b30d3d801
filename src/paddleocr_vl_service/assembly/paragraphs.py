"""Paragraphs, list items and references that go on in the next column or on the next page.

A part goes on where it ends without the end of a sentence and the next begins in the middle of
one: with a small letter, after a broken word or a comma, or in CJK, which has no capitals. Both
are set alike, and the place of the second is one where a text can go on: the next column, the
next page, or below something that stands in between.
"""

from __future__ import annotations

import re

from paddleocr_vl_service.assembly.flow import (
    FLOATS,
    Meeting,
    Pages,
    join_neighbours,
    last_part,
    merged,
)
from paddleocr_vl_service.models.document import BBox, Element, ElementType
from paddleocr_vl_service.text.joining import join_lines
from paddleocr_vl_service.text.kinds import (
    is_cjk_char,
    is_list_item,
    is_reference_entry,
    starts_like_caption,
)

_SAME_SIZE = 0.12
_SAME_WIDTH = 0.3
_CLOSE = 0.8
_ONE_LINE = 1.6
_FIRST_ABOVE = 0.5
_OVERLAP = 0.8
_LONG = 3.5
_END = 200
_MEASURE = 20.0
_COLUMN_LINES = 5.0
_PARTS = frozenset({ElementType.TEXT, ElementType.LIST, ElementType.REFERENCE})
_INTERRUPTING = FLOATS | {ElementType.CAPTION, ElementType.FOOTNOTE}
_BROKEN = re.compile(r"[^\W\d_][-\u00ad\u2010]$")
_LAST_WORD = re.compile(r"(?:^|[\s(\"'“‘«])[^\W\d_]+[’']?[^\W\d_]*[)\"'”’»]?,?$")
_GOES_ON = re.compile(r"[\"'“‘«(]?(?P<word>[^\W\d_]+[’']?)")
_WORDS_OF_ONE_LETTER = "aàeèéioóuyувикосая"
_MATH_LETTERS = re.compile("[\U0001d400-\U0001d7ff]")


def join_paragraphs(pages: Pages) -> Pages:
    """One element for every paragraph, at the place of its first part."""
    return join_neighbours(
        pages,
        lambda element: element.type in _PARTS and bool(element.text.strip()),
        lambda element: element.type in _INTERRUPTING,
        _join,
    )


def _join(meeting: Meeting) -> Element | None:
    first, second = meeting.first, meeting.second
    if not (_are_of_one_kind(first, second) and _are_set_alike(first, second)):
        return None
    if not (_place_fits(meeting) and _text_goes_on(meeting)):
        return None
    before, after = first.text.rstrip(), second.text.strip()
    # A paragraph may have grown over many pages: only its end is looked at.
    start = max(len(before) - _END, before.rfind("\n") + 1)
    head, last = before[:start], before[start:]
    line, *more = after.split("\n")
    indent = last[: len(last) - len(last.lstrip())]
    return merged(first, second, "\n".join([head + indent + join_lines([last, line]), *more]))


def _end_of(element: Element) -> str:
    return element.text[-_END:].rstrip()


def _are_of_one_kind(first: Element, second: Element) -> bool:
    start = second.text.strip()
    if starts_like_caption(start) or is_list_item(start):
        return False
    if second.type is ElementType.REFERENCE:
        return first.type is ElementType.REFERENCE and not is_reference_entry(start)
    if first.type is ElementType.TEXT:
        return second.type is ElementType.TEXT
    return True


def _are_set_alike(first: Element, second: Element) -> bool:
    one, other = first.line_height, second.line_height
    if one and other and abs(one - other) > _SAME_SIZE * max(one, other):
        return False
    return first.bold is second.bold


def _text_goes_on(meeting: Meeting) -> bool:
    before, after = _end_of(meeting.first), meeting.second.text.lstrip()
    if is_cjk_char(before[-1]) and is_cjk_char(after[0]):
        in_sentence = before[-1].isalpha() or before[-1] in "，、"
        return in_sentence and after[0].isalpha() and _leaves_place(meeting)
    start = _GOES_ON.match(after)
    if start is None or _MATH_LETTERS.match(start["word"]):
        return False
    word = start["word"]
    small = word[0].islower() and (len(word) > 1 or word in _WORDS_OF_ONE_LETTER)
    if _BROKEN.search(before):
        return small or word[0].isupper()
    if _LAST_WORD.search(before) is None:
        return False
    return small or (word[0].isupper() and _capital_may_go_on(meeting))


def _capital_may_go_on(meeting: Meeting) -> bool:
    """After a comma, or (German nouns, names) where both parts are full paragraphs."""
    if not _leaves_place(meeting):
        return False
    return _end_of(meeting.first).endswith(",") or (
        meeting.first.type is ElementType.TEXT
        and all(_line_count(part) >= _LONG for part in (meeting.first, meeting.second))
        and _widths_agree(meeting)
    )


def _leaves_place(meeting: Meeting) -> bool:
    """Whether a column or a page ends between the two, or something stands there."""
    return bool(meeting.between) or meeting.crosses_page or _is_next_column(meeting)


def _place_fits(meeting: Meeting) -> bool:
    one, other = last_part(meeting.first).bbox, meeting.second.bbox
    if meeting.crosses_page:
        return _ends_page(meeting) and _starts_page(meeting) and _widths_agree(meeting)
    if _is_next_column(meeting):
        return _widths_agree(meeting)
    below = other[1] >= one[1] and _shared_width(one, other) > _OVERLAP * min(
        one[2] - one[0], other[2] - other[0]
    )
    if not below or other[1] < one[3] - _line(meeting.first):
        return False
    if any(_stands_between(each.bbox, one, other) for each in meeting.between):
        return _widths_agree(meeting)
    return _was_cut(meeting, one, other)


def _was_cut(meeting: Meeting, one: BBox, other: BBox) -> bool:
    """Whether two parts right below one another are one paragraph: a line or a word goes on.

    Only a part of one line shows whether its last line is full.
    """
    line = _line(meeting.first)
    if other[1] - one[3] > _CLOSE * line:
        return False
    full = _line_count(meeting.first) < _ONE_LINE and one[2] - one[0] >= _MEASURE * line
    broken = _BROKEN.search(_end_of(meeting.first)) is not None
    return broken or (full and one[2] >= other[2] - 2 * line)


def _is_next_column(meeting: Meeting) -> bool:
    """Whether the second part is in a column at the right and starts well above the first's end.

    Texts side by side, of which none is lower than the other, are no columns of one text.
    """
    one, other = last_part(meeting.first).bbox, meeting.second.bbox
    line = _line(meeting.first)
    return (
        not meeting.crosses_page
        and other[0] > one[2] - line
        and one[3] - other[1] >= _COLUMN_LINES * line
    )


def _stands_between(area: BBox, one: BBox, other: BBox) -> bool:
    return area[1] >= (one[1] + one[3]) / 2 and area[3] <= (other[1] + other[3]) / 2


def _shared_width(one: BBox, other: BBox) -> int:
    return min(one[2], other[2]) - max(one[0], other[0])


def _ends_page(meeting: Meeting) -> bool:
    """Low on the page, or with something below that does not count."""
    page, bottom = meeting.first_page, last_part(meeting.first).bbox[3]
    return bottom > (1 - _FIRST_ABOVE) * page.height or any(
        each.page == page.number and each.bbox[1] >= bottom for each in meeting.between
    )


def _starts_page(meeting: Meeting) -> bool:
    page, top = meeting.second_page, meeting.second.bbox[1]
    return top < _FIRST_ABOVE * page.height or any(
        each.page == page.number and each.bbox[3] <= top for each in meeting.between
    )


def _widths_agree(meeting: Meeting) -> bool:
    """Parts of one paragraph are as wide as each other, unless one is a line that ends early."""
    widths = []
    parts = ((meeting.first_page, meeting.first), (meeting.second_page, meeting.second))
    for page, element in parts:
        box = last_part(element).bbox if element is meeting.first else element.bbox
        widths.append((box[2] - box[0]) / max(1, page.width))
    first, second = widths
    if _line_count(meeting.second) < _ONE_LINE:
        return second <= (1 + _SAME_WIDTH) * first or _line_count(meeting.first) < _ONE_LINE
    if _line_count(meeting.first) < _ONE_LINE:
        return first <= (1 + _SAME_WIDTH) * second
    return abs(first - second) <= _SAME_WIDTH * max(first, second)


def _line(element: Element) -> float:
    """A line's height; a part whose lines nobody measured counts as one line."""
    box = last_part(element).bbox
    return element.line_height or float(max(1, box[3] - box[1]))


def _line_count(element: Element) -> float:
    box = last_part(element).bbox
    return (box[3] - box[1]) / _line(element)
