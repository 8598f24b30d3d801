"""What is written down about jobs, for those who ask. Every method is one transaction."""

from __future__ import annotations

from contextlib import suppress

import sqlalchemy as sa

from paddleocr_vl_service.jobs.database import JobDatabase, now
from paddleocr_vl_service.jobs.job_rows import (
    ORDER,
    UNFINISHED,
    JobLost,
    event_of,
    find_event,
    finish_job,
    get_job,
    job_of,
    require_job,
)
from paddleocr_vl_service.jobs.tables import events, idempotency, jobs, stray_files
from paddleocr_vl_service.models.errors import IdempotencyConflict, ServiceBusy
from paddleocr_vl_service.models.jobs import (
    EventKind,
    Job,
    JobCensus,
    JobEvent,
    JobOrder,
    JobStatus,
)

_RETRY_SECONDS = 60
_NAMES_AT_A_TIME = 500


class JobRepository:
    """The rows of jobs.

    Args:
        database: Open.
    """

    def __init__(self, database: JobDatabase) -> None:
        self._database = database

    async def add(
        self, job_id: str, order: JobOrder, *, key: str, fingerprint: str, most_queued: int
    ) -> tuple[Job, bool]:
        """Write a new job down, unless its idempotency key is known.

        Args:
            job_id: Of the new job.
            order: What is to be done.
            key: The client's; empty for none.
            fingerprint: Tells requests with the same key apart.
            most_queued: Jobs that may wait.

        Returns:
            The job, and whether it is this one.

        Raises:
            IdempotencyConflict: The key was used for something else.
            ServiceBusy: Too many jobs wait.
        """

        def work(connection: sa.Connection) -> tuple[Job, bool]:
            if key and (known := _known(connection, key, fingerprint)):
                return known, False
            waiting = sa.select(sa.func.count()).where(jobs.c.status == JobStatus.QUEUED.value)
            if (connection.scalar(waiting) or 0) >= most_queued:
                raise ServiceBusy(f"{most_queued} jobs wait already.", retry_after=_RETRY_SECONDS)
            row = {
                "id": job_id,
                "status": JobStatus.QUEUED.value,
                "job_order": ORDER.dump_json(order).decode(),
                "epoch": 1,
                "crashes": 0,
                "pages_done": 0,
                "pages_failed": 0,
                "created_at": now(connection),
                "purged": False,
                "cancelling": False,
            }
            connection.execute(sa.insert(jobs).values(row))
            connection.execute(sa.delete(stray_files).where(stray_files.c.job_id == job_id))
            if key:
                values = {"key": key, "fingerprint": fingerprint, "job_id": job_id}
                connection.execute(sa.insert(idempotency).values(values))
            return require_job(connection, job_id), True

        try:
            return await self._database.run(work)
        except sa.exc.IntegrityError:  # another request with the same key was quicker
            return await self._database.run(
                lambda connection: (_expect_known(connection, key, fingerprint), False)
            )

    async def known(self, key: str, fingerprint: str) -> Job | None:
        """The job that an idempotency key stands for.

        Raises:
            IdempotencyConflict: The key was used for something else.
        """
        return await self._database.run(lambda connection: _known(connection, key, fingerprint))

    async def get(self, job_id: str) -> Job | None:
        """A job, or None."""
        return await self._database.run(lambda connection: get_job(connection, job_id))

    async def page_of(
        self, status: JobStatus | None, before: tuple[float, str] | None, limit: int
    ) -> list[Job]:
        """Jobs, the newest first, that come after a place in that order."""
        query = sa.select(jobs).order_by(jobs.c.created_at.desc(), jobs.c.id.desc()).limit(limit)
        if status is not None:
            query = query.where(jobs.c.status == status.value)
        if before is not None:
            place = sa.tuple_(jobs.c.created_at, jobs.c.id)
            query = query.where(place < sa.tuple_(*map(sa.literal, before)))

        def work(connection: sa.Connection) -> list[Job]:
            return [job_of(row) for row in connection.execute(query)]

        return await self._database.run(work)

    async def ask_to_cancel(self, job_id: str, retention: float) -> Job | None:
        """Cancel a job that waits, or tell the owner of one that runs; None if there is none."""

        def work(connection: sa.Connection) -> Job | None:
            asked = (
                sa.update(jobs)
                .where(jobs.c.id == job_id, jobs.c.status.in_(UNFINISHED))
                .values(cancelling=True)
            )
            connection.execute(asked)
            job = get_job(connection, job_id)
            if job is not None and job.status is JobStatus.QUEUED:
                finish_job(connection, job_id, job.epoch, JobStatus.CANCELLED, retention=retention)
                job = get_job(connection, job_id)
            return job

        return await self._database.run(work)

    async def events_after(self, job_id: str, seq: int, limit: int) -> list[JobEvent]:
        """A job's events behind a number, in order."""
        query = (
            sa.select(events)
            .where(events.c.job_id == job_id, events.c.seq > seq)
            .order_by(events.c.seq)
            .limit(limit)
        )

        def work(connection: sa.Connection) -> list[JobEvent]:
            return [event_of(row) for row in connection.execute(query)]

        return await self._database.run(work)

    async def page_event(self, job_id: str, page: int) -> JobEvent | None:
        """What is known of a page; None before it was read."""
        return await self._database.run(
            lambda connection: find_event(connection, job_id, EventKind.PAGE, page)
        )

    async def page_events(self, job_id: str) -> list[JobEvent]:
        """All pages that were read so far."""
        query = sa.select(events).where(
            events.c.job_id == job_id, events.c.kind == EventKind.PAGE.value
        )

        def work(connection: sa.Connection) -> list[JobEvent]:
            return [event_of(row) for row in connection.execute(query)]

        return await self._database.run(work)

    async def pages_to_read(self, job_id: str) -> tuple[list[int], int]:
        """The pages that the job is about, in order, and how many the document has.

        None and 0 before it was opened.
        """
        event = await self._database.run(
            lambda connection: find_event(connection, job_id, EventKind.PROGRESS, 0)
        )
        return ([], 0) if event is None else (event.data["pages"], event.data["page_count"])

    async def census(self) -> JobCensus:
        """How many jobs there are; looks at none whose results are gone, however many."""
        columns = (jobs.c.status, sa.func.count().label("number"))

        def work(connection: sa.Connection) -> JobCensus:
            moment = now(connection)
            counts: dict[JobStatus, int] = {}
            for which in (
                jobs.c.status.in_(UNFINISHED),
                sa.and_(jobs.c.expires_at >= moment, sa.not_(jobs.c.purged)),
            ):
                query = sa.select(*columns).where(which).group_by(jobs.c.status)
                counts |= {JobStatus(row.status): row.number for row in connection.execute(query)}
            queued = jobs.c.status == JobStatus.QUEUED.value
            waited = sa.select(moment - sa.func.min(jobs.c.created_at)).where(queued)
            return JobCensus(counts, max(0.0, connection.scalar(waited) or 0.0))

        return await self._database.run(work)

    async def expired(self) -> list[tuple[str, int]]:
        """Finished jobs whose time is over and whose files are still there, with their epochs."""

        def work(connection: sa.Connection) -> list[tuple[str, int]]:
            query = sa.select(jobs.c.id, jobs.c.epoch).where(
                jobs.c.expires_at < now(connection), sa.not_(jobs.c.purged)
            )
            return [(row.id, row.epoch) for row in connection.execute(query)]

        return await self._database.run(work)

    async def note_stray(self, job_id: str) -> None:
        """Write down that there may soon be files below a name which is no job's yet."""
        await self._database.run(lambda connection: _note_stray(connection, job_id))

    async def stray(self, seconds: float) -> list[str]:
        """Names that were noted so many seconds ago, and are no job's."""

        def work(connection: sa.Connection) -> list[str]:
            before = now(connection) - seconds
            query = sa.select(stray_files.c.job_id).where(stray_files.c.noted_at < before)
            return list(connection.scalars(query.limit(_NAMES_AT_A_TIME)))

        return await self._database.run(work)

    async def forget_stray(self, job_id: str) -> None:
        """There are no files below a name any more."""
        query = sa.delete(stray_files).where(stray_files.c.job_id == job_id)
        await self._database.run(lambda connection: connection.execute(query).rowcount)

    async def purge(self, job_id: str) -> None:
        """Forget all of a finished job but that it was there."""

        def work(connection: sa.Connection) -> None:
            connection.execute(sa.delete(events).where(events.c.job_id == job_id))
            connection.execute(sa.update(jobs).where(jobs.c.id == job_id).values(purged=True))
            _note_stray(connection, job_id)

        await self._database.run(work)

    async def forget_tombstones(self, seconds: float) -> None:
        """Forget jobs whose time was over so many seconds ago, and all that refers to them."""

        def work(connection: sa.Connection) -> None:
            connection.execute(
                sa.delete(jobs).where(jobs.c.purged, jobs.c.expires_at < now(connection) - seconds)
            )

        await self._database.run(work)


def _note_stray(connection: sa.Connection, job_id: str) -> None:
    values = {"job_id": job_id, "noted_at": now(connection)}
    with suppress(sa.exc.IntegrityError), connection.begin_nested():  # it is noted already
        connection.execute(sa.insert(stray_files).values(values))


def _known(connection: sa.Connection, key: str, fingerprint: str) -> Job | None:
    row = connection.execute(sa.select(idempotency).where(idempotency.c.key == key)).first()
    if row is None:
        return None
    if row.fingerprint != fingerprint:
        raise IdempotencyConflict(
            "This Idempotency-Key was used with another document or other options."
        )
    return get_job(connection, row.job_id)


def _expect_known(connection: sa.Connection, key: str, fingerprint: str) -> Job:
    job = _known(connection, key, fingerprint)
    if job is None:
        raise JobLost
    return job
