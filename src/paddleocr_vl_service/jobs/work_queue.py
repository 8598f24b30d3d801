"""The port behind which a durable queue works, whatever it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class JobWork(Protocol):
    """What is done for a job, in steps; each may be repeated and then does nothing twice.

    The steps raise `WorkStopped` when there is nothing more to do for the job here.
    """

    async def begin(self, job_id: str, epoch: int) -> list[int]:
        """Open the document; answers with the pages that are still to be read."""
        ...

    async def read_page(self, job_id: str, epoch: int, page: int) -> None:
        """Read one page and write its result down."""
        ...

    async def end(self, job_id: str, epoch: int) -> None:
        """Put the pages together and finish the job."""
        ...

    async def interrupted(self, job_id: str, epoch: int) -> None:
        """The queue itself failed between two steps: drop the work, for somebody to begin again."""
        ...

    @property
    def pages_at_a_time(self) -> int:
        """Pages of one job that keep the engine busy."""
        ...


class WorkStopped(Exception):
    """The job was cancelled, failed, handed on, or given back: its steps end here."""


class WorkQueue(Protocol):
    """Hands jobs to `JobWork`, one or several at a time, the oldest first."""

    async def open(self, work: JobWork) -> None:
        """Begin to hand out jobs."""
        ...

    async def submit(self, job_id: str, epoch: int) -> None:
        """Have a job done in this epoch; a second time it changes nothing."""
        ...

    async def waiting(self, jobs: Sequence[tuple[str, int]]) -> set[tuple[str, int]]:
        """Those of the jobs, with their epochs, that wait here to be handed out."""
        ...

    async def forget(self, job_id: str, epochs: int) -> None:
        """Remove what is kept about a job that is finished."""
        ...

    async def close(self) -> None:
        """Hand out nothing more; steps that run are left to whoever does them."""
        ...
