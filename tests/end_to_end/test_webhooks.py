"""Webhooks: signed, tried again, and never into the house."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support.fault_documents import FAULT_ENGINE, png
from tests.support.fault_engine import Behaviour, PageOrder
from tests.support.job_client import finished, job, submit, taken
from tests.support.loopback import QuietHandler, serving
from tests.support.server import Server, running_server
from tests.support.waiting import eventually

SECRET = "hunter2"


@dataclass
class Receiver:
    """What it answers, one after the other and then 200, and what it was told."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    told: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)


@contextmanager
def receiver() -> Iterator[Receiver]:
    found = Receiver()

    class Handler(QuietHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            found.told.append((dict(self.headers), body))
            found.paths.append(self.path)
            status = found.answers.pop(0) if found.answers else 200
            self.send_response(status)
            if status == 302:
                self.send_header("Location", f"{found.url}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST  # as some clients follow redirects

    with serving(Handler) as url:
        found.url = f"{url}/hook"
        yield found


@pytest.fixture(scope="module")
def hook() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


@pytest.fixture(scope="module")
def server(hook: Receiver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {
        "WEBHOOK_SECRET": SECRET,
        "WEBHOOK_ALLOWED_HOSTS": hook.url.split("/")[2],
    }
    with running_server(tmp_path_factory.mktemp("hooks"), FAULT_ENGINE, **settings) as server:
        yield server


def deliveries(server: Server, job_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = job(server, job_id).get("deliveries", [])
    return found


@pytest.mark.parametrize(
    ("behaviour", "status"), [(Behaviour.READ, "succeeded"), (Behaviour.RAISE, "failed")]
)
def test_the_end_of_a_job_is_told_once_and_signed(
    server: Server, hook: Receiver, behaviour: Behaviour, status: str
) -> None:
    hook.told.clear()
    job_id = taken(server, "a.png", png(PageOrder(1, 1, behaviour)), webhook_url=hook.url)
    assert finished(server, job_id)["status"] == status
    assert eventually(lambda: [each["status"] for each in deliveries(server, job_id)] == [200], 30)
    ((headers, body),) = hook.told
    parts = dict(part.split("=") for part in headers["X-Webhook-Signature"].split(","))
    expected = hmac.new(SECRET.encode(), f"{parts['t']}.".encode() + body, hashlib.sha256)
    assert parts["v1"] == expected.hexdigest()
    assert abs(int(parts["t"]) - time.time()) < 30
    assert headers["X-Webhook-Id"] == f"{job_id}.{status}"
    told = json.loads(body)
    assert (told["event"], told["job"]["id"]) == (f"job.{status}", job_id)
    assert told["job"]["progress"]["pages_done"] == 1
    assert SECRET not in server.log()


@pytest.mark.parametrize("answer", [500, 302, 404])
def test_a_receiver_that_fails_is_told_again_later(
    server: Server, hook: Receiver, answer: int
) -> None:
    hook.told.clear()
    hook.answers = [answer]
    job_id = taken(server, "a.png", png(PageOrder(2, 1)), webhook_url=hook.url)
    finished(server, job_id)
    assert eventually(lambda: len(deliveries(server, job_id)) == 2, 30)
    first, second = deliveries(server, job_id)
    assert (first["status"], first["error"]) == (answer, f"The receiver answered {answer}.")
    assert (second["made_at"], second["due_at"] > first["due_at"]) == (None, True)
    if answer == 500:
        assert eventually(lambda: len(hook.told) == 2, 20)
        assert hook.told[0][0]["X-Webhook-Id"] == hook.told[1][0]["X-Webhook-Id"]
        assert eventually(lambda: deliveries(server, job_id)[1]["status"] == 200, 30)
    assert set(hook.paths) == {"/hook"}


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:1/hook", "http://localhost:9/", "http://169.254.169.254/latest/meta-data"],
)
def test_addresses_inside_are_refused(server: Server, url: str) -> None:
    job_id = taken(server, "a.png", png(PageOrder(3, 1)), webhook_url=url)
    finished(server, job_id)
    assert eventually(lambda: len(deliveries(server, job_id)) == 2, 30)
    refused = deliveries(server, job_id)[0]
    assert refused["status"] is None
    assert "is not public" in refused["error"]


def test_a_url_that_is_none_is_refused_at_once(server: Server) -> None:
    wrong = submit(server, "a.png", png(PageOrder(4, 1)), webhook_url="ftp://example.org/")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "option-invalid")


def test_without_a_secret_there_are_none(tmp_path: Path) -> None:
    with running_server(tmp_path, FAULT_ENGINE) as server:
        refused = submit(server, "a.png", png(PageOrder(5, 1)), webhook_url="https://example.org/")
        assert refused.status_code == 422
        assert "WEBHOOK_SECRET" in refused.json()["detail"]
