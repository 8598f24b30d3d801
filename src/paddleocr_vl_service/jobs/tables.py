"""The tables of jobs, and how older ones become these."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import sqlalchemy as sa

logger = logging.getLogger(__name__)

metadata = sa.MetaData()

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("status", sa.Text, nullable=False, index=True),
    sa.Column("job_order", sa.Text, nullable=False),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("crashes", sa.Integer, nullable=False),
    sa.Column("owner", sa.Text, index=True),
    sa.Column("pages_total", sa.Integer),
    sa.Column("pages_done", sa.Integer, nullable=False),
    sa.Column("pages_failed", sa.Integer, nullable=False),
    sa.Column("created_at", sa.Double, nullable=False, index=True),
    sa.Column("started_at", sa.Double),
    sa.Column("finished_at", sa.Double),
    sa.Column("expires_at", sa.Double, index=True),
    sa.Column("purged", sa.Boolean, nullable=False),
    sa.Column("cancelling", sa.Boolean, nullable=False),
    sa.Column("error_code", sa.Text),
    sa.Column("error_message", sa.Text),
)
"""One row a job; it stays as a tombstone when the job's files are gone."""

events = sa.Table(
    "job_events",
    metadata,
    sa.Column("job_id", sa.Text, sa.ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("page", sa.Integer, nullable=False),
    sa.Column("data", sa.Text, nullable=False),
    sa.Column("ref", sa.Text, nullable=False),
    sa.UniqueConstraint("job_id", "kind", "page"),
)
"""What clients are told; a page's row says where its result is."""

idempotency = sa.Table(
    "idempotency",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("job_id", sa.Text, sa.ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False),
)

leases = sa.Table(
    "leases",
    metadata,
    sa.Column("owner", sa.Text, primary_key=True),
    sa.Column("expires_at", sa.Double, nullable=False),
)
"""One row a process that works on jobs, by the database's clock."""

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("job_id", sa.Text, sa.ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("attempt", sa.Integer, primary_key=True),
    sa.Column("due_at", sa.Double, nullable=False, index=True),
    sa.Column("claimed_until", sa.Double),
    sa.Column("made_at", sa.Double),
    sa.Column("status", sa.Integer),
    sa.Column("error", sa.Text),
)
"""Attempts to tell somebody of a job's end, those that are due included."""

stray_files = sa.Table(
    "stray_files",
    metadata,
    sa.Column("job_id", sa.Text, primary_key=True),
    sa.Column("noted_at", sa.Double, nullable=False),
)
"""Names below which files may be that are no job's: of documents on their way in, and of jobs that
were purged while somebody still wrote."""

versions = sa.Table("schema_version", metadata, sa.Column("version", sa.Integer, primary_key=True))

Migration = Callable[[sa.Connection], None]


def _first(connection: sa.Connection) -> None:
    tables = (jobs, events, idempotency, leases)
    metadata.create_all(connection, tables=list(tables), checkfirst=False)


def _webhooks(connection: sa.Connection) -> None:
    deliveries.create(connection)


def _stray_files(connection: sa.Connection) -> None:
    stray_files.create(connection)


MIGRATIONS: Sequence[Migration] = (_first, _webhooks, _stray_files)
"""Each leads from the version before it to its own; none is ever changed."""

_ADVISORY_LOCK = 7_314_501


def migrate(engine: sa.Engine) -> None:
    """Bring a database to the newest version; of several processes one does it.

    Raises:
        RuntimeError: It is newer than this program.
    """
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ADVISORY_LOCK)))
        versions.create(connection, checkfirst=True)
        found = connection.scalar(sa.select(sa.func.max(versions.c.version))) or 0
        if found > len(MIGRATIONS):
            raise RuntimeError(
                f"The job database is of version {found}, and this program knows "
                f"{len(MIGRATIONS)} at most: run the newer program."
            )
        for number, migration in enumerate(MIGRATIONS[found:], found + 1):
            migration(connection)
            connection.execute(sa.insert(versions).values(version=number))
            logger.info("Brought the job database to version %d", number)
