"""Footnotes come after their page's text."""

from __future__ import annotations

from paddleocr_vl_service.assembly.flow import Pages, flow_of, with_flow
from paddleocr_vl_service.models.document import ElementType, PageResult


def put_footnotes_last(pages: Pages) -> Pages:
    """Footnotes end the flow of their page, in the order in which they came."""
    return tuple(_with_footnotes_last(page) for page in pages)


def _with_footnotes_last(page: PageResult) -> PageResult:
    flow = flow_of(page)
    return with_flow(page, sorted(flow, key=lambda each: each.type is ElementType.FOOTNOTE))
