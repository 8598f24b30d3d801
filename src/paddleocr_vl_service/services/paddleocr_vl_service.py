"""The one way in: a file goes in, a `ParsedDocument` comes out, page by page if one likes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from paddleocr_vl_service.assembly.crop_allowance import CropAllowance
from paddleocr_vl_service.engines.base import EngineCapabilities
from paddleocr_vl_service.intake.intake import Intake
from paddleocr_vl_service.models.document import (
    DocumentOptions,
    PageError,
    PageResult,
    ParsedDocument,
)
from paddleocr_vl_service.models.stages import Stage
from paddleocr_vl_service.observability.telemetry import SILENT, Telemetry
from paddleocr_vl_service.services.admission import Admission, Visit
from paddleocr_vl_service.services.document_reading import DocumentReading
from paddleocr_vl_service.services.engine_choice import ANYTHING, EngineAbilities
from paddleocr_vl_service.services.engine_host.host import EngineHost
from paddleocr_vl_service.services.health import HealthReport, report_health
from paddleocr_vl_service.services.in_order import in_order
from paddleocr_vl_service.services.temp_storage import TempStorage


@dataclass(frozen=True)
class DocumentOpened:
    """The file is what it should be; these pages will be read."""

    pages: tuple[int, ...]


@dataclass(frozen=True)
class PageFinished:
    """One page was read, or could not be; pages finish in the order asked for."""

    page: int
    error: PageError | None


@dataclass(frozen=True)
class DocumentFinished:
    """Everything was done; always the last event."""

    document: ParsedDocument


Event = DocumentOpened | PageFinished | DocumentFinished


class PaddleOCRVLService:
    """Everything that one process shares: intake, engine, temporary files, places.

    There is one of it in a process. It belongs to the event loop that opened it; the engine and
    the document readers live in child processes, are loaded when first needed, and are each
    called by one task at a time.
    """

    def __init__(
        self,
        intake: Intake,
        host: EngineHost,
        storage: TempStorage,
        admission: Admission,
        abilities: EngineAbilities = ANYTHING,
        *,
        telemetry: Telemetry = SILENT,
    ) -> None:
        self.admission = admission
        self._abilities = abilities
        self._telemetry = telemetry
        self._intake = intake
        self._host = host
        self._storage = storage

    def open(self) -> None:
        """Claim the temporary folder, sweep what dead processes left in it, begin to work.

        Raises:
            OSError: The temporary folder cannot be made or written.
        """
        self._storage.open()
        self._host.open(self._storage.page_folder())

    async def warmup(self) -> EngineCapabilities:
        """Load the engine now instead of on the first document."""
        return await self._host.warmup()

    async def health(self) -> HealthReport:
        """Whether the service can do its job; answers at once and loads nothing."""
        config = self._host.config
        return report_health(
            config.name,
            config.devices[0],
            config.declared_scripts,
            self._host.status(),
            storage_failure=await self._storage.failure(),
        )

    async def drain(self, grace: float) -> None:
        """Take nothing new; what is not done within ``grace`` seconds fails as stopping."""
        self.admission.stop()
        await self.admission.wait_until_empty(grace)
        await asyncio.gather(self._host.close(), self._intake.close())
        self.admission.send_away()

    async def close(self) -> None:
        """Leave no process and no file behind."""
        await self.drain(0)
        self._storage.close()

    @asynccontextmanager
    async def admit(self, size: int = 0) -> AsyncIterator[DocumentPlace]:
        """A place for one document: a folder for its file, and the right to have it read.

        Args:
            size: Bytes that will be put into the folder, or that may be at most.

        Raises:
            ServiceBusy: The house is full.
            ServiceStopping: It is closing.
            EngineUnavailable: Nobody could read the document.
            StorageUnavailable: There is no room for the file.
        """
        if (refusal := self._host.refusal()) is not None:
            raise refusal
        with self.admission.enter(size) as visit:
            async with self._storage.document_folder() as folder:
                yield DocumentPlace(
                    folder,
                    visit,
                    self._intake,
                    self._host,
                    self.admission,
                    abilities=self._abilities,
                    telemetry=self._telemetry,
                )

    @asynccontextmanager
    async def place_for_job(self) -> AsyncIterator[DocumentPlace]:
        """A place for a document that nobody waits for at the other end of a connection.

        The number of such documents is bounded by whoever brings them; their pages take turns
        with those of all others.

        Raises:
            StorageUnavailable: There is no room for its files.
        """
        async with self._storage.document_folder() as folder:
            yield DocumentPlace(
                folder, Visit(0), self._intake, self._host, self.admission,
                abilities=self._abilities, telemetry=self._telemetry,
            )  # fmt: skip

    @property
    def reader_pids(self) -> list[int]:
        """Process ids of the document readers that are alive."""
        return [worker.pid for worker in self._intake.pool.workers]

    @property
    def pages_in_flight(self) -> int:
        """Pages of one document that keep the whole engine busy."""
        return self._host.config.pages_in_flight

    def check(self, options: DocumentOptions) -> None:
        """Refuse what the engine cannot do; raises `OptionInvalid`."""
        self._abilities.check(options.parse)


class DocumentPlace:
    """One document on its way through the service.

    Attributes:
        folder: Holds the upload and page images; vanishes with the place.
        visit: What the admission knows of it.
    """

    def __init__(
        self,
        folder: Path,
        visit: Visit,
        intake: Intake,
        host: EngineHost,
        admission: Admission,
        *,
        abilities: EngineAbilities = ANYTHING,
        telemetry: Telemetry = SILENT,
    ) -> None:
        self.folder = folder
        self._telemetry = telemetry
        self.visit = visit
        self._intake = intake
        self._host = host
        self._admission = admission
        self._abilities = abilities

    async def extract(
        self, source: Path, filename: str, options: DocumentOptions
    ) -> ParsedDocument:
        """Read a document; raises as `events`."""
        async with aclosing(self.events(source, filename, options)) as events:
            async for event in events:
                if isinstance(event, DocumentFinished):
                    return event.document
        raise AssertionError("a document ends with DocumentFinished or an error")

    async def events(
        self, source: Path, filename: str, options: DocumentOptions
    ) -> AsyncGenerator[Event, None]:
        """Read a document and tell how far it is.

        Args:
            source: The file; it is not changed.
            filename: As its owner calls it; only the extension matters.
            options: Which pages, and how.

        Raises:
            OptionInvalid: The engine cannot do what an option asks for.
            DocumentError: The file cannot be processed.
            Unavailable: The engine cannot be loaded, the disk is full, the service is closing,
                or too many documents of this length wait.
            NoPageRead: Every page failed.
        """
        reading = await self.open(source, filename, options)
        async with AsyncExitStack() as stack:
            with self._telemetry.stage(Stage.ADMISSION):
                place = self._admission.reading(self.visit, reading.turns)
                await stack.enter_async_context(place)
            yield DocumentOpened(reading.numbers)
            outcomes: list[PageResult | PageError] = []
            crops = CropAllowance()
            jobs = (partial(reading.read, number) for number in reading.numbers)
            ahead = self._host.config.pages_in_flight  # so that no engine process idles
            async with aclosing(in_order(jobs, ahead)) as stream:
                async for outcome in stream:
                    failed = outcome if isinstance(outcome, PageError) else None
                    outcomes.append(
                        crops.within(outcome) if isinstance(outcome, PageResult) else outcome
                    )
                    self.visit.page_done()
                    yield PageFinished(reading.numbers[len(outcomes) - 1], failed)
        yield DocumentFinished(await reading.put_together(outcomes))

    async def open(self, source: Path, filename: str, options: DocumentOptions) -> DocumentReading:
        """Find out what a file is and which of its pages are meant; raises as `events`."""
        self._abilities.check(options.parse)
        with self._telemetry.stage(Stage.INTAKE):
            opened = await self._intake.open(source, filename, options.password)
        return DocumentReading(
            opened, options, self.folder, self._intake, self._host, telemetry=self._telemetry
        )
