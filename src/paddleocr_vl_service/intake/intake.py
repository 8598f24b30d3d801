"""The service's side of the intake: documents are opened and rendered in child processes.

Safe to use from any number of tasks of one event loop. A document that crashes or hangs its
reader is at fault itself; the others go on in a fresh process.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from paddleocr_vl_service.intake.page_selection import select_pages
from paddleocr_vl_service.intake.sniffing import sniff
from paddleocr_vl_service.intake.types import (
    FACTS,
    INSPECT,
    PAGE,
    RENDER,
    DocumentKind,
    InspectRequest,
    PageContent,
    RenderRequest,
)
from paddleocr_vl_service.models.document import Notice, PageImage, PageSelection
from paddleocr_vl_service.models.errors import (
    DocumentUnreadable,
    PageFailed,
    PageTimedOut,
    ServiceStopping,
    Unavailable,
)
from paddleocr_vl_service.processes.errors import (
    PoolClosed,
    WorkerDied,
    WorkerFailed,
    WorkerStartFailed,
    WorkerTimedOut,
)
from paddleocr_vl_service.processes.pool import WorkerPool
from paddleocr_vl_service.processes.worker import WorkerSpec

_NICENESS = 5


@dataclass(frozen=True)
class IntakeLimits:
    """What is taken in.

    Attributes:
        max_pixels: Of one page image.
        max_pages: Read of one document.
        timeout_seconds: For opening a document, and for rendering one of its pages.
    """

    max_pixels: int = 80_000_000
    max_pages: int = 2000
    timeout_seconds: float = 120.0


@dataclass(frozen=True)
class OpenedDocument:
    """A document that can be read.

    Attributes:
        path: The file, which has to stay while pages are rendered.
        kind: By content.
        page_count: Pages it has.
        notices: For the reader of the result.
        password: What opened it; kept out of ``repr``.
    """

    path: Path
    kind: DocumentKind
    page_count: int
    notices: tuple[Notice, ...] = ()
    password: str | None = field(default=None, repr=False)


class Intake:
    """Opens documents and renders their pages.

    Args:
        limits: What is taken in.
        processes: Child processes there may be, started when first needed.
    """

    def __init__(self, limits: IntakeLimits, processes: int = 1) -> None:
        self.limits = limits
        self.pool = WorkerPool(
            WorkerSpec(
                name="document-reader",
                factory="paddleocr_vl_service.intake.handler:ReaderHandler",
                config={"max_pixels": limits.max_pixels},
                nice=_NICENESS,
                environment={"OPENBLAS_NUM_THREADS": "1"},
            ),
            processes,
        )

    async def open(self, path: Path, filename: str, password: str | None = None) -> OpenedDocument:
        """Find out what a file is and whether it can be read.

        Args:
            path: The file.
            filename: The name the client gave; only its extension counts.
            password: Opens an encrypted PDF.

        Raises:
            DocumentError: It cannot be read, or reading it crashed or took too long.
            Unavailable: The service is stopping or cannot start a reader.
        """
        sniffed = await asyncio.to_thread(sniff, path, filename)
        payload = INSPECT.dump_python(
            InspectRequest(str(path), sniffed.kind, password or None), mode="json"
        )
        try:
            answer = await self._in_pool("inspect", payload)
            facts = FACTS.validate_python(answer)
        except WorkerTimedOut as error:
            seconds = f"{self.limits.timeout_seconds:g} seconds"
            raise DocumentUnreadable(f"Opening the document took longer than {seconds}.") from error
        except WorkerDied as error:
            raise DocumentUnreadable("Opening the document crashed its reader.") from error
        except (WorkerFailed, ValidationError) as error:
            raise DocumentUnreadable("The document could not be opened.") from error
        notices = sniffed.notices + facts.notices
        return OpenedDocument(path, facts.kind, facts.page_count, notices, password or None)

    def select(self, document: OpenedDocument, selection: PageSelection | None) -> list[int]:
        """The page numbers to read, each once, in the order asked for.

        Raises:
            PageRangeOutside: The document does not have all of the pages.
            DocumentTooManyPages: They are more than may be read.
        """
        return select_pages(selection, document.page_count, self.limits.max_pages)

    async def render(
        self,
        document: OpenedDocument,
        page: int,
        directory: Path,
        wanted: PageContent = PageContent.IMAGE,
    ) -> PageImage:
        """Write the image of one page into a folder, where it is wanted.

        Args:
            document: Opened.
            page: From 1.
            directory: Exists; the caller removes the image.
            wanted: What is wanted of the page.

        Raises:
            DocumentError: The document's only page cannot be read.
            PageFailed: That page cannot be read, or crashed its reader.
            PageTimedOut: Rendering it took too long.
            StorageUnavailable: The disk is full.
            Unavailable: The service is stopping or cannot start a reader.
        """
        request = RenderRequest(
            InspectRequest(str(document.path), document.kind, document.password),
            page,
            str(directory / f"page-{page}.bmp"),
            wanted,
        )
        try:
            answer = await self._in_pool("render", RENDER.dump_python(request, mode="json"))
            image = PAGE.validate_python(answer)
        except WorkerTimedOut as error:
            seconds = f"{self.limits.timeout_seconds:g} seconds"
            raise PageTimedOut(f"Rendering page {page} took longer than {seconds}.") from error
        except WorkerDied as error:
            raise PageFailed(f"Rendering page {page} crashed its reader.") from error
        except (WorkerFailed, ValidationError) as error:
            raise PageFailed(f"Page {page} could not be rendered.") from error
        if image.path not in (request.out_path, None) or image.number != page:
            raise PageFailed(f"Page {page} could not be rendered.")
        return image

    async def close(self) -> None:
        """End every child process."""
        await self.pool.close()

    async def _in_pool(self, method: str, payload: object) -> object:
        try:
            return await self.pool.call(method, payload, timeout=self.limits.timeout_seconds)
        except PoolClosed as error:
            raise ServiceStopping("The service is shutting down.") from error
        except WorkerStartFailed as error:
            raise Unavailable("The service cannot start its document reader.") from error
