"""A document as Markdown."""

from __future__ import annotations

import re

from paddleocr_vl_service.models.document import Element, ElementType, ParsedDocument

HEADING = "# Document OCR Results"

_LEFT_OUT = {
    ElementType.HEADER,
    ElementType.FOOTER,
    ElementType.PAGE_NUMBER,
    ElementType.IMAGE,
}
_BLOCK_START = re.compile(r"^(\s*)(#{1,6}(?=\s)|>|```|~~~|={3,}\s*$|-{3,}\s*$)", re.MULTILINE)


_TAG_START = re.compile(r"<(?=[A-Za-z/!?])")


def to_markdown(document: ParsedDocument, *, heading: bool = False) -> str:
    """Blocks in reading order, separated by blank lines.

    Tables stay HTML, because Markdown's own know no spans. Running headers, footers, page numbers
    and the words inside pictures are left out. What a page shows as an HTML tag comes out as text.

    Args:
        document: What was read.
        heading: Begin with the heading ``# Document OCR Results``.
    """
    blocks = [HEADING] if heading else []
    blocks += (block for element in document.elements if (block := _block(element)))
    return "\n\n".join(blocks) + "\n" if blocks else ""


def _block(element: Element) -> str:
    text = element.text.strip()
    if element.type in _LEFT_OUT:
        return ""
    if element.html is not None:
        return element.html
    if element.latex is not None:
        return f"$$\n{element.latex}\n$$"
    if element.type is ElementType.TABLE and text:
        return f"```\n{text}\n```"
    return _prose(element, text) if text else ""


def _prose(element: Element, text: str) -> str:
    text = _TAG_START.sub(r"\\<", text)
    if element.type not in (ElementType.TITLE, ElementType.HEADING):
        return _BLOCK_START.sub(r"\1\\\2", text)
    level = 1 if element.type is ElementType.TITLE else min(6, max(2, element.level or 2))
    return "#" * level + " " + " ".join(text.split())
