"""Jobs as the rest of the service sees them: documents go in, and one may ask how far they are."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from paddleocr_vl_service.jobs.blob_store import BlobStore
from paddleocr_vl_service.jobs.caretaker import Caretaker
from paddleocr_vl_service.jobs.database import JobDatabase
from paddleocr_vl_service.jobs.deliveries import Delivery
from paddleocr_vl_service.jobs.incoming import Incoming
from paddleocr_vl_service.jobs.job_rows import ORDER
from paddleocr_vl_service.jobs.names import is_job_id, new_job_id, upload_blob
from paddleocr_vl_service.jobs.repository import JobRepository
from paddleocr_vl_service.jobs.results import JobResults, refuse_tombstone
from paddleocr_vl_service.jobs.runner import JobRunner, StoredPage
from paddleocr_vl_service.jobs.webhooks import Webhooks
from paddleocr_vl_service.jobs.work_queue import WorkQueue
from paddleocr_vl_service.models.document import ParsedDocument
from paddleocr_vl_service.models.errors import (
    IdempotencyConflict,
    JobNotFound,
    JobStoreUnavailable,
    JobUnfinished,
    ServiceBusy,
)
from paddleocr_vl_service.models.jobs import Job, JobCensus, JobEvent, JobOrder, JobStatus

logger = logging.getLogger(__name__)

_POLL_SECONDS = 0.25
_RETRY_SECONDS = 2.0
_PATIENCE_SECONDS = 10.0
_EVENTS_AT_A_TIME = 500


@dataclass(frozen=True)
class JobLimits:
    """What may be there.

    Attributes:
        queued: Jobs that wait.
        retention: Seconds for which results stay.
    """

    queued: int
    retention: float


class JobService:
    """Takes jobs, and tells of them. Belongs to the event loop that opened it.

    Args:
        database: Opened and closed with it.
        repository: Where jobs are written down.
        blobs: Where their files are.
        queue: Hands them out.
        runner: Does them.
        caretaker: Looks after what nobody looks after.
        webhooks: Tells others of a job's end.
        incoming: Where uploads lie until they are taken.
        limits: What may be there.
    """

    def __init__(
        self,
        database: JobDatabase,
        repository: JobRepository,
        blobs: BlobStore,
        *,
        queue: WorkQueue,
        runner: JobRunner,
        caretaker: Caretaker,
        webhooks: Webhooks,
        incoming: Incoming,
        limits: JobLimits,
    ) -> None:
        self.limits = limits
        self._database = database
        self._repository = repository
        self._blobs = blobs
        self._results = JobResults(repository, blobs)
        self._queue = queue
        self._runner = runner
        self._caretaker = caretaker
        self._webhooks = webhooks
        self._incoming = incoming
        self._stopping = asyncio.Event()
        self._opened = asyncio.Event()
        self._opening: asyncio.Task[None] | None = None
        self._failure: str | None = None
        self._closing: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Begin to take jobs and to work on them, as soon as the database can be reached.

        Raises:
            OSError: The folder for uploads cannot be made.
        """
        await asyncio.to_thread(self._incoming.open)
        self._opening = asyncio.create_task(self._open(), name="opening of jobs")

    async def _open(self) -> None:
        try:
            while not await self._try_to_open():
                if self._stopping.is_set():
                    return
                with suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), _RETRY_SECONDS)
        except Exception:
            logger.exception("Jobs could not be opened")
            self._failure = "Jobs cannot be taken: see the log."
            return
        self._failure = None
        self._caretaker.start()
        self._opened.set()

    async def _try_to_open(self) -> bool:
        try:
            await self._database.open()
            await self._caretaker.sign_on()
            await self._queue.open(self._runner)
        except JobStoreUnavailable as error:
            logger.warning(error.detail)
            self._failure = error.detail
            return False
        return True

    async def ready(self) -> None:
        """Wait a moment for what is being opened.

        Raises:
            JobStoreUnavailable: It cannot be, or not yet.
        """
        with suppress(asyncio.TimeoutError):
            if self._failure is None:
                await asyncio.wait_for(self._opened.wait(), _PATIENCE_SECONDS)
        if not self._opened.is_set():
            raise JobStoreUnavailable(self._failure or "Jobs are not ready yet.")

    @property
    def failure(self) -> str | None:
        """Why jobs cannot be taken or are not looked after; None where all is well."""
        return self._failure or self._caretaker.failure

    @property
    def is_open(self) -> bool:
        """Whether the database and the queue could be reached once."""
        return self._opened.is_set()

    @property
    def is_dead(self) -> bool:
        """Whether nothing but a new start helps."""
        gave_up = self._opening is not None and self._opening.done() and not self._opened.is_set()
        return self._caretaker.is_dead or gave_up

    def upload_folder(self) -> AbstractAsyncContextManager[Path]:
        """A folder for a document that is being received; see `Incoming.folder`."""
        return self._incoming.folder()

    async def submit(
        self, file: Path, order: JobOrder, *, password: str | None, key: str
    ) -> tuple[Job, bool]:
        """Take a document.

        Args:
            file: Is moved away.
            order: What is to be done; its options hold no password.
            password: Opens an encrypted PDF; kept in memory only.
            key: The client's idempotency key; empty for none.

        Returns:
            The job, and whether it is a new one.

        Raises:
            IdempotencyConflict: The key was used for something else.
            ServiceBusy: Too many jobs wait.
            JobStoreUnavailable: The database or the files cannot be reached.
        """
        fingerprint = _fingerprint(order, password)
        if key and (known := await self._repository.known(key, fingerprint)):
            return known, False
        job_id = new_job_id()
        await self._repository.note_stray(job_id)
        await self._blobs.put_file(upload_blob(job_id), file)
        if password is not None:
            self._runner.passwords[job_id] = password
        try:
            job, taken = await self._repository.add(
                job_id, order, key=key, fingerprint=fingerprint, most_queued=self.limits.queued
            )
        except (ServiceBusy, IdempotencyConflict):
            await asyncio.shield(self._withdraw(job_id))
            raise
        # After any other error nobody knows whether it was written down. If it was not, its files
        # are still noted as stray.
        if taken:
            self._caretaker.wake()
        else:
            await asyncio.shield(self._withdraw(job_id))
        return job, taken

    async def _withdraw(self, job_id: str) -> None:
        self._runner.passwords.pop(job_id, None)
        with suppress(JobStoreUnavailable):
            await self._caretaker.remove_stray(job_id)

    async def get(self, job_id: str) -> Job:
        """A job, be it a tombstone.

        Raises:
            JobNotFound: There is none.
        """
        job = await self._repository.get(job_id) if is_job_id(job_id) else None
        if job is None:
            raise JobNotFound("There is no job of that name.")
        return job

    async def deliveries(self, job: Job) -> list[Delivery]:
        """What was done, and will be, to tell somebody of a job's end."""
        return [] if job.order.webhook_url is None else await self._webhooks.log.of_job(job.id)

    def check_webhook(self, url: str) -> None:
        """Refuse a webhook that could never be called; raises `OptionInvalid`."""
        self._webhooks.check(url)

    async def list(
        self, status: JobStatus | None, before: tuple[float, str] | None, limit: int
    ) -> list[Job]:
        """Jobs, the newest first, from a place on."""
        return await self._repository.page_of(status, before, limit)

    async def census(self) -> JobCensus:
        """How many jobs there are; raises `JobStoreUnavailable`."""
        return await self._repository.census()

    async def cancel(self, job_id: str) -> Job:
        """End a job; one that is finished stays as it is.

        Raises:
            JobNotFound: There is none.
        """
        await self.get(job_id)
        job = await self._repository.ask_to_cancel(job_id, self.limits.retention)
        if job is None:
            raise JobNotFound("There is no job of that name.")
        self._caretaker.wake()
        return job

    async def purge(self, job_id: str) -> Job:
        """Remove a job's files and results; one that is unfinished is cancelled first.

        Raises:
            JobNotFound: There is none.
            JobUnfinished: It did not end in time; it will, and may be purged then.
        """
        job = await self.cancel(job_id)
        for _ in range(100):
            if job.status.is_final:
                break
            await asyncio.sleep(_POLL_SECONDS)
            job = await self.get(job_id)
        else:
            raise JobUnfinished("The job is being cancelled; ask again in a moment.")
        await self._caretaker.purge(job_id, job.epoch)
        return await self.get(job_id)

    async def events(self, job_id: str, after: int) -> AsyncIterator[JobEvent | None]:
        """A job's events behind a number, as they happen, up to its last one.

        Gives None now and then while nothing happens.

        Raises:
            JobNotFound: There is none.
            JobGone: They were removed.
        """
        while True:
            job = await self.get(job_id)
            refuse_tombstone(job)
            found = await self._repository.events_after(job_id, after, _EVENTS_AT_A_TIME)
            for event in found:
                after = event.seq
                yield event
            if found:
                continue
            # The status was asked for before the events, so none is missing behind a final one.
            if job.status.is_final or self._stopping.is_set():
                return
            yield None
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), _POLL_SECONDS)

    async def page(self, job_id: str, page: int) -> StoredPage:
        """A page as soon as it is read.

        Raises:
            JobNotFound: There is no such job, or the page was not read yet.
            JobGone: It was removed.
        """
        return await self._results.page(await self.get(job_id), page)

    async def result(self, job_id: str, *, partial: bool) -> tuple[Job, ParsedDocument]:
        """The document.

        Args:
            job_id: Of the job.
            partial: Whether what there is will do.

        Raises:
            JobNotFound: There is no such job.
            JobGone: It was removed.
            JobUnfinished: It has no result, now or for good.
        """
        job = await self.get(job_id)
        return job, await self._results.document(job, partial=partial)

    def hurry(self) -> None:
        """Wait for no page any more when closing."""
        self._runner.hurry()

    async def close(self, grace: float) -> None:
        """Finish pages in hand within ``grace`` seconds, and give back what is left.

        Whoever calls it, and however often, it is done once, and done when this returns.
        """
        self._stopping.set()
        if self._closing is None:
            self._closing = asyncio.create_task(self._close(grace))
        await asyncio.shield(self._closing)

    async def _close(self, grace: float) -> None:
        if self._opening is not None:
            await self._opening  # a thread that opens the queue cannot be stopped halfway
        await asyncio.gather(self._runner.close(grace), self._incoming.drain(grace))
        await self._queue.close()
        await self._caretaker.close()
        self._database.close()
        self._incoming.close()


def _fingerprint(order: JobOrder, password: str | None) -> str:
    """Equal for equal requests; their file names and traces may differ."""
    same = ORDER.dump_json(replace(order, filename=""), exclude={"traceparent"})
    digest = hashlib.sha256(same)
    digest.update(f"\0{password or ''}".encode())
    return digest.hexdigest()
