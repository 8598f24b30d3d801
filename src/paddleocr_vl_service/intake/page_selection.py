"""The form field ``pages``: parsing it, and holding it against a document."""

from __future__ import annotations

import re

from paddleocr_vl_service.models.document import PageSelection
from paddleocr_vl_service.models.errors import (
    DocumentTooManyPages,
    OptionInvalid,
    PageRangeOutside,
)

MAX_LENGTH = 1000
"""Characters of the form field."""

# Nine digits are more pages than any document has and keep every number small.
_RANGE = re.compile(r"0*([1-9][0-9]{0,8})(?:(-)(?:0*([1-9][0-9]{0,8}))?)?")
_SPACES = re.compile(r"[ \t]*([-,])[ \t]*")


def parse_pages(text: str) -> PageSelection | None:
    """Parse ranges such as ``1-3,8`` or ``5-``, which runs to the document's end.

    Returns:
        None, which means all pages, for a blank field.

    Raises:
        OptionInvalid: The text is no list of page numbers and ranges.
    """
    if len(text) > MAX_LENGTH:
        raise _invalid(f"may have at most {MAX_LENGTH} characters")
    text = _SPACES.sub(r"\1", text.strip())
    if not text:
        return None
    return PageSelection(tuple(_parse_range(part) for part in text.split(",")))


def _parse_range(part: str) -> tuple[int, int | None]:
    match = _RANGE.fullmatch(part)
    if match is None:
        raise _invalid('must be page numbers and ranges such as "1-3,8" or "5-", counted from 1')
    first, is_range, end = match.groups()
    if end is None:
        return int(first), None if is_range else int(first)
    if int(end) < int(first):
        raise _invalid(f"holds the range {first}-{end}, which runs backwards")
    return int(first), int(end)


def _invalid(reason: str) -> OptionInvalid:
    return OptionInvalid(f"The option pages {reason}.", field="pages")


def select_pages(selection: PageSelection | None, page_count: int, max_pages: int) -> list[int]:
    """The page numbers that were asked for, in that order, each once.

    Args:
        selection: None is all pages.
        page_count: Pages the document has.
        max_pages: Most that may be read at once.

    Raises:
        PageRangeOutside: A range names pages that the document does not have.
        DocumentTooManyPages: More pages than ``max_pages`` were asked for.
    """
    ranges = ((1, None),) if selection is None else selection.ranges
    for first, last in ranges:
        if max(first, last or first) > page_count:
            raise PageRangeOutside(
                f"Page {max(first, last or first)} was asked for, "
                f"but the document has {_pages(page_count)}."
            )
    selected: dict[int, None] = {}
    for first, last in ranges:
        for page in range(first, (last or page_count) + 1):
            selected[page] = None
            if len(selected) > max_pages:
                raise _too_many(selection, page_count, max_pages)
    return list(selected)


def _too_many(
    selection: PageSelection | None, page_count: int, max_pages: int
) -> DocumentTooManyPages:
    limit = f"at most {_pages(max_pages)} can be read at once"
    if selection is None:
        return DocumentTooManyPages(f"The document has {_pages(page_count)}; {limit}.")
    return DocumentTooManyPages(f"Too many pages were asked for; {limit}.")


def _pages(count: int) -> str:
    return "1 page" if count == 1 else f"{count} pages"
