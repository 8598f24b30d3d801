"""Everything that can go wrong, as one exception tree.

::

    ServiceError
    ├── DocumentError                 the file is at fault
    │   ├── DocumentEmpty
    │   ├── DocumentTypeUnsupported   extension or content of no supported type
    │   ├── DocumentTypeMismatch      PDF named as an image, or the reverse
    │   ├── DocumentTruncated
    │   ├── DocumentCorrupt
    │   ├── DocumentEncrypted
    │   ├── DocumentWithoutPages
    │   ├── DocumentTooManyPages
    │   ├── DocumentTooManyPixels
    │   ├── PageRangeOutside          asked for pages the document does not have
    │   └── DocumentUnreadable        reading it crashed or hung the reader
    ├── UploadTooLarge
    ├── JobNotFound
    ├── JobGone                       it was there, and its time is over
    ├── Conflict                      the request contradicts how things stand
    │   ├── IdempotencyConflict
    │   └── JobUnfinished
    ├── StorageFull
    ├── OptionInvalid                 the request is at fault
    ├── Unavailable                   try again later
    │   ├── ServiceBusy
    │   ├── ServiceStopping
    │   ├── StorageUnavailable
    │   ├── JobStoreUnavailable
    │   └── EngineUnavailable
    ├── DeadlineExceeded
    └── ProcessingFailed              the service is at fault
        ├── PageFailed
        ├── PageTimedOut
        ├── EngineOutOfMemory
        └── NoPageRead

Every error has a stable ``code`` for programs and a ``detail`` of one plain sentence for people.
Neither ever holds a path, a traceback, a password or the document's text.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar


class ServiceError(Exception):
    """Root of the tree.

    Args:
        detail: One plain sentence for the person who sent the request.
    """

    code: ClassVar[str] = "service-error"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class DocumentError(ServiceError):
    """The file cannot be processed; sending the same bytes again will not help."""

    code = "document-error"


class DocumentEmpty(DocumentError):
    """The file has no bytes."""

    code = "document-empty"


class DocumentTypeUnsupported(DocumentError):
    """Neither a PDF nor an image of a supported kind, by extension or by content."""

    code = "document-type-unsupported"


class DocumentTypeMismatch(DocumentError):
    """A PDF under an image's extension, or an image under a PDF's."""

    code = "document-type-mismatch"


class DocumentTruncated(DocumentError):
    """The file ends before its content does."""

    code = "document-truncated"


class DocumentCorrupt(DocumentError):
    """The content contradicts its own format."""

    code = "document-corrupt"


class DocumentEncrypted(DocumentError):
    """The PDF needs a password: none was given, or a wrong one."""

    code = "document-encrypted"


class DocumentWithoutPages(DocumentError):
    """The document is intact and has nothing to read."""

    code = "document-without-pages"


class DocumentTooManyPages(DocumentError):
    """More pages were asked for than ``MAX_PAGES``."""

    code = "document-too-many-pages"


class DocumentTooManyPixels(DocumentError):
    """An image is, or unpacks to, more than ``MAX_PIXELS``."""

    code = "document-too-many-pixels"


class PageRangeOutside(DocumentError):
    """The page range names pages that the document does not have."""

    code = "page-range-outside"


class DocumentUnreadable(DocumentError):
    """Reading the document crashed the reader or took longer than allowed."""

    code = "document-unreadable"


class UploadTooLarge(ServiceError):
    """More bytes than ``MAX_UPLOAD_SIZE``."""

    code = "upload-too-large"


class JobNotFound(ServiceError):
    """There is no such job, or no such page of it yet."""

    code = "job-not-found"


class JobGone(ServiceError):
    """The job was there, and its files and results were removed."""

    code = "job-gone"


class Conflict(ServiceError):
    """The request contradicts how things stand."""

    code = "conflict"


class IdempotencyConflict(Conflict):
    """The ``Idempotency-Key`` was used for something else."""

    code = "idempotency-conflict"


class JobUnfinished(Conflict):
    """The job has no result, now or for good; ``status`` says which."""

    code = "job-unfinished"


class StorageFull(ServiceError):
    """Less than ``MIN_FREE_DISK_MB`` is left for jobs."""

    code = "storage-full"


class OptionInvalid(ServiceError):
    """A missing or malformed part of the request; ``field`` names it."""

    code = "option-invalid"

    def __init__(self, detail: str, *, field: str | None = None) -> None:
        super().__init__(detail)
        self.field = field


class Unavailable(ServiceError):
    """The request was fine and may be sent again after ``retry_after`` seconds."""

    code = "unavailable"

    def __init__(self, detail: str, *, retry_after: int = 10) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class ServiceBusy(Unavailable):
    """The bounded queue is full."""

    code = "service-busy"


class ServiceStopping(Unavailable):
    """The service is shutting down and takes no new work."""

    code = "service-stopping"


class StorageUnavailable(Unavailable):
    """``TMP_DIR`` is full or cannot be written."""

    code = "storage-unavailable"


class JobStoreUnavailable(Unavailable):
    """The database or the files of jobs cannot be reached."""

    code = "job-store-unavailable"


class EngineUnavailable(Unavailable):
    """The chosen engine could not be loaded."""

    code = "engine-unavailable"


class DeadlineExceeded(ServiceError):
    """The document took longer than ``REQUEST_TIMEOUT_SECONDS``."""

    code = "deadline-exceeded"


class ProcessingFailed(ServiceError):
    """The document looked fine and could not be processed."""

    code = "processing-failed"


class PageFailed(ProcessingFailed):
    """The engine failed on one page."""

    code = "page-failed"


class PageTimedOut(ProcessingFailed):
    """The engine took longer than ``PAGE_TIMEOUT_SECONDS`` on one page."""

    code = "page-timed-out"


class EngineOutOfMemory(ProcessingFailed):
    """The engine's device has no memory left for a page, even with smaller images."""

    code = "engine-out-of-memory"


class NoPageRead(ProcessingFailed):
    """Every page of the document failed."""

    code = "no-page-read"


def _subclasses(of: type[ServiceError]) -> Iterator[type[ServiceError]]:
    yield of
    for subclass in of.__subclasses__():
        yield from _subclasses(subclass)


def error_codes() -> list[str]:
    """Codes of all errors, each once."""
    return sorted({kind.code for kind in _subclasses(ServiceError)})


def error_from_code(code: str, detail: str) -> ServiceError:
    """Rebuild an error that crossed a process boundary as its code and its sentence.

    The sentence of an unknown code is not repeated: who knows what said it.
    """
    for kind in _subclasses(ServiceError):
        if kind.code == code:
            return kind(detail)
    return ProcessingFailed("Processing failed.")
