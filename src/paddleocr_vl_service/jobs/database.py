"""The database of jobs, called from the event loop without blocking it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from paddleocr_vl_service.jobs.tables import migrate
from paddleocr_vl_service.models.errors import JobStoreUnavailable

_T = TypeVar("_T")

_THREADS = 4
"""For PostgreSQL; an SQLite file is written by one at a time, so one thread does."""

_BUSY_MILLISECONDS = 10_000
_CONNECT_SECONDS = 5
_STATEMENT_MILLISECONDS = 15_000
_SENTENCE = "The database of jobs cannot be reached at the moment."


class JobDatabase:
    """SQLite or PostgreSQL.

    Args:
        url: ``postgresql://...``; empty is an SQLite file.
        folder: For that file.
    """

    def __init__(self, url: str, folder: Path) -> None:
        self._url = url
        self._folder = folder
        self._threads = ThreadPoolExecutor(
            _THREADS if url else 1, thread_name_prefix="job-database"
        )
        self._engine: sa.Engine | None = None

    async def open(self) -> None:
        """Connect, and bring the tables up to date.

        Raises:
            JobStoreUnavailable: It cannot be reached.
        """
        await self._in_thread(self._open)

    def _open(self) -> None:
        if self._url:
            engine = _postgresql(self._url)
        else:
            self._folder.mkdir(parents=True, exist_ok=True)
            engine = _sqlite(self._folder / "jobs.db")
        migrate(engine)
        self._engine = engine

    async def run(self, work: Callable[[sa.Connection], _T]) -> _T:
        """Do something within one transaction.

        Raises:
            JobStoreUnavailable: The database cannot be reached.
        """
        return await self._in_thread(lambda: self._within_transaction(work))

    def _within_transaction(self, work: Callable[[sa.Connection], _T]) -> _T:
        if self._engine is None:
            raise JobStoreUnavailable(_SENTENCE)
        with self._engine.begin() as connection:
            return work(connection)

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except sa.exc.IntegrityError:
            raise
        except (DBAPIError, SQLAlchemyError, OSError) as error:
            raise JobStoreUnavailable(_SENTENCE) from error

    def close(self) -> None:
        """Drop all connections."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None


def now(connection: sa.Connection) -> sa.ColumnElement[float]:
    """The database's own clock, in seconds since 1970, as an expression."""
    if connection.dialect.name == "postgresql":
        return sa.cast(sa.extract("epoch", sa.func.clock_timestamp()), sa.Double)
    return sa.cast((sa.func.julianday("now") - 2440587.5) * 86400.0, sa.Double)


def _sqlite(file: Path) -> sa.Engine:
    engine = sa.create_engine(f"sqlite:///{file.absolute()}", pool_size=1)

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _: Any) -> None:
        connection.isolation_level = None  # transactions are begun below
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",  # what was answered with 202 outlives a power cut
            f"busy_timeout={_BUSY_MILLISECONDS}",
            "foreign_keys=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        # Readers that write later on would otherwise fail at once where another one writes.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _postgresql(url: str) -> sa.Engine:
    parsed = sa.make_url(url)
    return sa.create_engine(
        parsed.set(drivername="postgresql+psycopg"),
        pool_size=_THREADS,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": _CONNECT_SECONDS,
            "options": f"-c statement_timeout={_STATEMENT_MILLISECONDS}",
        },
    )
