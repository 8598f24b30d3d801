"""Jobs' events on the wire."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from paddleocr_vl_service.models.errors import JobStoreUnavailable, OptionInvalid
from paddleocr_vl_service.models.jobs import EventKind, JobEvent
from paddleocr_vl_service.routers import job_answers
from paddleocr_vl_service.routers.job_answers import event_stream, place_of

DONE = JobEvent(7, EventKind.DONE, data={"status": "succeeded"})


async def following(*events: JobEvent | Exception | None) -> AsyncIterator[JobEvent | None]:
    for event in events:
        if isinstance(event, Exception):
            raise event
        yield event


async def sent(*events: JobEvent | Exception | None) -> list[bytes]:
    return [message async for message in event_stream(following(*events))]


async def test_silence_is_broken_by_a_comment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await sent(None, None, DONE) == [
        b'id: 7\nevent: done\ndata: {"status": "succeeded"}\n\n'
    ]
    monkeypatch.setattr(job_answers, "_HEARTBEAT_SECONDS", 0.0)
    assert await sent(None, None) == [b": heartbeat\n\n"] * 2


async def test_which_pages_a_job_is_about_is_not_told() -> None:
    (message,) = await sent(JobEvent(1, EventKind.PROGRESS, data={"pages": [1], "pages_done": 0}))
    assert message == b'id: 1\nevent: progress\ndata: {"pages_done": 0}\n\n'


async def test_a_database_that_goes_away_ends_the_stream() -> None:
    messages = await sent(DONE, JobStoreUnavailable("The database is away."))
    assert len(messages) == 1


@pytest.mark.parametrize("cursor", ["x", "====", "bm8=", "\u00e9"])
def test_a_cursor_of_somebody_else(cursor: str) -> None:
    with pytest.raises(OptionInvalid):
        place_of(cursor)
