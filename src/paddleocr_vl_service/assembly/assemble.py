"""Puts the pages of a document together."""

from __future__ import annotations

from collections.abc import Sequence

from paddleocr_vl_service.models.document import (
    EngineInfo,
    Notice,
    PageError,
    PageInfo,
    PageResult,
    ParsedDocument,
)


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
    results = [outcome for outcome in outcomes if isinstance(outcome, PageResult)]
    return ParsedDocument(
        page_count=page_count,
        pages=tuple(
            PageInfo(each.number, each.width, each.height, each.rotation) for each in results
        ),
        elements=tuple(element for each in results for element in each.elements),
        warnings=(*notices, *(notice for each in results for notice in each.warnings)),
        errors=tuple(outcome for outcome in outcomes if isinstance(outcome, PageError)),
        engine=engine,
    )
