"""The queue on DBOS."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import sqlalchemy as sa

from paddleocr_vl_service.jobs.work_queue import JobWork
from paddleocr_vl_service.models.errors import JobStoreUnavailable

if TYPE_CHECKING:
    from dbos import DBOSConfig

logger = logging.getLogger(__name__)

_T = TypeVar("_T")

_APPLICATION = "paddleocr-vl-service"
_SCHEMA = "dbos"
_POLL_SECONDS = 0.1
_THREADS = 32
_SENTENCE = "The queue of jobs cannot be reached at the moment."


class DbosQueue:
    """Implements `work_queue.WorkQueue`; one is open in a process at a time.

    Args:
        url: Of a PostgreSQL database; empty is an SQLite file.
        folder: For that file.
        owner: Tells this process apart from all others, now and later.
        jobs_at_a_time: That a process works on; 0 hands out none here.
    """

    def __init__(self, url: str, folder: Path, owner: str, jobs_at_a_time: int) -> None:
        self._url = url
        self._folder = folder
        self._owner = owner
        self._jobs_at_a_time = jobs_at_a_time
        self._launched = False

    async def open(self, work: JobWork) -> None:
        """Begin to hand out jobs.

        Raises:
            JobStoreUnavailable: The database cannot be reached.
        """
        loop = asyncio.get_running_loop()
        try:
            # In a thread, which has no loop: DBOS then brings its own and leaves this one alone.
            await self._guarded(lambda: self._launch(work, loop))
        except JobStoreUnavailable:
            await self.close()
            raise

    def _launch(self, work: JobWork, loop: asyncio.AbstractEventLoop) -> None:
        from dbos import DBOS  # noqa: PLC0415 - most of a second

        from paddleocr_vl_service.jobs import dbos_workflow  # noqa: PLC0415

        logging.getLogger("dbos").setLevel(logging.WARNING)
        dbos_workflow.Current.work, dbos_workflow.Current.loop = work, loop
        self._launched = True
        DBOS(config=self._config())
        if not self._jobs_at_a_time:
            DBOS.listen_queues([])
        DBOS.launch()
        self._register()

    def _register(self) -> None:
        from dbos import DBOS  # noqa: PLC0415 - imported long ago

        from paddleocr_vl_service.jobs import dbos_workflow  # noqa: PLC0415 - imported long ago

        works = self._jobs_at_a_time > 0
        known = DBOS.retrieve_queue(dbos_workflow.QUEUE)
        before = known.worker_concurrency if known else None
        if works and before not in (None, self._jobs_at_a_time):
            # DBOS keeps one number for all; a process can only opt out.
            logger.warning(
                "MAX_RUNNING_JOBS was another one; from now on all processes that work on jobs use "
                "this one",
                extra={"before": before, "now": self._jobs_at_a_time},
            )
        DBOS.register_queue(
            dbos_workflow.QUEUE,
            worker_concurrency=max(1, self._jobs_at_a_time),
            polling_interval_sec=_POLL_SECONDS,
            on_conflict="always_update" if works else "never_update",
        )

    def _config(self) -> DBOSConfig:
        from paddleocr_vl_service.jobs import dbos_workflow  # noqa: PLC0415 - imported long ago

        if self._url:
            database = self._url
        else:
            self._folder.mkdir(parents=True, exist_ok=True)
            file = (self._folder / "queue.db").absolute()
            _use_wal(file)
            database = f"sqlite:///{file}"
        return {
            "name": _APPLICATION,
            "system_database_url": database,
            "dbos_system_schema": _SCHEMA,
            "executor_id": self._owner,
            "application_version": dbos_workflow.STEPS_VERSION,
            "serializer": dbos_workflow.JsonSerializer(),
            "max_executor_threads": _THREADS,
            "use_listen_notify": False,  # nobody listens, and poolers that share sessions break it
            "notification_listener_polling_interval_sec": _POLL_SECONDS,
            "log_level": "WARNING",
            "console_log_level": "WARNING",
        }

    async def submit(self, job_id: str, epoch: int) -> None:
        """Have a job done in this epoch.

        Raises:
            JobStoreUnavailable: The database cannot be reached.
        """
        from paddleocr_vl_service.jobs import dbos_workflow  # noqa: PLC0415 - imported long ago

        await self._guarded(lambda: dbos_workflow.enqueue(job_id, epoch))

    async def waiting(self, jobs: Sequence[tuple[str, int]]) -> set[tuple[str, int]]:
        """Those of the jobs that wait to be handed out; raises as `submit`."""
        from paddleocr_vl_service.jobs import dbos_workflow  # noqa: PLC0415 - imported long ago

        return await self._guarded(lambda: dbos_workflow.waiting(jobs))

    async def forget(self, job_id: str, epochs: int) -> None:
        """Remove what is kept about a job that is finished; raises as `submit`."""
        from paddleocr_vl_service.jobs import dbos_workflow  # noqa: PLC0415 - imported long ago

        await self._guarded(lambda: dbos_workflow.forget(job_id, epochs))

    async def _guarded(self, work: Callable[[], _T]) -> _T:
        try:
            return await asyncio.to_thread(work)
        except (sa.exc.SQLAlchemyError, OSError) as error:
            raise JobStoreUnavailable(_SENTENCE) from error
        except Exception as error:
            if type(error).__module__.startswith("dbos"):
                raise JobStoreUnavailable(_SENTENCE) from error
            raise

    async def close(self) -> None:
        """Hand out nothing more."""
        if self._launched:
            self._launched = False
            await asyncio.to_thread(_destroy)


def _destroy() -> None:
    from dbos import DBOS  # noqa: PLC0415 - imported long ago

    # It warns of every step that it interrupts, which is what it is told to do.
    logging.getLogger("dbos").setLevel(logging.ERROR)
    DBOS.destroy(workflow_completion_timeout_sec=0)


def _use_wal(file: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{file}")
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
    engine.dispose()
