"""What is expected of a document that was set from known blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from paddleocr_vl_service.models.document import Element, ElementType, ParsedDocument
from tests.structure.blocks import (
    Block,
    Caption,
    Figure,
    Footnote,
    Heading,
    Item,
    Items,
    Paragraph,
    Sidebar,
    Table,
    Title,
    plain,
)
from tests.structure.tables import expected_text
from tests.structure.typesetting import Typeset


class Part(NamedTuple):
    """What of an element is compared first: its type and its text."""

    type: ElementType
    text: str


def expected_flow(typeset: Typeset) -> list[Part]:
    """The elements in reading order: footnotes and sidebars come after their page's text."""
    placed = sorted(
        typeset.placed,
        key=lambda each: (each.spots[0].page, isinstance(each.block, (Footnote, Sidebar))),
    )
    return [part for each in placed for part in _parts(each.block)]


def flow(document: ParsedDocument) -> list[Part]:
    """What was read, without what stands outside the flow."""
    return [Part(each.type, each.text) for each in document.elements if each.order is not None]


def furniture(document: ParsedDocument) -> set[tuple[int, Part]]:
    """What stands outside the flow, by page."""
    return {
        (each.page, Part(each.type, each.text)) for each in document.elements if each.order is None
    }


def levels(document: ParsedDocument) -> list[tuple[str, int | None]]:
    """The headings' levels; a title has none."""
    return [
        (each.text, each.level) for each in document.elements if each.type is ElementType.HEADING
    ]


def expected_levels(typeset: Typeset) -> list[tuple[str, int | None]]:
    """The headings' levels."""
    return [
        (each.block.text, each.block.level)
        if isinstance(each.block, Heading)
        else (each.block.heading, 1)
        for each in typeset.placed
        if isinstance(each.block, (Heading, Sidebar))
    ]


def expected_parts(typeset: Typeset) -> list[tuple[str, list[int]]]:
    """Of each paragraph or table over several columns or pages, the page of each of its parts."""
    return [
        (_parts(each.block)[0].text, [spot.page for spot in each.spots])
        for each in typeset.placed
        if len(each.spots) > 1 and isinstance(each.block, (Paragraph, Table))
    ]


def merged(document: ParsedDocument) -> list[tuple[str, list[int]]]:
    """Of each element of several parts, the page of each."""
    return [
        (each.text, [region.page for region in each.regions])
        for each in document.elements
        if len(each.regions) > 1
    ]


def of_type(document: ParsedDocument, *types: ElementType) -> list[Element]:
    """The elements of some types, in order."""
    return [each for each in document.elements if each.type in types]


def listed(parts: Sequence[Part]) -> list[str]:
    """For a readable difference: a line an element, runs of text shortened."""
    return [f"{part.type.value}: {part.text}" for part in parts]


def _parts(block: Block) -> list[Part]:  # noqa: PLR0911 - one for each kind of block
    match block:
        case Title(text):
            return [Part(ElementType.TITLE, text)]
        case Heading(text, _):
            return [Part(ElementType.HEADING, text)]
        case Paragraph(text):
            return [Part(ElementType.TEXT, plain(text))]
        case Items(items):
            return [Part(ElementType.LIST, "\n".join(_item_lines(items, 0)))]
        case Caption(text):
            return [Part(ElementType.CAPTION, plain(text))]
        case Figure():
            return [Part(ElementType.IMAGE, "")]
        case Table():
            return [Part(ElementType.TABLE, expected_text(block))]
        case Footnote(text):
            return [Part(ElementType.FOOTNOTE, plain(text))]
        case Sidebar(heading, text):
            return [Part(ElementType.HEADING, heading), Part(ElementType.TEXT, plain(text))]
    return []


def _item_lines(items: Sequence[Item], depth: int) -> Iterator[str]:
    for item in items:
        yield f"{'  ' * depth}{item.marker} {plain(item.text)}"
        yield from _item_lines(item.items, depth + 1)
