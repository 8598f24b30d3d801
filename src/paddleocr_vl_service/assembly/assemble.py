"""Puts the pages of a document together, whatever engine read them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from paddleocr_vl_service.assembly.captions import put_captions_at_their_floats
from paddleocr_vl_service.assembly.contents_pages import leave_contents_plain
from paddleocr_vl_service.assembly.flow import Pages
from paddleocr_vl_service.assembly.footnotes import put_footnotes_last
from paddleocr_vl_service.assembly.heading_promotion import promote_headings
from paddleocr_vl_service.assembly.headings import (
    level_headings,
    settle_title,
    take_items_from_headings,
)
from paddleocr_vl_service.assembly.lists import join_lists
from paddleocr_vl_service.assembly.paragraphs import join_paragraphs
from paddleocr_vl_service.assembly.running_titles import set_running_titles_apart
from paddleocr_vl_service.assembly.tables import join_tables
from paddleocr_vl_service.models.document import (
    EngineInfo,
    Notice,
    PageError,
    PageInfo,
    PageResult,
    ParsedDocument,
)

PASSES: tuple[Callable[[Pages], Pages], ...] = (
    set_running_titles_apart,
    put_captions_at_their_floats,
    put_footnotes_last,
    leave_contents_plain,
    settle_title,
    take_items_from_headings,
    promote_headings,
    level_headings,
    join_paragraphs,
    join_lists,
    join_tables,
)
"""In this order: what stands outside the text goes before texts are joined, and headings are
known before they end a paragraph. Each takes all pages, changes none, and returns others."""


def assemble(
    page_count: int,
    outcomes: Sequence[PageResult | PageError],
    notices: Sequence[Notice],
    engine: EngineInfo,
) -> ParsedDocument:
    """One document of its pages.

    Args:
        page_count: Pages the file has.
        outcomes: What became of each page that was asked for, in that order.
        notices: What intake has to say about the file.
        engine: What read the pages.
    """
    results = tuple(outcome for outcome in outcomes if isinstance(outcome, PageResult))
    return ParsedDocument(
        page_count=page_count,
        pages=tuple(
            PageInfo(each.number, each.width, each.height, each.rotation) for each in results
        ),
        elements=tuple(element for each in assembled(results) for element in each.elements),
        warnings=(*notices, *(notice for each in results for notice in each.warnings)),
        errors=tuple(outcome for outcome in outcomes if isinstance(outcome, PageError)),
        engine=engine,
    )


def assembled(pages: Pages) -> Pages:
    """The pages after all passes."""
    for each in PASSES:
        pages = each(pages)
    return pages
