"""Lists that were cut, by a layout box, a column or a page, become one again."""

from __future__ import annotations

from paddleocr_vl_service.assembly.flow import (
    FLOATS,
    Meeting,
    Pages,
    join_neighbours,
    last_part,
    merged,
    parts_of,
)
from paddleocr_vl_service.models.document import BBox, Element, ElementType
from paddleocr_vl_service.text.kinds import is_bulleted, item_number, numbers_follow

_SAME_SIZE = 0.12
_SAME_INDENT = 0.7
_MOST_GAP = 2.0
_SHIFTED = 0.06
_HALF = 0.5
_USUAL_LINE = 0.012
_INTERRUPTING = FLOATS | {ElementType.CAPTION, ElementType.FOOTNOTE}


def join_lists(pages: Pages) -> Pages:
    """Neighbours whose items go on, at one indentation, as one list."""
    return join_neighbours(
        pages,
        lambda element: element.type is ElementType.LIST and bool(element.text.strip()),
        lambda element: element.type in _INTERRUPTING,
        _join,
    )


def _join(meeting: Meeting) -> Element | None:
    first, second = meeting.first, meeting.second
    one, other = first.line_height, second.line_height
    if one and other and abs(one - other) > _SAME_SIZE * max(one, other):
        return None
    if not (_items_go_on(first.text, second.text) and _place_fits(meeting)):
        return None
    return merged(first, second, f"{first.text.rstrip()}\n{second.text.lstrip()}")


def _items_go_on(text: str, following: str) -> bool:
    """Whether the second text starts with the marker that comes after the first one's last."""
    start = following.strip().split("\n")[0]
    items = [line for line in text.strip().split("\n") if line and not line[0].isspace()]
    if is_bulleted(start):
        return bool(items) and is_bulleted(items[-1]) and items[-1][0] == start[0]
    number = item_number(start)
    numbers = [marker for line in items if (marker := item_number(line)) is not None]
    return (
        number is not None
        and bool(numbers)
        and _shape(numbers[-1]) == _shape(number)
        and numbers_follow(numbers[-1], number)
    )


def _shape(marker: str) -> str:
    """Its brackets and points: "(1)" and "1." are markers of different lists."""
    return "".join(char for char in marker if not char.isalnum())


def _place_fits(meeting: Meeting) -> bool:
    one, other = last_part(meeting.first).bbox, meeting.second.bbox
    if meeting.crosses_page:
        return _turns_page(meeting, one, other)
    line = meeting.first.line_height or _USUAL_LINE * meeting.first_page.height
    if other[0] >= one[2]:
        return other[1] < one[1] - line
    lefts = [part.bbox[0] for part in parts_of(meeting.first) if part.page == meeting.second.page]
    return (
        any(abs(left - other[0]) <= _SAME_INDENT * line for left in lefts)
        and other[1] >= one[1]
        and (other[1] - one[3] <= _MOST_GAP * line or bool(meeting.between))
    )


def _turns_page(meeting: Meeting, one: BBox, other: BBox) -> bool:
    """From the lower half into the upper half, at the same indentation or in another column."""
    left = one[0] / max(1, meeting.first_page.width)
    next_left = other[0] / max(1, meeting.second_page.width)
    return (
        one[3] > _HALF * meeting.first_page.height
        and other[1] < _HALF * meeting.second_page.height
        and (abs(left - next_left) <= _SHIFTED or one[0] > other[2])
    )
