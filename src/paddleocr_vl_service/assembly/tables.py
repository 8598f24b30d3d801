"""Tables that go on over pages become one, without the head that the next page repeats."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from paddleocr_vl_service.assembly.flow import (
    Meeting,
    Pages,
    flow_of,
    join_neighbours,
    last_part,
    merged,
    parts_of,
    with_flow,
)
from paddleocr_vl_service.assembly.similarity import alike
from paddleocr_vl_service.models.document import Element, ElementType, Region
from paddleocr_vl_service.text.kinds import starts_like_caption
from paddleocr_vl_service.text.table_html import (
    HtmlTable,
    TableRow,
    occupied_columns,
    parse_table,
    write_table,
)

_SAME_EDGE = 0.06
_SAME_WIDTH = 0.1
_MOST_HEAD_ROWS = 4
_CONTINUED = re.compile(
    r"continued|cont['’.]?d|cont\.|fortsetzung|fortgesetzt|suite|continuaci[oó]n|continua"
    r"|продолжение|続き|续表|續表|接上|续",
    re.IGNORECASE,
)
_CAPTION_NUMBER = re.compile(r"\D{0,12}?((?:[A-Z]\.?)?\d+(?:[.\-]\d+)*)")
_SHORT = 60

_Key = tuple[tuple[Region, ...], int]


def join_tables(pages: Pages) -> Pages:
    """One table for each that ends one page and goes on at the top of the next."""
    joiner = _Joiner(pages)
    joined = join_neighbours(
        pages,
        lambda element: element.type is ElementType.TABLE and element.html is not None,
        _may_interrupt,
        joiner.join,
    )
    return tuple(
        with_flow(page, [joiner.written(element) for element in flow_of(page)]) for page in joined
    )


def _may_interrupt(element: Element) -> bool:
    """Captions and footnotes, and a line that says that the table goes on."""
    if element.type in (ElementType.CAPTION, ElementType.FOOTNOTE):
        return True
    return len(element.text) <= _SHORT and _CONTINUED.search(element.text) is not None


@dataclass
class _Growing:
    """A table while parts are added to it.

    Attributes:
        table: Its first part.
        rows: Of all parts.
        texts: Of all parts.
        ends_whole: Whether no cell reaches out of its last part.
    """

    table: HtmlTable
    rows: list[TableRow]
    texts: list[str]
    ends_whole: bool


class _Joiner:
    """Knows the captions of a document's tables, and writes each table once it is whole."""

    def __init__(self, pages: Pages) -> None:
        self._captions: dict[int, list[Element]] = {
            page.number: [each for each in page.elements if each.type is ElementType.CAPTION]
            for page in pages
        }
        self._growing: dict[_Key, _Growing] = {}

    def join(self, meeting: Meeting) -> Element | None:
        """The two tables as one, if the second continues the first."""
        if not (meeting.crosses_page and _place_fits(meeting) and self._captions_fit(meeting)):
            return None
        first, second = self._grown(meeting.first), _table(meeting.second)
        if first is None or second is None or not first.ends_whole:
            return None
        if first.table.column_count != second.column_count:
            return None
        repeated = _repeated_head(first.table.rows, second.rows)
        first.rows += [_after(first.rows[-1], row) for row in second.rows[repeated:]]
        first.texts.append(_text_without_head(meeting.second, len(second.rows), repeated))
        first.ends_whole = not second.reaches_out
        whole = merged(meeting.first, meeting.second, meeting.first.text, meeting.first.html)
        self._growing[_key(whole)] = first
        return whole

    def written(self, element: Element) -> Element:
        """The element with the HTML and text of all its parts, if it was joined."""
        grown = self._growing.get(_key(element)) if element.html is not None else None
        if grown is None:
            return element
        html = write_table(replace(grown.table, rows=tuple(grown.rows)))
        return replace(element, html=html, text="\n".join(filter(None, grown.texts)))

    def _grown(self, element: Element) -> _Growing | None:
        known = self._growing.get(_key(element))
        if known is not None:
            return known
        table = _table(element)
        if table is None:
            return None
        text = element.text.rstrip("\n")
        return _Growing(table, list(table.rows), [text], not table.reaches_out)

    def _captions_fit(self, meeting: Meeting) -> bool:
        """No caption that belongs to the second table alone."""
        own = self._numbers(meeting.first, last_part(meeting.first).page)
        own |= self._numbers(meeting.first, meeting.first.page)
        above = [
            each
            for each in meeting.between
            if each.type is ElementType.CAPTION and each.page == meeting.second_page.number
        ]
        for caption in above:
            if _CONTINUED.search(caption.text):
                continue
            if not starts_like_caption(caption.text):
                return False
            if not own or _caption_number(caption.text) not in own:
                return False
        new = self._numbers(meeting.second, meeting.second_page.number)
        return not (own and new and not own & new)

    def _numbers(self, table: Element, page: int) -> set[str]:
        """Numbers of the captions right above or below a table on a page."""
        box = next((part.bbox for part in table.regions if part.page == page), table.bbox)
        line = 2.0 * (table.line_height or 30.0)
        return {
            number
            for caption in self._captions.get(page, ())
            if max(box[1] - caption.bbox[3], caption.bbox[1] - box[3]) <= line
            and (number := _caption_number(caption.text)) is not None
        }


def _key(element: Element) -> _Key:
    """What tells a joined table from all others, whatever its place in the flow."""
    return parts_of(element)[:2], len(element.regions)


def _table(element: Element) -> HtmlTable | None:
    return parse_table(element.html) if element.html is not None else None


def _caption_number(text: str) -> str | None:
    match = _CAPTION_NUMBER.match(text) if starts_like_caption(text) else None
    return match.group(1) if match else None


def _place_fits(meeting: Meeting) -> bool:
    """From the lower half of a page into the upper half of the next, between the same edges."""
    one, other = last_part(meeting.first).bbox, meeting.second.bbox
    width, next_width = max(1, meeting.first_page.width), max(1, meeting.second_page.width)
    lefts, rights = (one[0] / width, other[0] / next_width), (one[2] / width, other[2] / next_width)
    extents = (rights[0] - lefts[0], rights[1] - lefts[1])
    return (
        one[3] > 0.5 * meeting.first_page.height
        and other[1] < 0.5 * meeting.second_page.height
        and abs(lefts[0] - lefts[1]) <= _SAME_EDGE
        and abs(rights[0] - rights[1]) <= _SAME_EDGE
        and abs(extents[0] - extents[1]) <= _SAME_WIDTH * max(extents)
    )


def _repeated_head(rows: Sequence[TableRow], following: Sequence[TableRow]) -> int:
    """How many rows at the top of the second table are those at the top of the first."""
    same = 0
    for row, other in zip(rows[:_MOST_HEAD_ROWS], following, strict=False):
        if not _is_same_row(row, other):
            break
        same += 1
    while same and _reaches_below(following, same):
        same -= 1
    return same if same < len(following) else 0


def _is_same_row(row: TableRow, other: TableRow) -> bool:
    texts = [cell.text for cell in row.cells]
    others = [cell.text for cell in other.cells]
    spans = [(cell.colspan, cell.rowspan) for cell in row.cells]
    return (
        any(texts)
        and spans == [(cell.colspan, cell.rowspan) for cell in other.cells]
        and all(map(_is_same_text, texts, others))
    )


def _is_same_text(one: str, other: str) -> bool:
    digits = [[char for char in text if char.isdigit()] for text in (one, other)]
    return digits[0] == digits[1] and alike(one.casefold(), other.casefold())


def _reaches_below(rows: Sequence[TableRow], count: int) -> bool:
    """Whether a cell of the first rows covers one of the rows after them."""
    own = occupied_columns(rows[count : count + 1])
    return bool(own) and occupied_columns(rows[: count + 1])[-1] != own[-1]


def _after(last: TableRow, row: TableRow) -> TableRow:
    """The row in the section of the row before it, a head apart."""
    if last.section in (row.section, "thead"):
        return row
    return replace(row, section=last.section)


def _text_without_head(element: Element, row_count: int, repeated: int) -> str:
    """A line for each row; those of the repeated head go only where lines and rows agree."""
    lines = element.text.split("\n")
    return "\n".join(lines[repeated:] if len(lines) == row_count else lines)
