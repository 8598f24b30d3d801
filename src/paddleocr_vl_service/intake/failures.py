"""Whose fault it is when a page cannot be read: the document's, or that one page's."""

from __future__ import annotations

import errno
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from paddleocr_vl_service.models.errors import (
    DocumentCorrupt,
    DocumentError,
    DocumentTooManyPixels,
    DocumentTruncated,
    DocumentUnreadable,
    PageFailed,
    ServiceError,
    StorageUnavailable,
)

logger = logging.getLogger(__name__)

_TRUNCATION = ("truncated", "unexpected end", "not enough image data")


@dataclass(frozen=True)
class Scope:
    """What is being read.

    Where a document has one page, what is wrong with the page is wrong with the document; where
    it has several, the others go on.

    Attributes:
        name: Begins the sentence.
        page_only: Whether the other pages go on.
    """

    name: str
    page_only: bool = False

    @classmethod
    def of(cls, page: int, page_count: int, title: str) -> Scope:
        """The scope of one page, from 1."""
        return cls(f"Page {page}", page_only=True) if page_count > 1 else cls(title)

    def truncated(self) -> ServiceError:
        """The file ends too early."""
        return self._error(DocumentTruncated, "is cut off: the file ends before its content does")

    def corrupt(self) -> ServiceError:
        """The content makes no sense."""
        return self._error(DocumentCorrupt, "is damaged and cannot be read")

    def too_many_pixels(self, width: int, height: int, limit: int) -> ServiceError:
        """The image is larger than allowed."""
        size = f"is {width} by {height} pixels, more than the {limit} pixels that are allowed"
        return self._error(DocumentTooManyPixels, size)

    def without_size(self) -> ServiceError:
        """A page box that encloses nothing."""
        return self._error(DocumentCorrupt, "has no size and cannot be shown")

    def out_of_memory(self) -> ServiceError:
        """Decoding needs more memory than the process may have."""
        return self._error(DocumentUnreadable, "needs more memory to read than is allowed")

    def from_exception(self, error: Exception) -> ServiceError:
        """What a decoding library raised, in our own words.

        Decoders raise whatever their inner workings stumble over, so no list of types would be
        complete.
        """
        if isinstance(error, ServiceError):
            return error
        logger.info("A decoder gave up", extra={"exception_type": type(error).__name__})
        if isinstance(error, MemoryError):
            return self.out_of_memory()
        if isinstance(error, EOFError) or any(part in str(error).lower() for part in _TRUNCATION):
            return self.truncated()
        return self.corrupt()

    def _error(self, kind: type[DocumentError], predicate: str) -> ServiceError:
        sentence = f"{self.name} {predicate}."
        return PageFailed(sentence) if self.page_only else kind(sentence)


def storage_error(error: OSError) -> ServiceError:
    """What went wrong when a page image was written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
        return StorageUnavailable("There is no room left for temporary files.")
    logger.warning("A page image could not be written", extra={"errno": error.errno})
    return PageFailed("The image of a page could not be stored.")


@contextmanager
def warnings_logged() -> Iterator[None]:
    """Send Python warnings to the log: a hostile file may cause any number of them."""

    def log(
        message: Warning | str,  # noqa: ARG001 - it may quote the file
        category: type[Warning],
        *_: object,
        **__: object,
    ) -> None:
        logger.debug("A decoder warned", extra={"category": category.__name__})

    with warnings.catch_warnings():
        warnings.simplefilter("default")
        warnings.showwarning = log
        yield
