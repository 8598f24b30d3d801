"""PDF files, one page at a time, through PDFium."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pypdfium2
import pypdfium2.raw as pdfium

from paddleocr_vl_service.intake import page_files
from paddleocr_vl_service.intake.failures import Scope
from paddleocr_vl_service.intake.pdf_resolution import PixelSize, pixel_size
from paddleocr_vl_service.intake.text_layer import read_text_layer
from paddleocr_vl_service.intake.types import PageContent
from paddleocr_vl_service.models.document import Notice, PageImage, TextLayer
from paddleocr_vl_service.models.errors import (
    DocumentCorrupt,
    DocumentEncrypted,
    DocumentTruncated,
    DocumentWithoutPages,
)

_TAIL_BYTES = 1 << 16
_END_WITHIN = 2048
_END_MARK, _TABLE_MARK = b"%%EOF", b"startxref"
_PADDING = b"\x00\t\n\r "
_WHITE = 0xFFFFFFFF
_DAMAGED_END = Notice(
    "pdf-end-damaged",
    "The PDF's end is damaged; pages or parts of pages may be missing.",
)


class PdfDocument:
    """An open PDF; PDFium reads from the file what each page needs.

    Args:
        path: The file.
        password: Opens it if it is encrypted.
        max_pixels: Most pixels a page image may have.

    Raises:
        DocumentEncrypted: It needs a password: none was given, or a wrong one.
        DocumentWithoutPages: It is intact and empty.
        DocumentTruncated, DocumentCorrupt: PDFium makes nothing of it.
    """

    def __init__(self, path: Path, password: str | None, max_pixels: int) -> None:
        self._max_pixels = max_pixels
        self.pages_rendered = 0
        tail = _tail(path)
        if _END_MARK not in tail and _TABLE_MARK not in tail:
            # PDFium may still find some of the pages; nobody would notice the others.
            raise DocumentTruncated("The PDF is cut off: the file ends before its content does.")
        self._pdf = pypdfium2.PdfDocument(_load(path, password))
        try:
            # Forms have to be there before the first page is.
            self._pdf.init_forms()
            self.page_count = len(self._pdf)
            if self.page_count == 0:
                raise DocumentWithoutPages("The PDF has no pages.")
        except pypdfium2.PdfiumError as error:
            self.close()
            raise DocumentCorrupt("The PDF is damaged and cannot be read.") from error
        except BaseException:
            self.close()
            raise
        self.notices: tuple[Notice, ...] = (
            () if _END_MARK in tail[-_END_WITHIN:] else (_DAMAGED_END,)
        )

    def render(self, page: int, out_path: Path, wanted: PageContent) -> PageImage:
        """Write the page's image where it is wanted, turned as it says.

        It shows the crop box, with forms and annotations.

        Raises:
            DocumentError: The document's only page cannot be rendered.
            PageFailed: One of several cannot, or its image could not be stored.
            StorageUnavailable: The disk is full.
        """
        scope = Scope.of(page, self.page_count, "The PDF")
        try:
            with self._opened(page) as opened:
                size = pixel_size(opened.get_width(), opened.get_height(), self._max_pixels)
                if size is None:
                    raise scope.without_size()
                layer = None if wanted is PageContent.IMAGE else read_text_layer(opened, size)
                image = None if _is_unseen(layer, wanted) else str(out_path)
                if image is not None:
                    self._draw(opened, size, out_path)
        except Exception as error:
            raise scope.from_exception(error) from error
        sides = _padded(size)
        return PageImage(page, image, *sides, dpi=size.dpi, text_layer=layer)

    def close(self) -> None:
        """Close the file."""
        self._pdf.close()

    @contextmanager
    def _opened(self, page: int) -> Iterator[pypdfium2.PdfPage]:
        opened = self._pdf[page - 1]
        try:
            yield opened
        finally:
            opened.close()

    def _draw(self, opened: pypdfium2.PdfPage, size: PixelSize, path: Path) -> None:
        """Render to a page file, padded with white."""
        width, height = _padded(size)
        bitmap = pypdfium2.PdfBitmap.new_native(
            width, height, pdfium.FPDFBitmap_BGR, stride=page_files.row_bytes(width)
        )
        try:
            pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, _WHITE)
            placed = (bitmap, opened, 0, 0, size.width, size.height, 0, pdfium.FPDF_ANNOT)
            pdfium.FPDF_RenderPageBitmap(*placed)
            if opened.formenv:
                pdfium.FPDF_FFLDraw(opened.formenv, *placed)
            page_files.write_rows(path, width, height, [memoryview(bitmap.buffer)], size.dpi)
        finally:
            bitmap.close()


def _padded(size: PixelSize) -> tuple[int, int]:
    """Width and height of the page image."""
    return max(size.width, page_files.MIN_SIDE), max(size.height, page_files.MIN_SIDE)


def _is_unseen(layer: TextLayer | None, wanted: PageContent) -> bool:
    """Whether nobody will look at the page."""
    if wanted is not PageContent.IMAGE_UNLESS_TEXT_SAYS_ALL:
        return False
    return layer is not None and layer.says_all


def _load(path: Path, password: str | None) -> pdfium.FPDF_DOCUMENT:
    key = password.encode("utf-8", "replace") if password else None
    handle = pdfium.FPDF_LoadDocument(os.fsencode(path), key)
    if handle:
        return handle
    reason = pdfium.FPDF_GetLastError()
    if reason == pdfium.FPDF_ERR_PASSWORD:
        if password:
            raise DocumentEncrypted("The PDF is encrypted and the password does not open it.")
        raise DocumentEncrypted("The PDF is encrypted; its password is needed.")
    if reason == pdfium.FPDF_ERR_SECURITY:
        raise DocumentEncrypted("The PDF is encrypted in a way that cannot be read here.")
    raise DocumentCorrupt("The PDF is damaged and cannot be read.")


def _tail(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
        return file.read().rstrip(_PADDING)
