"""Rows of jobs, read and changed within a transaction.

Whoever works on a job names the epoch in which the job was handed to them. A process that was
thought dead and comes back finds another epoch, and its writes are refused.
"""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter

from paddleocr_vl_service.jobs.database import now
from paddleocr_vl_service.jobs.deliveries import add_first_delivery
from paddleocr_vl_service.jobs.tables import events, jobs
from paddleocr_vl_service.models.jobs import (
    FINAL_EVENT,
    EventKind,
    Job,
    JobEvent,
    JobOrder,
    JobProgress,
    JobStatus,
)

ORDER: TypeAdapter[JobOrder] = TypeAdapter(JobOrder)
UNFINISHED = (JobStatus.QUEUED.value, JobStatus.RUNNING.value)


class JobLost(Exception):
    """The job is somebody else's by now, or nobody's: what was to be written is not."""


def get_job(connection: sa.Connection, job_id: str) -> Job | None:
    """A job, or None."""
    row = connection.execute(sa.select(jobs).where(jobs.c.id == job_id)).first()
    return None if row is None else job_of(row)


def require_job(connection: sa.Connection, job_id: str) -> Job:
    """A job; raises `JobLost`."""
    job = get_job(connection, job_id)
    if job is None:
        raise JobLost
    return job


def update_own(connection: sa.Connection, job_id: str, epoch: int, values: dict[str, Any]) -> None:
    """Change a job that is unfinished and in this epoch."""
    changed = connection.execute(
        sa.update(jobs)
        .where(jobs.c.id == job_id, jobs.c.epoch == epoch, jobs.c.status.in_(UNFINISHED))
        .values(values)
    )
    if not changed.rowcount:
        raise JobLost


def finish_job(
    connection: sa.Connection,
    job_id: str,
    epoch: int,
    status: JobStatus,
    *,
    retention: float,
    error: tuple[str, str] | None = None,
) -> None:
    """Give a job its final status and its last event; raises `JobLost`."""
    code, message = error or (None, None)
    values = {
        "status": status.value,
        "owner": None,
        "finished_at": now(connection),
        "expires_at": now(connection) + retention,
        "error_code": code,
        "error_message": message,
    }
    update_own(connection, job_id, epoch, values)
    job = require_job(connection, job_id)
    data: dict[str, Any] = {"status": status.value, **vars(job.progress)}
    if error is not None:
        data["error"] = {"code": code, "message": message}
    append_event(connection, job_id, FINAL_EVENT[status], data)
    if job.order.webhook_url is not None:
        add_first_delivery(connection, job_id)


def find_event(
    connection: sa.Connection, job_id: str, kind: EventKind, page: int
) -> JobEvent | None:
    """An event, or None."""
    query = sa.select(events).where(
        events.c.job_id == job_id, events.c.kind == kind.value, events.c.page == page
    )
    row = connection.execute(query).first()
    return None if row is None else event_of(row)


def append_event(
    connection: sa.Connection, job_id: str, kind: EventKind, data: dict[str, Any], **place: Any
) -> None:
    """Write down what happened, a page event with its ``page`` and ``ref``.

    Its number is the next one, because the job's row is locked by whoever calls.
    """
    last = sa.select(sa.func.max(events.c.seq)).where(events.c.job_id == job_id)
    values = {
        "job_id": job_id,
        "seq": (connection.scalar(last) or 0) + 1,
        "kind": kind.value,
        "page": 0,
        "data": json.dumps(data),
        "ref": "",
        **place,
    }
    connection.execute(sa.insert(events).values(values))


def event_of(row: Any) -> JobEvent:
    """A row as an event."""
    return JobEvent(row.seq, EventKind(row.kind), row.page, json.loads(row.data), row.ref)


def job_of(row: Any) -> Job:
    """A row as a job."""
    return Job(
        id=row.id,
        status=JobStatus(row.status),
        order=ORDER.validate_json(row.job_order),
        epoch=row.epoch,
        crashes=row.crashes,
        progress=JobProgress(row.pages_done, row.pages_total, row.pages_failed),
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        expires_at=row.expires_at,
        purged=row.purged,
        cancelling=row.cancelling,
        error_code=row.error_code,
        error_message=row.error_message,
    )
