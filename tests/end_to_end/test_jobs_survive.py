"""Whatever happens to the processes, what was answered with 202 is read, every page once."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fault_documents import FAULT_ENGINE, FaultFolder, pdf, png, read_pages
from tests.support.fault_engine import PageOrder, marker
from tests.support.job_client import (
    Event,
    ask,
    delete,
    events,
    finished,
    job,
    submit,
    taken,
)
from tests.support.metrics import Scraped, scrape
from tests.support.postgresql import PostgreSQL, needs_postgresql, postgresql
from tests.support.server import REPOSITORY, Server, running_server, start_server, wait_for_url
from tests.support.waiting import eventually

PAGES = 60


def book(number: int, pages: int = PAGES) -> bytes:
    return pdf([PageOrder(number, page) for page in range(1, pages + 1)])


def whole(number: int, pages: int = PAGES) -> dict[int, str]:
    return {page: marker(number, page) for page in range(1, pages + 1)}


def started(folder: Path, **settings: str) -> Server:
    folder.mkdir(exist_ok=True)
    server = start_server(folder, FAULT_ENGINE, **settings)
    server.url = wait_for_url(server)
    return server


def kill(server: Server) -> None:
    children = server.descendants()
    server.process.kill()
    server.process.wait()
    assert eventually(lambda: not any(child.is_running() for child in children))


def result(server: Server, job_id: str) -> dict[int, str]:
    return read_pages(ask(server, f"{job_id}/result").json())


@pytest.fixture
def faults(tmp_path: Path) -> FaultFolder:
    return FaultFolder(tmp_path / "faults")


def test_killed_five_times_every_page_is_read_and_none_again_that_was_told_of(
    tmp_path: Path, faults: FaultFolder
) -> None:
    settings = faults.environment(FAULT_PAGE_SECONDS="0.05", ENGINE_PROCESSES="2")
    draw = random.Random(6)
    server = started(tmp_path, **settings)
    job_id = taken(server, "book.pdf", book(1))
    told: list[Event] = []
    again: set[tuple[int, int]] = set()
    for goal in sorted(draw.sample(range(3, PAGES - 5), 5)):
        for event in events(server, job_id, told[-1].id if told else None):
            if event.id is not None:
                told.append(event)
            if sum(each.kind == "page" for each in told) >= goal:
                break
        kill(server)
        seen = {(1, event.data["page"]) for event in told if event.kind == "page"}
        before = len(faults.order_of_service())
        server = started(tmp_path, **settings)
        assert next(iter(events(server, job_id))).kind == "progress"
        again |= seen & set(faults.order_of_service()[before:])
    told += [event for event in events(server, job_id, told[-1].id) if event.id is not None]

    assert [event.id for event in told] == list(range(1, PAGES + 3))
    assert sorted(event.data["page"] for event in told if event.kind == "page") == list(
        range(1, PAGES + 1)
    )
    assert finished(server, job_id)["status"] == "succeeded"
    assert result(server, job_id) == whole(1)
    assert not again
    assert server.stop() == 0


def test_sigterm_finishes_the_pages_in_hand_and_the_next_start_the_rest(
    tmp_path: Path, faults: FaultFolder
) -> None:
    settings = faults.environment(FAULT_PAGE_SECONDS="0.1", SHUTDOWN_GRACE_SECONDS="5")
    server = started(tmp_path, **settings)
    job_id = taken(server, "book.pdf", book(2, 20))
    assert eventually(lambda: job(server, job_id)["progress"]["pages_done"] >= 3, 15)
    assert server.stop(10) == 0
    read = faults.order_of_service()
    server = started(tmp_path, **settings)
    assert job(server, job_id)["progress"]["pages_done"] >= 3
    finished(server, job_id)
    assert result(server, job_id) == whole(2, 20)
    order = faults.order_of_service()
    assert sorted(order) == sorted(set(order)), "a page was read twice"
    assert order[: len(read)] == read
    assert server.stop() == 0


def test_a_stream_ends_when_the_service_does(tmp_path: Path, faults: FaultFolder) -> None:
    faults.close_gate()
    server = started(tmp_path, **faults.environment(SHUTDOWN_GRACE_SECONDS="1"))
    job_id = taken(server, "book.pdf", book(3, 2))
    stream = events(server, job_id)
    assert next(stream).kind == "progress"
    server.process.send_signal(signal.SIGTERM)
    assert list(stream) == []
    assert server.process.wait(15) == 0


def test_a_job_with_a_password_fails_after_a_restart_and_says_why(
    tmp_path: Path, faults: FaultFolder
) -> None:
    faults.close_gate()
    server = started(tmp_path, **faults.environment())
    content = pdf([PageOrder(4, 1)], password="secret")
    job_id = taken(server, "a.pdf", content, password="secret")
    assert eventually(lambda: job(server, job_id)["status"] == "running")
    kill(server)
    faults.open_gate()
    server = started(tmp_path, **faults.environment())
    last = finished(server, job_id)
    assert (last["status"], last["error"]["code"]) == ("failed", "document-encrypted")
    assert "passwords are not kept" in last["error"]["message"]
    assert server.stop() == 0


@pytest.fixture(scope="module")
def database_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgreSQL]:
    with postgresql(tmp_path_factory.mktemp("database")) as found:
        yield found


@pytest.fixture
def shared(
    database_server: PostgreSQL, tmp_path: Path, faults: FaultFolder, request: pytest.FixtureRequest
) -> dict[str, str]:
    """Settings of processes that work on the same jobs."""
    name = "".join(letter for letter in request.node.name if letter.isalnum())[:60].lower()
    files = tmp_path / "shared"
    files.mkdir()
    return faults.environment(
        DATABASE_URL=database_server.new_database(name),
        DATA_DIR=str(files),
        FAULT_PAGE_SECONDS="0.1",
        MAX_RUNNING_JOBS="1",
    )


@needs_postgresql
def test_another_process_takes_over_within_eight_seconds(
    tmp_path: Path, shared: dict[str, str], faults: FaultFolder
) -> None:
    one = started(tmp_path / "one", **shared)
    job_id = taken(one, "book.pdf", book(5, 40))
    assert eventually(lambda: job(one, job_id)["progress"]["pages_done"] >= 5, 15)
    with running_server(_made(tmp_path / "two"), FAULT_ENGINE, **shared) as two:
        kill(one)
        done = job(two, job_id)["progress"]["pages_done"]
        assert eventually(lambda: job(two, job_id)["progress"]["pages_done"] > done, 8)
        finished(two, job_id)
        assert result(two, job_id) == whole(5, 40)
        pages = [event.data["page"] for event in events(two, job_id) if event.kind == "page"]
        assert sorted(pages) == list(range(1, 41))


@needs_postgresql
def test_a_process_that_comes_back_writes_nothing(
    tmp_path: Path, shared: dict[str, str], faults: FaultFolder
) -> None:
    with (
        running_server(_made(tmp_path / "one"), FAULT_ENGINE, **shared) as one,
        running_server(_made(tmp_path / "two"), FAULT_ENGINE, **shared) as two,
    ):
        job_id = taken(one, "book.pdf", book(6, 40))
        assert eventually(lambda: job(one, job_id)["progress"]["pages_done"] >= 5, 15)
        owner, other = (one, two) if one.children_named("engine-") else (two, one)
        pids = [process.pid for process in owner.descendants()] + [owner.process.pid]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        done = job(other, job_id)["progress"]["pages_done"]
        assert eventually(lambda: job(other, job_id)["progress"]["pages_done"] > done + 2, 12)
        for pid in pids[::-1]:
            os.kill(pid, signal.SIGCONT)
        finished(other, job_id)
        assert result(other, job_id) == whole(6, 40)
        told = [event for event in events(owner, job_id) if event.id is not None]
        assert [event.id for event in told] == list(range(1, 43))
        # What the first one had in hand may have been read by both; nothing else was.
        read = faults.order_of_service()
        assert len(read) <= 40 + 5
        next_job = taken(owner, "page.png", png(PageOrder(7, 1)))
        assert finished(owner, next_job)["status"] == "succeeded"


@needs_postgresql
def test_a_job_sent_to_one_process_is_followed_and_cancelled_through_the_other(
    tmp_path: Path, shared: dict[str, str], faults: FaultFolder
) -> None:
    with (
        running_server(_made(tmp_path / "one"), FAULT_ENGINE, **shared) as one,
        running_server(_made(tmp_path / "two"), FAULT_ENGINE, **shared) as two,
    ):
        first = taken(one, "book.pdf", book(8, 5))
        kinds = [event.kind for event in events(two, first) if event.id is not None]
        assert kinds == ["progress", *["page"] * 5, "done"]
        assert result(two, first) == whole(8, 5)
        faults.close_gate()
        second = taken(one, "book.pdf", book(9, 30))
        assert eventually(lambda: job(two, second)["status"] == "running", 10)
        owner = one if one.children_named("engine-") else two
        delete(two if owner is one else one, second)
        assert finished(two, second, 10)["status"] == "cancelled"
        faults.open_gate()


@pytest.mark.parametrize("lost", ["PENDING", "SUCCESS"])
def test_a_job_that_was_handed_out_and_not_begun_is_not_lost(
    tmp_path: Path, faults: FaultFolder, lost: str
) -> None:
    """A process died, or stopped, between taking the job from the queue and beginning with it."""
    faults.close_gate()
    settings = faults.environment(MAX_RUNNING_JOBS="1")
    server = started(tmp_path, **settings)
    running = taken(server, "page.png", png(PageOrder(16, 1)))
    assert eventually(lambda: job(server, running)["status"] == "running")
    waiting = taken(server, "book.pdf", book(17, 2))
    queue = sqlite3.connect(tmp_path / "data" / "queue.db")
    listed = "SELECT status FROM workflow_status WHERE workflow_uuid = ?"
    name = (f"{waiting}.1",)
    assert eventually(lambda: queue.execute(listed, name).fetchone() == ("ENQUEUED",))
    kill(server)
    change = "UPDATE workflow_status SET status = ?, executor_id = 'dead' WHERE workflow_uuid = ?"
    assert queue.execute(change, (lost, *name)).rowcount == 1
    queue.commit()
    queue.close()
    faults.open_gate()
    server = started(tmp_path, **settings)
    assert finished(server, waiting, 40)["status"] == "succeeded"
    assert finished(server, running)["status"] == "succeeded"
    assert server.stop() == 0


def test_files_that_are_away_are_an_error_for_a_while(tmp_path: Path, faults: FaultFolder) -> None:
    with running_server(
        tmp_path, FAULT_ENGINE, **faults.environment(FAULT_PAGE_SECONDS="0.2")
    ) as server:
        job_id = taken(server, "book.pdf", book(13, 20))
        assert eventually(lambda: job(server, job_id)["progress"]["pages_done"] >= 2, 15)
        files = tmp_path / "data" / "jobs"
        files.rename(tmp_path / "data" / "away")
        files.write_text("no folder")
        refused = submit(server, "page.png", png(PageOrder(14, 1)))
        assert (refused.status_code, refused.json()["code"]) == (503, "job-store-unavailable")
        assert server.extract("page.png", png(PageOrder(15, 1))).status_code == 200
        time.sleep(8)
        assert job(server, job_id)["status"] in ("queued", "running")
        files.unlink()
        (tmp_path / "data" / "away").rename(files)
        assert finished(server, job_id)["status"] == "succeeded"
        assert result(server, job_id) == whole(13, 20)


@needs_postgresql
def test_a_worker_reads_what_a_service_took(
    tmp_path: Path, shared: dict[str, str], faults: FaultFolder
) -> None:
    one = started(tmp_path / "one", **shared)
    job_id = taken(one, "book.pdf", book(12, 30))
    kill(one)
    command = [sys.executable, "-m", "paddleocr_vl_service.cli", "worker"]
    with (tmp_path / "worker.log").open("wb") as log:
        worker = subprocess.Popen(
            command,
            env={**os.environ, **one.settings, "PYTHONPATH": str(REPOSITORY)},
            cwd=tmp_path,
            stderr=log,
        )
    assert eventually(lambda: len(faults.order_of_service()) >= 30, 30)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(20) == 0
    with running_server(_made(tmp_path / "two"), FAULT_ENGINE, **shared) as two:
        finished(two, job_id)
        assert result(two, job_id) == whole(12, 30)


@needs_postgresql
def test_a_database_that_is_away_is_an_error_for_a_while(
    tmp_path: Path, faults: FaultFolder
) -> None:
    with postgresql(_made(tmp_path / "own")) as database:
        settings = faults.environment(
            DATABASE_URL=database.new_database("jobs"), FAULT_PAGE_SECONDS="0.2"
        )
        with running_server(tmp_path, FAULT_ENGINE, **settings) as server:
            job_id = taken(server, "book.pdf", book(10, 20))
            assert eventually(lambda: job(server, job_id)["progress"]["pages_done"] >= 2, 15)
            assert eventually(lambda: running(server) == 1, 20)
            database.stop()
            assert eventually(lambda: metrics(server).value("jobs_database_up") == 0, 20)
            away = ask(server, job_id)
            assert (away.status_code, away.json()["code"]) == (503, "job-store-unavailable")
            assert "Retry-After" in away.headers
            assert server.extract("page.png", png(PageOrder(11, 1))).status_code == 200
            database.start()
            assert eventually(lambda: ask(server, job_id).status_code == 200, 20)
            assert finished(server, job_id, 60)["status"] == "succeeded"
            assert result(server, job_id) == whole(10, 20)
            assert eventually(lambda: metrics(server).value("jobs_database_up") == 1, 20)
            assert running(server) == 0


def running(server: Server) -> float | None:
    """Jobs that are said to be at work; None while the database cannot be asked."""
    return metrics(server).value("jobs", status="running")


def metrics(server: Server) -> Scraped:
    with server.client() as client:
        return scrape(client)


def _made(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder
