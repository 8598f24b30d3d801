"""Looking after jobs goes on, whatever one of them does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from paddleocr_vl_service.jobs import caretaker
from paddleocr_vl_service.jobs.blob_store import LocalBlobStore
from paddleocr_vl_service.jobs.caretaker import Caretaker
from paddleocr_vl_service.jobs.database import JobDatabase
from paddleocr_vl_service.jobs.ownership import JobOwnership
from paddleocr_vl_service.jobs.repository import JobRepository
from paddleocr_vl_service.models.document import DocumentOptions
from paddleocr_vl_service.models.jobs import JobOrder
from paddleocr_vl_service.observability.telemetry import Meter

ORDER = JobOrder("book.pdf", 10, "0" * 64, DocumentOptions())


class Queue:
    """Refuses the first job, in a way that nobody has foreseen; then it loses one."""

    def __init__(self) -> None:
        self.submitted: list[tuple[str, int]] = []

    async def submit(self, job_id: str, epoch: int) -> None:
        self.submitted.append((job_id, epoch))
        if len(self.submitted) == 1:
            raise KeyError(job_id)

    async def waiting(self, jobs: Sequence[tuple[str, int]]) -> set[tuple[str, int]]:
        return set()


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(2000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen")


async def test_a_surprise_is_logged_and_the_job_handed_out_in_the_next_beat(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(caretaker, "_BEAT_SECONDS", 0.01)
    monkeypatch.setattr(caretaker, "_LOOK_SECONDS", 0.05)
    database = JobDatabase("", tmp_path)
    await database.open()
    repository, ownership = JobRepository(database), JobOwnership(database)
    queue, blobs = Queue(), LocalBlobStore(tmp_path)
    runner = SimpleNamespace(owner="me", at_work_on=set(), passwords={}, retention=60.0)
    webhooks = SimpleNamespace(deliver_due=_nothing, close=lambda: None)
    cared = Caretaker(
        repository,
        ownership,
        blobs,
        queue=cast("Any", queue),
        runner=cast("Any", runner),
        webhooks=cast("Any", webhooks),
        meter=Meter(),
    )
    await repository.add("job_a", ORDER, key="", fingerprint="f", most_queued=9)
    await cared.sign_on()
    cared.start()
    try:
        await until(lambda: len(queue.submitted) >= 3)
    finally:
        await cared.close()
        database.close()
    assert not cared.is_dead
    assert queue.submitted[:2] == [("job_a", 1)] * 2
    assert queue.submitted[2] == ("job_a", 2), "what the queue lost is handed out anew"
    assert "Jobs could not be looked after" in caplog.text


async def _nothing() -> None:
    return None
