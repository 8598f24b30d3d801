"""Whether a VLM server answers, and what is wrong where it does not."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from paddleocr_vl_service.services import vlm_server_probe
from paddleocr_vl_service.services.vlm_server_probe import VlmServerProbe
from tests.support.loopback import QuietHandler, serving
from tests.support.waiting import eventually


class Server:
    """What it answers, and what it was asked."""

    status = 200
    silent = False
    url = ""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str | None]] = []


@pytest.fixture
def server() -> Iterator[Server]:
    found = Server()

    class Handler(QuietHandler):
        def do_GET(self) -> None:
            found.asked.append((self.path, self.headers.get("Authorization")))
            if found.silent:
                threading.Event().wait(3)
            self.send_response(found.status)
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.send_header("Content-Length", "0")
            with suppress(ConnectionError):
                self.end_headers()

    with serving(Handler) as url:
        found.url = f"{url}/v1/"
        yield found


async def test_a_server_that_lists_its_models_is_well(server: Server) -> None:
    assert await VlmServerProbe(server.url, "hunter2").ask() is None
    assert server.asked == [("/v1/models", "Bearer hunter2")]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "refuses the key in VL_REC_API_KEY (HTTP 401)"),
        (403, "refuses the key in VL_REC_API_KEY (HTTP 403)"),
        (404, "check VL_REC_SERVER_URL"),
        (307, "is not ready (HTTP 307)"),
        (503, "is not ready (HTTP 503)"),
    ],
)
async def test_what_it_answers_is_told(server: Server, status: int, words: str) -> None:
    server.status = status
    failure = await VlmServerProbe(server.url, "hunter2").ask()
    assert failure is not None
    assert words in failure
    assert "hunter2" not in failure
    assert len(server.asked) == 1


async def test_a_server_that_is_not_there_does_not_answer() -> None:
    failure = await VlmServerProbe("http://127.0.0.1:9/v1").ask()
    assert failure == "The VLM server at http://127.0.0.1:9 does not answer."


async def test_a_server_that_accepts_and_says_nothing_does_not_answer(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vlm_server_probe, "_DEADLINE", 0.2)
    server.silent = True
    failure = await VlmServerProbe(server.url).ask()
    assert failure is not None
    assert failure.endswith("does not answer.")


async def test_it_is_asked_again_and_again(
    server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(vlm_server_probe, "_SECONDS_BETWEEN", 0.02)
    monkeypatch.setattr(vlm_server_probe, "_SECONDS_WHILE_DOWN", 0.02)
    probe = VlmServerProbe(server.url)
    server.status = 503
    watching = asyncio.create_task(probe.watch())

    try:
        assert await asyncio.to_thread(eventually, lambda: probe.failure is not None)
        server.status = 200
        assert await asyncio.to_thread(eventually, lambda: probe.failure is None)
    finally:
        watching.cancel()
    messages = [record.getMessage() for record in caplog.records]
    assert [message.rsplit(" at ")[-1].split(" ", 1)[1] for message in messages] == [
        "is not ready (HTTP 503).",
        "answers again.",
    ]
