"""Opens documents and renders their pages. Runs in a child process, one call at a time."""

from __future__ import annotations

import hashlib
import os
from collections import OrderedDict
from pathlib import Path
from typing import Protocol

from PIL import Image

from paddleocr_vl_service.intake.image_documents import ImageDocument
from paddleocr_vl_service.intake.pdf_documents import PdfDocument
from paddleocr_vl_service.intake.types import (
    DocumentFacts,
    DocumentKind,
    InspectRequest,
    PageContent,
    RenderRequest,
)
from paddleocr_vl_service.models.document import Notice, PageImage
from paddleocr_vl_service.models.errors import DocumentUnreadable, PageFailed

CACHED_DOCUMENTS = 4
PAGES_AN_OPENING = 50
"""PDFium keeps the streams of every page it has shown until the document is closed."""

_Key = tuple[str, str, int, int, int]


class _Document(Protocol):
    pages_rendered: int
    page_count: int
    notices: tuple[Notice, ...]

    def render(self, page: int, out_path: Path, wanted: PageContent) -> PageImage: ...

    def close(self) -> None: ...


class Reader:
    """Keeps the last few documents open, since their pages are asked for one by one.

    Args:
        max_pixels: Most pixels a page image may have.
    """

    def __init__(self, max_pixels: int) -> None:
        self._max_pixels = max_pixels
        self._open: OrderedDict[_Key, _Document] = OrderedDict()
        # Ours is checked before anything is decoded; Pillow's would come with another sentence.
        Image.MAX_IMAGE_PIXELS = None

    def inspect(self, request: InspectRequest) -> DocumentFacts:
        """What the document is.

        Raises:
            DocumentError: It cannot be read.
        """
        document = self._document(request)
        return DocumentFacts(request.kind, document.page_count, document.notices)

    def render(self, request: RenderRequest) -> PageImage:
        """Write the image of one page, where it is wanted.

        Raises:
            DocumentError: The document, or its only page, cannot be read.
            PageFailed: That page cannot be read.
            StorageUnavailable: The disk is full.
        """
        document = self._document(request.document)
        if not 1 <= request.page <= document.page_count:
            raise PageFailed(f"Page {request.page} does not exist.")
        document.pages_rendered += 1
        return document.render(request.page, Path(request.out_path), request.wanted)

    def close(self) -> None:
        """Close every document."""
        while self._open:
            self._open.popitem()[1].close()

    def _document(self, request: InspectRequest) -> _Document:
        try:
            key = _key(request)
        except OSError as error:
            raise DocumentUnreadable("The document is no longer there.") from error
        document = self._open.pop(key, None)
        self._drop_gone()
        if document is not None and document.pages_rendered >= PAGES_AN_OPENING:
            document.close()
            document = None
        if document is None:
            document = self._opened(request)
        self._open[key] = document
        while len(self._open) > CACHED_DOCUMENTS:
            self._open.popitem(last=False)[1].close()
        return document

    def _drop_gone(self) -> None:
        """An open file keeps its bytes on the disk after it was deleted."""
        for key in [key for key in self._open if not Path(key[0]).exists()]:
            self._open.pop(key).close()

    def _opened(self, request: InspectRequest) -> _Document:
        path = Path(request.path)
        if request.kind is DocumentKind.PDF:
            return PdfDocument(path, request.password, self._max_pixels)
        return ImageDocument(path, request.kind, self._max_pixels)


def _key(request: InspectRequest) -> _Key:
    status = os.stat(request.path)  # noqa: PTH116 - the name is only a string here
    password = hashlib.sha256((request.password or "").encode("utf-8", "surrogatepass"))
    return (
        request.path,
        password.hexdigest(),
        status.st_ino,
        status.st_size,
        status.st_mtime_ns,
    )
