"""The domain of jobs: documents that are read in the background."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from paddleocr_vl_service.models.document import DocumentOptions


class JobStatus(str, Enum):
    """How far a job is. The values are part of the HTTP API."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether it stays so."""
        return self not in (JobStatus.QUEUED, JobStatus.RUNNING)


class EventKind(str, Enum):
    """What happened to a job. The values are part of the HTTP API."""

    PROGRESS = "progress"
    PAGE = "page"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_last(self) -> bool:
        """Whether nothing follows it."""
        return self not in (EventKind.PROGRESS, EventKind.PAGE)


FINAL_EVENT = {
    JobStatus.SUCCEEDED: EventKind.DONE,
    JobStatus.FAILED: EventKind.FAILED,
    JobStatus.CANCELLED: EventKind.CANCELLED,
}


@dataclass(frozen=True)
class JobProgress:
    """How many pages are read.

    Attributes:
        pages_done: Those that failed included.
        pages_total: None before the document was opened.
        pages_failed: Could not be read.
    """

    pages_done: int = 0
    pages_total: int | None = None
    pages_failed: int = 0


@dataclass(frozen=True)
class JobOrder:
    """What is to be done.

    Attributes:
        filename: As its owner calls the document, cleaned.
        size: Of the document, in bytes.
        sha256: Of the document.
        options: Which pages, and how; the password is not kept with them.
        has_password: Whether one came with it; it is kept in memory only.
        heading: Whether the JSON result's Markdown begins with the contract's heading.
        webhook_url: Who is told of its end; None for nobody.
        traceparent: The trace that the job is a part of; None for one of its own.
    """

    filename: str
    size: int
    sha256: str
    options: DocumentOptions
    has_password: bool = False
    heading: bool = True
    webhook_url: str | None = None
    traceparent: str | None = None


@dataclass(frozen=True)
class Job:
    """A job as it stands.

    Attributes:
        id: Of the job.
        status: How far it is.
        order: What is to be done.
        epoch: How often it was handed to a process; only the newest may write.
        crashes: How often a process that worked on it ended without giving it back.
        progress: How many pages are read.
        created_at: Seconds since 1970, as all times here.
        started_at: When a process first took it; None before.
        finished_at: When its status became final; None before.
        expires_at: When its files and results go; None before it is finished.
        purged: Whether they are gone.
        cancelling: Whether somebody asked for its end.
        error_code: Of what made it fail; None otherwise.
        error_message: One plain sentence; None where it did not fail.
    """

    id: str
    status: JobStatus
    order: JobOrder
    epoch: int
    crashes: int
    progress: JobProgress
    created_at: float
    started_at: float | None = None
    finished_at: float | None = None
    expires_at: float | None = None
    purged: bool = False
    cancelling: bool = False
    error_code: str | None = None
    error_message: str | None = None


@dataclass(frozen=True)
class JobCensus:
    """How many jobs there are.

    Attributes:
        by_status: Finished ones are counted until their results are removed.
        oldest_queued_seconds: How long the oldest one waits; 0 where none does.
    """

    by_status: Mapping[JobStatus, int]
    oldest_queued_seconds: float


@dataclass(frozen=True)
class JobEvent:
    """Something that happened to a job.

    Attributes:
        seq: Its number among the job's events, from 1, without gaps.
        kind: What happened.
        page: Of a page event; 0 otherwise.
        data: For the client; holds no text of the document.
        ref: Where a page's result is; empty otherwise.
    """

    seq: int
    kind: EventKind
    page: int = 0
    data: Mapping[str, Any] = field(default_factory=dict)
    ref: str = ""
