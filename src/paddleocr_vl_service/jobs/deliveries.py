"""What is written down about telling others of a job's end. Every method is one transaction."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from paddleocr_vl_service.jobs.database import JobDatabase, now
from paddleocr_vl_service.jobs.tables import deliveries

PAUSES = (10.0, 60.0, 300.0, 1800.0, 7200.0, 21600.0)
"""Seconds between one attempt and the next; after the last of them nobody tries any more."""

_CLAIM_SECONDS = 60.0


@dataclass(frozen=True)
class Delivery:
    """One attempt to tell somebody.

    Attributes:
        job_id: Of the job.
        attempt: From 1.
        due_at: When it is to be made.
        made_at: When it was made; None before.
        status: Of the answer; None without one.
        error: Why it failed, in one sentence; None where it did not.
    """

    job_id: str
    attempt: int
    due_at: float
    made_at: float | None
    status: int | None
    error: str | None

    @property
    def is_last(self) -> bool:
        """Whether none follows it, whatever comes of it."""
        return self.attempt > len(PAUSES)


class DeliveryLog:
    """The rows of deliveries.

    Args:
        database: Open.
    """

    def __init__(self, database: JobDatabase) -> None:
        self._database = database

    async def claim(self) -> Delivery | None:
        """An attempt that is due and that nobody else makes."""

        def work(connection: sa.Connection) -> Delivery | None:
            moment = connection.scalar(sa.select(now(connection)))
            free = sa.or_(deliveries.c.claimed_until.is_(None), deliveries.c.claimed_until < moment)
            due = (deliveries.c.made_at.is_(None), deliveries.c.due_at <= moment, free)
            query = sa.select(deliveries).where(*due).order_by(deliveries.c.due_at).limit(1)
            row = connection.execute(query.with_for_update(skip_locked=True)).first()
            if row is None or moment is None:
                return None
            connection.execute(
                _own(row.job_id, row.attempt).values(claimed_until=moment + _CLAIM_SECONDS)
            )
            return _delivery(row)

        return await self._database.run(work)

    async def made(self, delivery: Delivery, status: int | None, error: str | None) -> None:
        """Write down what came of an attempt, and when the next one is due.

        Of two that made the same attempt, one slowly, the first is heard.
        """

        def work(connection: sa.Connection) -> None:
            values = {"made_at": now(connection), "status": status, "error": error}
            own = _own(delivery.job_id, delivery.attempt).where(deliveries.c.made_at.is_(None))
            is_first = connection.execute(own.values(values)).rowcount > 0
            if not is_first or error is None or delivery.is_last:
                return
            following = {
                "job_id": delivery.job_id,
                "attempt": delivery.attempt + 1,
                "due_at": now(connection) + PAUSES[delivery.attempt - 1],
            }
            connection.execute(sa.insert(deliveries).values(following))

        await self._database.run(work)

    async def of_job(self, job_id: str) -> list[Delivery]:
        """All attempts, those that are due included, in order."""
        query = (
            sa.select(deliveries)
            .where(deliveries.c.job_id == job_id)
            .order_by(deliveries.c.attempt)
        )

        def work(connection: sa.Connection) -> list[Delivery]:
            return [_delivery(row) for row in connection.execute(query)]

        return await self._database.run(work)


def add_first_delivery(connection: sa.Connection, job_id: str) -> None:
    """Have somebody told of a job's end, now."""
    values = {"job_id": job_id, "attempt": 1, "due_at": now(connection)}
    connection.execute(sa.insert(deliveries).values(values))


def _own(job_id: str, attempt: int) -> sa.Update:
    return sa.update(deliveries).where(
        deliveries.c.job_id == job_id, deliveries.c.attempt == attempt
    )


def _delivery(row: sa.Row[tuple[object, ...]]) -> Delivery:
    facts = row._mapping  # noqa: SLF001 - the documented name
    names = Delivery.__dataclass_fields__
    return Delivery(**{name: facts[name] for name in names})
