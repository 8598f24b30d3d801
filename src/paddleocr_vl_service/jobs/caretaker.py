"""Looks after jobs that nobody else looks after.

Twice a second a process renews its lease, takes over the jobs of processes whose lease is over,
hands waiting jobs to the queue, and stops working on those that somebody cancelled. Time is the
database's, so the clocks of machines do not matter.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from paddleocr_vl_service.jobs.blob_store import BlobStore
from paddleocr_vl_service.jobs.job_rows import JobLost
from paddleocr_vl_service.jobs.names import folder_of
from paddleocr_vl_service.jobs.ownership import JobOwnership
from paddleocr_vl_service.jobs.repository import JobRepository
from paddleocr_vl_service.jobs.runner import JobRunner
from paddleocr_vl_service.jobs.webhooks import AT_A_TIME, Webhooks
from paddleocr_vl_service.jobs.work_queue import WorkQueue
from paddleocr_vl_service.models.errors import JobStoreUnavailable
from paddleocr_vl_service.observability.telemetry import Meter

logger = logging.getLogger(__name__)

LEASE_SECONDS = 5.0
_BEAT_SECONDS = 0.5
_AT_A_BEAT = 100
_LOOK_SECONDS, _LOOK_AT = 4.0, 100
"""How often, and at how many of the oldest jobs, one looks for what the queue has lost."""

_STRAY_SECONDS = 3600.0
"""So long files that are no job's stay: nobody writes them any more."""

_TOMBSTONE_SECONDS = 90 * 86_400.0

_LEAST_TIDY_SECONDS, _MOST_TIDY_SECONDS = 1.0, 30.0
_SILENT_SECONDS = 15.0


class Caretaker:
    """Runs in every process that takes jobs or works on them.

    Args:
        repository: Where jobs are written down.
        ownership: Who works on them.
        blobs: Where their files are.
        queue: Hands them out.
        runner: Does them.
        webhooks: Tells others of their end.
        meter: Counts what is removed.
    """

    def __init__(
        self,
        repository: JobRepository,
        ownership: JobOwnership,
        blobs: BlobStore,
        *,
        queue: WorkQueue,
        runner: JobRunner,
        webhooks: Webhooks,
        meter: Meter,
    ) -> None:
        self._repository = repository
        self._ownership = ownership
        self._blobs = blobs
        self._queue = queue
        self._runner = runner
        self._webhooks = webhooks
        self._meter = meter
        self._owner = runner.owner
        self._submitted: set[tuple[str, int]] = set()
        self._woken = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._last_beat = self._last_look = time.monotonic()
        self._without_row: set[str] = set()
        self._missing: set[tuple[str, int]] = set()
        self._trouble: str | None = None
        self._death: str | None = None

    @property
    def is_dead(self) -> bool:
        """Whether nothing but a new start helps."""
        return self._death is not None

    @property
    def failure(self) -> str | None:
        """Why jobs are not looked after; None where they are."""
        if self._death is not None:
            return self._death
        if self._tasks and time.monotonic() - self._last_beat > _SILENT_SECONDS:
            return self._trouble or "Jobs are not looked after in time."
        return None

    async def sign_on(self) -> None:
        """Say that this process is alive; raises `JobStoreUnavailable`."""
        await self._ownership.renew(self._owner, LEASE_SECONDS)

    def start(self) -> None:
        """Begin to look after jobs."""
        self._last_beat = time.monotonic()
        loops = {
            "beat of jobs": self._beats(),
            "tidying of jobs": self._tidies(),
            "webhooks of jobs": self._tells(),
        }
        for name, loop in loops.items():
            task = asyncio.create_task(loop, name=name)
            task.add_done_callback(self._ended)
            self._tasks.append(task)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("A task that looks after jobs died", exc_info=error)
            self._death = "Jobs are not looked after any more: restart the service."

    def wake(self) -> None:
        """There is something new; do not wait for the next second."""
        self._woken.set()

    async def _beats(self) -> None:
        while True:
            try:
                await self._beat()
                self._last_beat = time.monotonic()
                self._trouble = None
            except JobStoreUnavailable as error:
                logger.warning(error.detail)
                self._trouble = "The database of jobs cannot be reached."
            except Exception:
                # One job that cannot be looked after must not end the lease on all the others.
                logger.exception("Jobs could not be looked after; they are in a moment")
                self._trouble = "Jobs cannot be looked after: see the log."
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._woken.wait(), _BEAT_SECONDS)
            self._woken.clear()

    async def _beat(self) -> None:
        await self._ownership.renew(self._owner, LEASE_SECONDS)
        for job in await self._ownership.owned(self._owner):
            if job.cancelling:
                await self._runner.cancel(job.id, job.epoch)
            elif (job.id, job.epoch) not in self._runner.at_work_on:
                # It was interrupted: the database or its files could not be reached.
                with suppress(JobLost):
                    await self._ownership.hand_back(job.id, job.epoch)
        for job_id, epoch in await self._ownership.orphans():
            logger.warning("A job is taken over", extra={"job": job_id, "epoch": epoch})
        waiting = await self._ownership.queued()
        await self._hand_out(waiting)
        if time.monotonic() - self._last_look > _LOOK_SECONDS:
            self._last_look = time.monotonic()
            await self._look_for_lost([each for each in waiting if each in self._submitted])

    async def _hand_out(self, waiting: Sequence[tuple[str, int]]) -> None:
        """Some at a time: the lease must not run out over a long queue."""
        fresh = [each for each in waiting if each not in self._submitted]
        for each in fresh[:_AT_A_BEAT]:
            await self._queue.submit(*each)
        self._submitted = self._submitted.intersection(waiting) | set(fresh[:_AT_A_BEAT])
        if len(fresh) > _AT_A_BEAT:
            self.wake()

    async def _look_for_lost(self, waiting: Sequence[tuple[str, int]]) -> None:
        """Hand out anew what the queue has handed out and nobody has begun.

        A process that dies, or stops, between the two leaves a job that waits for nothing. One that
        is only slow to begin finds another epoch and leaves it alone.
        """
        oldest = waiting[:_LOOK_AT]
        missing = set(oldest) - await self._queue.waiting(oldest)
        for job_id, epoch in missing & self._missing:
            logger.warning("A job was lost by the queue", extra={"job": job_id, "epoch": epoch})
            await self._ownership.hand_on(job_id, epoch)
        self._missing = missing

    async def _tidies(self) -> None:
        while True:
            try:
                for job_id, epochs in await self._repository.expired():
                    with _told_of():
                        await self.purge(job_id, epochs)
                await self._forget_passwords()
                await self._sweep()
            except JobStoreUnavailable as error:
                logger.warning(error.detail)
            except Exception:
                logger.exception("Jobs could not be tidied up; they are in a moment")
            pause = min(_MOST_TIDY_SECONDS, self._runner.retention / 10)
            await asyncio.sleep(max(_LEAST_TIDY_SECONDS, pause))

    async def _forget_passwords(self) -> None:
        """Of jobs that were finished by another process, or are none."""
        for job_id in tuple(self._runner.passwords):
            job = await self._repository.get(job_id)
            gone = job is None and job_id in self._without_row
            if gone or (job is not None and job.status.is_final):
                self._runner.passwords.pop(job_id, None)
            elif job is None:
                self._without_row.add(job_id)  # it may be written down in this moment
        self._without_row.intersection_update(self._runner.passwords)

    async def _sweep(self) -> None:
        """Remove files that are no job's, and old tombstones."""
        for job_id in await self._repository.stray(_STRAY_SECONDS):
            with _told_of():
                await self.remove_stray(job_id)
        await self._repository.forget_tombstones(_TOMBSTONE_SECONDS)

    async def _tells(self) -> None:
        while True:
            try:
                await asyncio.gather(*(self._webhooks.deliver_due() for _ in range(AT_A_TIME)))
            except JobStoreUnavailable as error:
                logger.warning(error.detail)
            except Exception:
                logger.exception("Webhooks could not be called; they are in a moment")
            await asyncio.sleep(_BEAT_SECONDS)

    async def purge(self, job_id: str, epochs: int) -> None:
        """Remove all of a finished job but its tombstone; raises `JobStoreUnavailable`."""
        await self._blobs.remove_all(folder_of(job_id))
        await self._queue.forget(job_id, epochs)
        await self._repository.purge(job_id)
        self._meter.purge()
        logger.info("A job's files and results were removed", extra={"job": job_id})

    async def remove_stray(self, job_id: str) -> None:
        """Remove files that are no job's; noted still where it raises `JobStoreUnavailable`."""
        await self._blobs.remove_all(folder_of(job_id))
        await self._repository.forget_stray(job_id)

    async def close(self) -> None:
        """Look after nothing any more, and give this process's jobs back."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._webhooks.close()
        with suppress(JobStoreUnavailable):
            await self._ownership.give_back(self._owner)
            await self._ownership.sign_off(self._owner)


@contextmanager
def _told_of() -> Iterator[None]:
    """One job whose files cannot be removed does not keep the others."""
    try:
        yield
    except JobStoreUnavailable as error:
        logger.warning(error.detail)
