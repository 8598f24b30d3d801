"""Who works on which job, and what they write down. Every method is one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa

from paddleocr_vl_service.jobs.database import JobDatabase, now
from paddleocr_vl_service.jobs.job_rows import (
    append_event,
    find_event,
    finish_job,
    require_job,
    update_own,
)
from paddleocr_vl_service.jobs.tables import jobs, leases
from paddleocr_vl_service.models.jobs import EventKind, Job, JobStatus


@dataclass(frozen=True)
class PageOutcome:
    """A page that was read, or could not be.

    Attributes:
        page: From 1.
        ref: Where its result is.
        error: Code and sentence where it could not be read.
    """

    page: int
    ref: str
    error: tuple[str, str] | None = None


class OwnedJob(NamedTuple):
    """A job that somebody works on, and whether somebody else wants it to end."""

    id: str
    epoch: int
    cancelling: bool


class JobOwnership:
    """The rows of jobs, for those who work on them.

    Args:
        database: Open.
    """

    def __init__(self, database: JobDatabase) -> None:
        self._database = database

    async def take(self, job_id: str, epoch: int, owner: str) -> Job:
        """Begin to work on a job.

        Raises:
            JobLost: It was handed on, was cancelled or is done.
        """

        def work(connection: sa.Connection) -> Job:
            values: dict[str, Any] = {
                "status": JobStatus.RUNNING.value,
                "owner": owner,
                "started_at": sa.func.coalesce(jobs.c.started_at, now(connection)),
            }
            update_own(connection, job_id, epoch, values)
            return require_job(connection, job_id)

        return await self._database.run(work)

    async def opened(self, job_id: str, epoch: int, pages: Sequence[int], page_count: int) -> None:
        """Write down which pages will be read; once, however often it is called.

        Raises:
            JobLost: As `take`.
        """

        def work(connection: sa.Connection) -> None:
            update_own(connection, job_id, epoch, {"pages_total": len(pages)})
            if find_event(connection, job_id, EventKind.PROGRESS, 0) is None:
                data = {"pages_done": 0, "pages_total": len(pages), "pages_failed": 0}
                facts = {"pages": list(pages), "page_count": page_count}
                append_event(connection, job_id, EventKind.PROGRESS, {**data, **facts})

        await self._database.run(work)

    async def page_done(self, job_id: str, epoch: int, outcome: PageOutcome) -> None:
        """Write a page down; once, however often it is called.

        Raises:
            JobLost: As `take`.
        """

        def work(connection: sa.Connection) -> None:
            update_own(connection, job_id, epoch, {"epoch": epoch})  # locks the row
            if find_event(connection, job_id, EventKind.PAGE, outcome.page) is not None:
                return
            failed = outcome.error is not None
            values = {
                "pages_done": jobs.c.pages_done + 1,
                "pages_failed": jobs.c.pages_failed + int(failed),
            }
            connection.execute(sa.update(jobs).where(jobs.c.id == job_id).values(values))
            progress = require_job(connection, job_id).progress
            data: dict[str, Any] = {"page": outcome.page, **vars(progress)}
            if outcome.error is not None:
                data["error"] = {"code": outcome.error[0], "message": outcome.error[1]}
            append_event(
                connection, job_id, EventKind.PAGE, data, page=outcome.page, ref=outcome.ref
            )

        await self._database.run(work)

    async def finish(
        self,
        job_id: str,
        epoch: int,
        status: JobStatus,
        retention: float,
        error: tuple[str, str] | None = None,
    ) -> None:
        """Give a job its final status.

        Args:
            job_id: Of the job.
            epoch: In which it was worked on.
            status: A final one.
            retention: Seconds for which its results stay.
            error: Code and sentence where it failed.

        Raises:
            JobLost: As `take`.
        """

        def work(connection: sa.Connection) -> None:
            finish_job(connection, job_id, epoch, status, retention=retention, error=error)

        await self._database.run(work)

    async def owned(self, owner: str) -> list[OwnedJob]:
        """Jobs that an owner works on, as far as is written down."""
        query = sa.select(jobs.c.id, jobs.c.epoch, jobs.c.cancelling).where(
            jobs.c.owner == owner, jobs.c.status == JobStatus.RUNNING.value
        )

        def work(connection: sa.Connection) -> list[OwnedJob]:
            return [OwnedJob(*row) for row in connection.execute(query)]

        return await self._database.run(work)

    async def hand_back(self, job_id: str, epoch: int) -> None:
        """Make a job nobody's that cannot be worked on here at the moment."""

        def work(connection: sa.Connection) -> None:
            values = {"epoch": epoch + 1, "owner": None, "status": JobStatus.QUEUED.value}
            update_own(connection, job_id, epoch, values)

        await self._database.run(work)

    async def hand_on(self, job_id: str, epoch: int) -> None:
        """Have a job that waits handed out anew; nothing where it was begun meanwhile."""
        waits = (jobs.c.epoch == epoch, jobs.c.status == JobStatus.QUEUED.value)
        query = sa.update(jobs).where(jobs.c.id == job_id, *waits).values(epoch=epoch + 1)
        await self._database.run(lambda connection: connection.execute(query).rowcount)

    async def give_back(self, owner: str) -> list[tuple[str, int]]:
        """Make an owner's jobs nobody's; each with the epoch in which it is to be taken again."""
        return await self._database.run(
            lambda connection: _orphan(connection, [owner], crashed=False)
        )

    async def renew(self, owner: str, seconds: float) -> None:
        """Say that an owner is alive for so many seconds."""

        def work(connection: sa.Connection) -> None:
            until = now(connection) + seconds
            renewed = connection.execute(
                sa.update(leases).where(leases.c.owner == owner).values(expires_at=until)
            )
            if not renewed.rowcount:
                connection.execute(sa.insert(leases).values(owner=owner, expires_at=until))

        await self._database.run(work)

    async def sign_off(self, owner: str) -> None:
        """End an owner's lease."""
        query = sa.delete(leases).where(leases.c.owner == owner)
        await self._database.run(lambda connection: connection.execute(query).rowcount)

    async def orphans(self) -> list[tuple[str, int]]:
        """Take jobs from owners whose lease is over; each with its new epoch."""

        def work(connection: sa.Connection) -> list[tuple[str, int]]:
            dead = sa.select(leases.c.owner).where(leases.c.expires_at < now(connection))
            owners = list(connection.scalars(dead))
            living = sa.select(leases.c.owner).where(leases.c.expires_at >= now(connection))
            unknown = sa.select(jobs.c.owner).where(
                jobs.c.status == JobStatus.RUNNING.value, jobs.c.owner.not_in(living)
            )
            owners += [owner for owner in connection.scalars(unknown.distinct()) if owner]
            if not owners:
                return []
            connection.execute(sa.delete(leases).where(leases.c.owner.in_(owners)))
            return _orphan(connection, owners, crashed=True)

        return await self._database.run(work)

    async def queued(self) -> list[tuple[str, int]]:
        """Jobs that wait, the oldest first, with their epochs."""
        query = (
            sa.select(jobs.c.id, jobs.c.epoch)
            .where(jobs.c.status == JobStatus.QUEUED.value)
            .order_by(jobs.c.created_at, jobs.c.id)
        )

        def work(connection: sa.Connection) -> list[tuple[str, int]]:
            return [(row.id, row.epoch) for row in connection.execute(query)]

        return await self._database.run(work)


def _orphan(
    connection: sa.Connection, owners: Sequence[str], *, crashed: bool
) -> list[tuple[str, int]]:
    mine = (jobs.c.owner.in_(owners), jobs.c.status == JobStatus.RUNNING.value)
    found = list(connection.scalars(sa.select(jobs.c.id).where(*mine)))
    values = {
        "epoch": jobs.c.epoch + 1,
        "crashes": jobs.c.crashes + int(crashed),
        "owner": None,
        "status": JobStatus.QUEUED.value,
    }
    connection.execute(sa.update(jobs).where(*mine).values(values))
    query = sa.select(jobs.c.id, jobs.c.epoch).where(jobs.c.id.in_(found))
    return [(row.id, row.epoch) for row in connection.execute(query)]
