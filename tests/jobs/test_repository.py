"""What is written down about jobs, and when it is forgotten."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from paddleocr_vl_service.jobs.database import JobDatabase
from paddleocr_vl_service.jobs.deliveries import DeliveryLog
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
    assert await repository.get("job_old") is None
    assert await repository.get("job_new") is not None
    assert await repository.get("job_unfinished") is not None
    assert await repository.known("old", "f") is None
    assert await repository.known("new", "f") is not None


async def test_files_are_stray_until_they_are_a_jobs_and_again_when_it_is_purged(
    repository: JobRepository,
) -> None:
    for _ in range(2):
        await repository.note_stray("job_a")
        await repository.note_stray("job_b")
    assert sorted(await repository.stray(-1.0)) == ["job_a", "job_b"]
    assert await repository.stray(60.0) == []
    await repository.add("job_a", ORDER, key="", fingerprint="f", most_queued=9)
    assert await repository.stray(-1.0) == ["job_b"]
    await repository.forget_stray("job_b")
    await repository.ask_to_cancel("job_a", 60.0)
    await repository.purge("job_a")
    assert await repository.stray(-1.0) == ["job_a"]


async def test_of_two_that_made_the_same_attempt_the_first_is_heard(
    repository: JobRepository,
) -> None:
    order = replace(ORDER, webhook_url="https://example.com/")
    await repository.add("job_a", order, key="", fingerprint="f", most_queued=9)
    await repository.ask_to_cancel("job_a", 60.0)
    log = DeliveryLog(repository._database)
    delivery = await log.claim()
    assert delivery is not None
    for error in ("The receiver answered 500.", "The receiver could not be reached."):
        await log.made(delivery, None, error)
    made = await log.of_job("job_a")
    assert [(each.attempt, each.error) for each in made] == [
        (1, "The receiver answered 500."),
        (2, None),
    ]
