"""Does the work of jobs, on the event loop of the service."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace

from pydantic import TypeAdapter

from paddleocr_vl_service.assembly.crop_allowance import CropAllowance
from paddleocr_vl_service.jobs.blob_store import BlobStore
from paddleocr_vl_service.jobs.job_rows import JobLost
from paddleocr_vl_service.jobs.names import document_blob, page_blob, upload_blob
from paddleocr_vl_service.jobs.ownership import JobOwnership, PageOutcome
from paddleocr_vl_service.jobs.repository import JobRepository
from paddleocr_vl_service.jobs.work_queue import WorkStopped
from paddleocr_vl_service.models.document import (
    EngineInfo,
    PageError,
    PageResult,
    ParsedDocument,
)
from paddleocr_vl_service.models.errors import (
    DocumentEncrypted,
    ProcessingFailed,
    ServiceError,
    ServiceStopping,
    Unavailable,
)
from paddleocr_vl_service.models.jobs import Job, JobEvent, JobStatus
from paddleocr_vl_service.observability.telemetry import Span, Telemetry
from paddleocr_vl_service.services.document_reading import DocumentReading
from paddleocr_vl_service.services.paddleocr_vl_service import PaddleOCRVLService

logger = logging.getLogger(__name__)

_MOST_CRASHES = 10
_REST_SECONDS = 5.0
_LONGEST_WAIT = 30
_SEND_AGAIN = (
    "Another process was to read the document than the one that took it, and passwords are not "
    "kept: send the document again."
)


@dataclass(frozen=True)
class StoredPage:
    """A page's blob.

    Attributes:
        engine: What read it; None where none was loaded.
        result: The page; None where it could not be read.
        error: Why it could not be read; None where it was.
    """

    engine: EngineInfo | None
    result: PageResult | None = None
    error: PageError | None = None


PAGE: TypeAdapter[StoredPage] = TypeAdapter(StoredPage)
DOCUMENT: TypeAdapter[ParsedDocument] = TypeAdapter(ParsedDocument)


@dataclass
class _Desk:
    """A job that this process works on."""

    job: Job
    reading: DocumentReading
    exit: AsyncExitStack
    tasks: set[asyncio.Task[None]]
    span: Span


class JobRunner:
    """Implements `work_queue.JobWork`.

    Args:
        service: Reads pages.
        repository: Where jobs are written down.
        ownership: Who works on them.
        blobs: Where files are.
        owner: This process.
        retention: Seconds for which results stay.
        telemetry: Is told what becomes of them.

    Attributes:
        passwords: Of jobs that this process has taken, by their ids.
    """

    def __init__(
        self,
        service: PaddleOCRVLService,
        repository: JobRepository,
        ownership: JobOwnership,
        blobs: BlobStore,
        *,
        owner: str,
        retention: float,
        telemetry: Telemetry,
    ) -> None:
        self.passwords: dict[str, str] = {}
        self._service = service
        self._repository = repository
        self._ownership = ownership
        self._blobs = blobs
        self.owner = owner
        self.retention = retention
        self._telemetry = telemetry
        self._desks: dict[str, _Desk] = {}
        self._beginning: set[tuple[str, int]] = set()
        self._resting: dict[tuple[str, int], float] = {}
        self._closed = False
        self._drained = asyncio.Event()
        self._hurried = asyncio.Event()

    @property
    def pages_at_a_time(self) -> int:
        """Pages of one job that keep the engine busy."""
        return self._service.pages_in_flight

    async def begin(self, job_id: str, epoch: int) -> list[int]:
        """Take the job, open its document, and tell which pages are left."""
        await self._refuse_when_closed()
        self._beginning.add((job_id, epoch))
        try:
            return await self._begin(job_id, epoch)
        finally:
            self._beginning.discard((job_id, epoch))

    async def _begin(self, job_id: str, epoch: int) -> list[int]:
        async with self._failing(job_id, epoch):
            job = await self._ownership.take(job_id, epoch, self.owner)
            if job.crashes > _MOST_CRASHES:
                raise ProcessingFailed(
                    f"The processes that worked on the job ended {job.crashes} times."
                )
            desk = await self._open(job)
            numbers, count = desk.reading.numbers, desk.reading.page_count
            await self._ownership.opened(job_id, epoch, numbers, count)
            done = {event.page for event in await self._repository.page_events(job_id)}
        return [number for number in desk.reading.numbers if number not in done]

    async def _open(self, job: Job) -> _Desk:
        if (older := self._desks.get(job.id)) is not None:
            await self._leave(job.id, older.job.epoch)
        async with AsyncExitStack() as stack:
            span = self._telemetry.tracer.begin("job", job.order.traceparent)
            span.set(**{"job.id": job.id})
            stack.callback(span.end)
            place = await stack.enter_async_context(self._service.place_for_job())
            file = await self._blobs.fetch(upload_blob(job.id), place.folder)
            password = self.passwords.get(job.id)
            options = replace(job.order.options, password=password)
            try:
                with self._telemetry.tracer.within(span):
                    reading = await place.open(file, job.order.filename, options)
            except DocumentEncrypted as error:
                if password is None and job.order.has_password:
                    raise DocumentEncrypted(_SEND_AGAIN) from error
                raise
            desk = _Desk(job, reading, stack.pop_all(), set(), span)
        self._desks[job.id] = desk
        return desk

    async def read_page(self, job_id: str, epoch: int, page: int) -> None:
        """Read a page, unless it was read before."""
        desk = await self._desk(job_id, epoch)
        task = asyncio.create_task(self._read_page(desk, epoch, page))
        desk.tasks.add(task)
        task.add_done_callback(desk.tasks.discard)
        try:
            await task
        except asyncio.CancelledError:
            if task.cancelled():
                raise WorkStopped from None
            raise

    async def _read_page(self, desk: _Desk, epoch: int, page: int) -> None:
        async with self._failing(desk.job.id, epoch):
            with self._telemetry.tracer.within(desk.span):
                outcome = await self._patiently(desk.reading, page)
            failed = isinstance(outcome, PageError)
            stored = StoredPage(
                desk.reading.engine,
                result=None if isinstance(outcome, PageError) else outcome,
                error=outcome if isinstance(outcome, PageError) else None,
            )
            name = page_blob(desk.job.id, page, epoch)
            await self._blobs.put(name, await asyncio.to_thread(PAGE.dump_json, stored))
            error = (outcome.code, outcome.message) if isinstance(outcome, PageError) else None
            await self._ownership.page_done(desk.job.id, epoch, PageOutcome(page, name, error))
            if failed:
                logger.warning("A job's page failed", extra={"job": desk.job.id, "page": page})

    async def _patiently(self, reading: DocumentReading, page: int) -> PageResult | PageError:
        """Read a page; an engine or a disk that is away for a while is waited for."""
        while isinstance(outcome := await _tried(reading, page), Unavailable):
            if isinstance(outcome, ServiceStopping):
                raise WorkStopped
            await asyncio.sleep(min(outcome.retry_after, _LONGEST_WAIT))
            if self._closed:
                raise WorkStopped
        return outcome

    async def end(self, job_id: str, epoch: int) -> None:
        """Put the pages together and finish the job."""
        desk = await self._desk(job_id, epoch)
        async with self._failing(job_id, epoch):
            events = {event.page: event for event in await self._repository.page_events(job_id)}
            with self._telemetry.tracer.within(desk.span):
                document = await self._put_together(desk.reading, events)
            content = await asyncio.to_thread(DOCUMENT.dump_json, document)
            await self._blobs.put(document_blob(job_id), content)
            await self._finish(job_id, epoch, JobStatus.SUCCEEDED)

    async def _put_together(
        self, reading: DocumentReading, events: dict[int, JobEvent]
    ) -> ParsedDocument:
        engine: EngineInfo | None = None
        crops = CropAllowance()
        outcomes: list[PageResult | PageError] = []
        for number in reading.numbers:
            stored = await load_page(self._blobs, events[number])
            engine = engine or stored.engine
            if stored.result is not None:
                outcomes.append(crops.within(stored.result))
            elif stored.error is not None:
                outcomes.append(stored.error)
        return await reading.put_together(outcomes, engine)

    @asynccontextmanager
    async def _failing(self, job_id: str, epoch: int) -> AsyncIterator[None]:
        """Let what goes wrong be the end of the job, or of the work on it here."""
        try:
            yield
        except WorkStopped:
            await self._leave(job_id, epoch)
            raise
        except JobLost as error:
            await self._leave(job_id, epoch)
            raise WorkStopped from error
        except ServiceStopping as error:
            raise WorkStopped from error
        except Unavailable as error:
            # Nothing is known about the document: somebody begins again, a little later.
            logger.warning("A job is interrupted", extra={"job": job_id, "reason": error.code})
            await self.interrupted(job_id, epoch)
            raise WorkStopped from error
        except ServiceError as error:
            await self._finish(job_id, epoch, JobStatus.FAILED, (error.code, error.detail))
            raise WorkStopped from error
        except Exception as error:
            logger.exception("A job failed unexpectedly", extra={"job": job_id})
            sentence = ("internal-error", "The service failed unexpectedly.")
            await self._finish(job_id, epoch, JobStatus.FAILED, sentence)
            raise WorkStopped from error

    async def interrupted(self, job_id: str, epoch: int) -> None:
        """Drop the work on a job; the caretaker hands it back when it has rested a little."""
        self._resting[job_id, epoch] = time.monotonic() + _REST_SECONDS
        await self._leave(job_id, epoch)

    async def _finish(
        self, job_id: str, epoch: int, status: JobStatus, error: tuple[str, str] | None = None
    ) -> None:
        try:
            await self._ownership.finish(job_id, epoch, status, self.retention, error)
            self._telemetry.meter.job(status.value)
            if error is not None and (desk := self._desks.get(job_id)) is not None:
                desk.span.fail(error[0])
        except (JobLost, Unavailable) as lost:
            raise WorkStopped from lost
        finally:
            # Only now: what nobody is at work on is handed back by the caretaker.
            await self._leave(job_id, epoch)
        self.passwords.pop(job_id, None)
        logger.info("A job is finished", extra={"job": job_id, "status": status.value})

    async def _desk(self, job_id: str, epoch: int) -> _Desk:
        await self._refuse_when_closed()
        desk = self._desks.get(job_id)
        if desk is None or desk.job.epoch != epoch:
            raise WorkStopped
        return desk

    async def _refuse_when_closed(self) -> None:
        """Refused at once, a page would end those that are in hand."""
        if self._closed:
            await self._drained.wait()
            raise WorkStopped

    async def cancel(self, job_id: str, epoch: int) -> None:
        """Stop working on a job; its pages in hand are dropped."""
        with suppress(WorkStopped):
            await self._finish(job_id, epoch, JobStatus.CANCELLED)

    async def _leave(self, job_id: str, epoch: int) -> None:
        """Drop what is in hand of a job in an epoch; of another one it may be somebody's work."""
        desk = self._desks.get(job_id)
        if desk is None or desk.job.epoch != epoch:
            return
        del self._desks[job_id]
        own = asyncio.current_task()
        for task in tuple(desk.tasks):
            if task is not own:
                task.cancel()
        await desk.exit.aclose()

    @property
    def at_work_on(self) -> set[tuple[str, int]]:
        """Jobs with their epochs that this process reads, or will not give back yet."""
        moment = time.monotonic()
        self._resting = {job: until for job, until in self._resting.items() if until > moment}
        desks = {(job_id, desk.job.epoch) for job_id, desk in self._desks.items()}
        return desks | self._resting.keys() | self._beginning

    def hurry(self) -> None:
        """Wait for nothing any more when closing."""
        self._hurried.set()

    async def _until_hurried(self) -> None:
        await self._hurried.wait()

    async def close(self, grace: float) -> None:
        """Let pages in hand be finished within ``grace`` seconds; begin nothing more."""
        self._closed = True
        tasks = [task for desk in self._desks.values() for task in desk.tasks]
        finished = asyncio.create_task(_ended(tasks))
        hurried = asyncio.create_task(self._until_hurried())
        await asyncio.wait({finished, hurried}, timeout=grace, return_when=asyncio.FIRST_COMPLETED)
        for task in (*tasks, hurried):
            task.cancel()
        await asyncio.gather(finished, hurried, return_exceptions=True)
        self._drained.set()
        for job_id, desk in tuple(self._desks.items()):
            await self._leave(job_id, desk.job.epoch)


async def _ended(tasks: Sequence[asyncio.Task[None]]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)


async def load_page(blobs: BlobStore, event: JobEvent) -> StoredPage:
    """What was read in a page.

    Raises:
        FileNotFoundError: It is gone.
        JobStoreUnavailable: The store cannot be reached.
    """
    content = await blobs.get(event.ref)
    return await asyncio.to_thread(PAGE.validate_json, content)


async def _tried(reading: DocumentReading, page: int) -> PageResult | PageError | Unavailable:
    try:
        return await reading.read(page)
    except Unavailable as error:
        return error
