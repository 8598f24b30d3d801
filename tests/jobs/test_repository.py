"""What is written down about jobs, and when it is forgotten."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from paddleocr_vl_service.jobs.database import JobDatabase
from paddleocr_vl_service.jobs.repository import JobRepository
from paddleocr_vl_service.models.document import DocumentOptions
from paddleocr_vl_service.models.jobs import JobOrder

ORDER = JobOrder("book.pdf", 10, "0" * 64, DocumentOptions())


@pytest.fixture
async def repository(tmp_path: Path) -> AsyncIterator[JobRepository]:
    database = JobDatabase("", tmp_path)
    await database.open()
    yield JobRepository(database)
    database.close()


async def test_tombstones_and_their_keys_are_forgotten_after_their_time(
    repository: JobRepository,
) -> None:
    for name in ("old", "new", "unfinished"):
        await repository.add(f"job_{name}", ORDER, key=name, fingerprint="f", most_queued=9)
    await repository.ask_to_cancel("job_old", -100.0)
    await repository.ask_to_cancel("job_new", -10.0)
    for name in ("job_old", "job_new"):
        await repository.purge(name)
    await repository.forget_tombstones(50.0)
    names = ["job_old", "job_new", "job_unfinished"]
    assert await repository.known_of(names) == {"job_new", "job_unfinished"}
    assert await repository.known("old", "f") is None
    assert await repository.known("new", "f") is not None
