"""A document that was opened: its pages are read in any order and put together at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from paddleocr_vl_service.assembly.assemble import assemble
from paddleocr_vl_service.assembly.hidden_text import with_hidden_text_notice
from paddleocr_vl_service.engines.base import EngineCapabilities
from paddleocr_vl_service.intake.intake import Intake, OpenedDocument
from paddleocr_vl_service.intake.types import PageContent
from paddleocr_vl_service.models.document import (
    DocumentOptions,
    EngineInfo,
    PageError,
    PageResult,
    ParsedDocument,
    ParseOptions,
    TextSourceChoice,
)
from paddleocr_vl_service.models.errors import (
    EngineOutOfMemory,
    NoPageRead,
    PageFailed,
    PageTimedOut,
)
from paddleocr_vl_service.models.stages import Stage
from paddleocr_vl_service.observability.telemetry import SILENT, Telemetry
from paddleocr_vl_service.services.engine_host.host import EngineHost
from paddleocr_vl_service.services.engine_host.page_task import DocumentTurns


class DocumentReading:
    """A document whose pages can be read.

    Args:
        opened: By the intake.
        options: Which pages, and how.
        folder: For page images.
        intake: Renders them.
        host: Reads them.
        telemetry: Is told what becomes of them, and how long it took.

    Attributes:
        numbers: Of the pages that were asked for, in the order asked for.
        turns: What the scheduler knows the document by.
    """

    def __init__(
        self,
        opened: OpenedDocument,
        options: DocumentOptions,
        folder: Path,
        intake: Intake,
        host: EngineHost,
        *,
        telemetry: Telemetry = SILENT,
    ) -> None:
        self.numbers = tuple(intake.select(opened, options.pages))
        self.turns = DocumentTurns(len(self.numbers))
        self._opened = opened
        self._options = options
        self._folder = folder
        self._intake = intake
        self._host = host
        self._telemetry = telemetry

    @property
    def page_count(self) -> int:
        """Pages that the document has, whether or not they were asked for."""
        return self._opened.page_count

    @property
    def engine(self) -> EngineInfo | None:
        """What reads the pages; None before it was loaded."""
        capabilities = self._host.capabilities
        return None if capabilities is None else capabilities.info

    async def read(self, number: int) -> PageResult | PageError:
        """Read one page.

        Raises:
            DocumentError: The document's only page cannot be opened.
            Unavailable: The engine cannot be loaded, the disk is full, the service is closing.
        """
        with self._telemetry.page(number) as span:
            outcome = await self._read(number)
            failure = outcome.code if isinstance(outcome, PageError) else None
            self._telemetry.page_done(span, failure)
            return outcome

    async def _read(self, number: int) -> PageResult | PageError:
        parse = self._options.parse
        wanted = page_content(parse, self._host.capabilities)
        try:
            with self._telemetry.stage(Stage.INTAKE):
                page = await self._intake.render(self._opened, number, self._folder, wanted)
            result = await self._host.parse_page(page, parse, self.turns)
            return with_hidden_text_notice(result, page.text_layer)
        except (PageFailed, PageTimedOut, EngineOutOfMemory) as error:
            return PageError(number, error.code, error.detail)

    async def put_together(
        self, outcomes: Sequence[PageResult | PageError], engine: EngineInfo | None = None
    ) -> ParsedDocument:
        """The document of its pages, which are in the order asked for.

        Args:
            outcomes: Of all pages.
            engine: What read them, where that was not this process's.

        Raises:
            NoPageRead: Every page failed.
        """
        errors = [outcome for outcome in outcomes if isinstance(outcome, PageError)]
        engine = engine or self.engine
        if engine is None or len(errors) == len(outcomes):
            raise NoPageRead(_nothing_read(errors))
        opened = self._opened
        with self._telemetry.stage(Stage.ASSEMBLY):
            return await asyncio.to_thread(
                assemble, opened.page_count, outcomes, opened.notices, engine
            )


def page_content(options: ParseOptions, capabilities: EngineCapabilities | None) -> PageContent:
    """What an engine needs of a page.

    Args:
        options: What it will be told.
        capabilities: What it is; None before it was loaded.
    """
    if options.text_source is TextSourceChoice.OCR:
        return PageContent.IMAGE
    if capabilities is None or not capabilities.reads_text_alone:
        return PageContent.IMAGE_AND_TEXT
    if options.layout_detection or options.crops:
        return PageContent.IMAGE_AND_TEXT
    return PageContent.IMAGE_UNLESS_TEXT_SAYS_ALL


def _nothing_read(errors: Sequence[PageError]) -> str:
    if len(errors) == 1:
        return errors[0].message
    return f"None of the {len(errors)} pages could be read. The first: {errors[0].message}"
