"""Bounds what the images of one document may take, while its pages come in."""

from __future__ import annotations

from dataclasses import replace

from paddleocr_vl_service.models.document import Element, Notice, PageResult

MOST_DOCUMENT_BYTES = 64 << 20
"""Base64 included. A long document with a full-page photo on every page would have gigabytes."""


class CropAllowance:
    """How many bytes of crops a document may still have.

    Args:
        most_bytes: For all pages together.
    """

    def __init__(self, most_bytes: int = MOST_DOCUMENT_BYTES) -> None:
        self._most = self._left = most_bytes
        self._told = False

    def within(self, page: PageResult) -> PageResult:
        """A page with those of its crops that still fit.

        The first page that loses one says so, once for the document. Small crops may still fit
        after a large one did not.
        """
        elements = tuple(self._within(element) for element in page.elements)
        if elements == page.elements:
            return page
        warnings = page.warnings
        if not self._told:
            self._told = True
            warnings = (*warnings, self._notice(page.number))
        return replace(page, elements=elements, warnings=warnings)

    def _within(self, element: Element) -> Element:
        if element.crop is None:
            return element
        size = len(element.crop.data)
        if size > self._left:
            return replace(element, crop=None)
        self._left -= size
        return element

    def _notice(self, page: int) -> Notice:
        return Notice(
            "image-left-out",
            f"From page {page} on, pictures are not given as images where those before them have "
            f"used up the {self._most >> 20} MiB that a document may have.",
        )
