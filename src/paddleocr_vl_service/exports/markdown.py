"""A document as Markdown."""

from __future__ import annotations

import re
from collections.abc import Callable

from paddleocr_vl_service.exports.markdown_lists import markdown_list
from paddleocr_vl_service.models.document import Element, ElementType, ParsedDocument

HEADING = "# Document OCR Results"

_LEFT_OUT = {
    ElementType.HEADER,
    ElementType.FOOTER,
    ElementType.PAGE_NUMBER,
    ElementType.IMAGE,
}
_DEEPEST = 6
_BLOCK_START = re.compile(
    r"^(\s*)(#{1,6}(?=\s|$)|>|[-+*](?=\s)|`{3,}|~{3,}|={3,}\s*$|-{3,}\s*$|\*{3,}\s*$|_{3,}\s*$)",
    re.MULTILINE,
)
_NUMBER_START = re.compile(r"^(\s*\d{1,9})([.)])(?=\s)", re.MULTILINE)
_TAG_START = re.compile(r"<(?=[A-Za-z/!?])")
_ENTITY_START = re.compile(r"&(?=#?\w{1,31};)")
_CLOSING_HASHES = re.compile(r"(?<=\s)(#+)$")
_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n)+")


def to_markdown(document: ParsedDocument, *, heading: bool = False) -> str:
    """Blocks in reading order, separated by blank lines.

    Tables stay HTML, because Markdown's own know no spans. Running headers, footers, page numbers
    and the words inside pictures are left out. What a page shows as markup comes out as text:
    whatever would start a block, and HTML. Stars, underscores and dollars inside a line stay as
    they are, so that the text can be read and searched as it is.

    Args:
        document: What was read.
        heading: Begin with the heading ``# Document OCR Results``.
    """
    blocks = [HEADING] if heading else []
    blocks += (block for element in document.elements if (block := _block(element)))
    return "\n\n".join(blocks) + "\n" if blocks else ""


def _block(element: Element) -> str:
    if element.type in _LEFT_OUT:
        return ""
    if element.html is not None:
        # A blank line would end the block of HTML.
        return _BLANK_LINES.sub("\n", element.html.strip())
    if element.latex is not None:
        return f"$$\n{_BLANK_LINES.sub(chr(10), element.latex.strip())}\n$$"
    return _WRITERS.get(element.type, _paragraph)(element) if element.text.strip() else ""


def _paragraph(element: Element) -> str:
    return _escaped(element.text)


def _list(element: Element) -> str:
    return markdown_list(element.text, _escaped)


def _reference(element: Element) -> str:
    """Its number, if it has one, makes it an item, as it should."""
    return _BLOCK_START.sub(r"\1\\\2", _without_html(element.text.strip()))


def _table_without_html(element: Element) -> str:
    text = element.text
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text.strip(chr(10))}\n{fence}"


def _heading(element: Element) -> str:
    level = 1 if element.type is ElementType.TITLE else (element.level or 1) + 1
    line = _CLOSING_HASHES.sub(r"\\\1", _without_html(" ".join(element.text.split())))
    return "#" * min(_DEEPEST, level) + " " + line


def _escaped(text: str) -> str:
    """Text that starts no block, however it begins, and holds no HTML."""
    text = _BLANK_LINES.sub("\n", text.strip())
    return _NUMBER_START.sub(r"\1\\\2", _BLOCK_START.sub(r"\1\\\2", _without_html(text)))


def _without_html(text: str) -> str:
    return _ENTITY_START.sub(r"\\&", _TAG_START.sub(r"\\<", text))


_WRITERS: dict[ElementType, Callable[[Element], str]] = {
    ElementType.TITLE: _heading,
    ElementType.HEADING: _heading,
    ElementType.LIST: _list,
    ElementType.TABLE: _table_without_html,
    ElementType.REFERENCE: _reference,
}
