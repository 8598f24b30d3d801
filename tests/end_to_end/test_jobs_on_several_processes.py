"""Several processes work on the same jobs, on a real PostgreSQL."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.support.fault_books import book, kill, made, result, started, whole
from tests.support.fault_documents import FAULT_ENGINE, FaultFolder, png
from tests.support.fault_engine import PageOrder
from tests.support.job_client import ask, delete, events, finished, job, taken
from tests.support.metrics import Scraped, scrape
from tests.support.postgresql import PostgreSQL, needs_postgresql, postgresql
from tests.support.s3 import new_bucket, s3_server
from tests.support.server import REPOSITORY, Server, running_server
from tests.support.waiting import eventually

pytestmark = needs_postgresql


@pytest.fixture
def faults(tmp_path: Path) -> FaultFolder:
    return FaultFolder(tmp_path / "faults")


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


@pytest.fixture
def pair(tmp_path: Path, shared: dict[str, str]) -> Iterator[tuple[Server, Server]]:
    """Two processes, both of them warm."""
    with (
        running_server(made(tmp_path / "one"), FAULT_ENGINE, **shared) as one,
        running_server(made(tmp_path / "two"), FAULT_ENGINE, **shared) as two,
    ):
        for number, server in enumerate((one, two)):
            server.wait_for_jobs()
            assert server.extract("page.png", png(PageOrder(1 + number, 1))).status_code == 200
        yield one, two


def owner_first(pair: tuple[Server, Server], job_id: str) -> tuple[Server, Server]:
    """The process that works on a job, and the other one."""
    one, two = pair
    with psycopg.connect(one.settings["DATABASE_URL"]) as connection:
        row = connection.execute("SELECT owner FROM jobs WHERE id = %s", (job_id,)).fetchone()
    assert row is not None
    is_first = f"-{one.process.pid}-" in row[0]
    return (one, two) if is_first else (two, one)


def test_another_process_takes_over_within_eight_seconds(pair: tuple[Server, Server]) -> None:
    job_id = taken(pair[0], "book.pdf", book(5, 40))
    assert eventually(lambda: job(pair[0], job_id)["progress"]["pages_done"] >= 5)
    owner, other = owner_first(pair, job_id)
    kill(owner)
    done = job(other, job_id)["progress"]["pages_done"]
    assert eventually(lambda: job(other, job_id)["progress"]["pages_done"] > done, 8)
    finished(other, job_id)
    assert result(other, job_id) == whole(5, 40)
    pages = [event.data["page"] for event in events(other, job_id) if event.kind == "page"]
    assert sorted(pages) == list(range(1, 41))


def test_a_process_that_comes_back_writes_nothing(
    pair: tuple[Server, Server], faults: FaultFolder
) -> None:
    job_id = taken(pair[0], "book.pdf", book(6, 40))
    assert eventually(lambda: job(pair[0], job_id)["progress"]["pages_done"] >= 5)
    owner, other = owner_first(pair, job_id)
    pids = [process.pid for process in owner.descendants()] + [owner.process.pid]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    done = job(other, job_id)["progress"]["pages_done"]
    assert eventually(lambda: job(other, job_id)["progress"]["pages_done"] > done + 2)
    for pid in pids[::-1]:
        os.kill(pid, signal.SIGCONT)
    finished(other, job_id)
    assert result(other, job_id) == whole(6, 40)
    told = [event for event in events(owner, job_id) if event.id is not None]
    assert [event.id for event in told] == list(range(1, 43))
    # What the first one had in hand may have been read by both; nothing else was.
    read = [page for page in faults.order_of_service() if page[0] == 6]
    assert len(read) <= 40 + 5
    next_job = taken(owner, "page.png", png(PageOrder(7, 1)))
    assert finished(owner, next_job)["status"] == "succeeded"


def test_a_job_sent_to_one_process_is_followed_and_cancelled_through_the_other(
    pair: tuple[Server, Server], faults: FaultFolder
) -> None:
    one, two = pair
    first = taken(one, "book.pdf", book(8, 5))
    kinds = [event.kind for event in events(two, first) if event.id is not None]
    assert kinds == ["progress", *["page"] * 5, "done"]
    assert result(two, first) == whole(8, 5)
    faults.close_gate()
    second = taken(one, "book.pdf", book(9, 30))
    assert eventually(lambda: job(two, second)["status"] == "running")
    _, other = owner_first(pair, second)
    delete(other, second)
    assert finished(other, second)["status"] == "cancelled"
    faults.open_gate()


@contextmanager
def worker(folder: Path, settings: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    with (made(folder) / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "paddleocr_vl_service.cli", "worker"],
            env={**os.environ, **settings, "PYTHONPATH": str(REPOSITORY)},
            cwd=folder,
            stderr=log,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_workers_on_other_machines_read_what_a_service_only_takes(
    tmp_path: Path, shared: dict[str, str], faults: FaultFolder
) -> None:
    """They share a database and a store of objects, and no folder."""
    with s3_server() as s3:
        common = {**shared, **s3, "BLOB_URL": new_bucket(s3)}
        one = started(tmp_path / "one", **{**common, "DATA_DIR": "data", "MAX_RUNNING_JOBS": "0"})
        first = taken(one, "book.pdf", book(12, 10))
        second = taken(one, "book.pdf", book(13, 10))
        assert job(one, first)["status"] == "queued"
        settings = {**one.settings, "DATA_DIR": "data", "MAX_RUNNING_JOBS": "1"}
        with worker(tmp_path / "two", {**settings, "TMP_DIR": "tmp"}) as process:
            kinds = [event.kind for event in events(one, first) if event.id is not None]
            assert kinds == ["progress", *["page"] * 10, "done"]
            assert result(one, first) == whole(12, 10)
            assert finished(one, second)["status"] == "succeeded"
            assert not one.children_named("engine-")
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
        assert delete(one, first, purge="true").json()["purged"]
        assert ask(one, f"{first}/result").status_code == 410
        assert one.stop() == 0


def test_a_worker_with_nothing_to_do_is_refused(tmp_path: Path) -> None:
    with worker(tmp_path, {"MAX_RUNNING_JOBS": "0", "USE_GPU": "false"}) as process:
        assert process.wait(30) == 2
    assert "Error: MAX_RUNNING_JOBS" in (tmp_path / "worker.log").read_text()


def test_a_database_that_is_away_is_an_error_for_a_while(
    tmp_path: Path, faults: FaultFolder
) -> None:
    with postgresql(made(tmp_path / "own")) as database:
        settings = faults.environment(
            DATABASE_URL=database.new_database("jobs"), FAULT_PAGE_SECONDS="0.2"
        )
        with running_server(tmp_path, FAULT_ENGINE, **settings) as server:
            job_id = taken(server, "book.pdf", book(10, 20))
            assert eventually(lambda: job(server, job_id)["progress"]["pages_done"] >= 2, 30)
            assert eventually(lambda: running(server) == 1)
            database.stop()
            assert eventually(lambda: metrics(server).value("jobs_database_up") == 0)
            away = ask(server, job_id)
            assert (away.status_code, away.json()["code"]) == (503, "job-store-unavailable")
            assert "Retry-After" in away.headers
            assert server.extract("page.png", png(PageOrder(11, 1))).status_code == 200
            database.start()
            assert eventually(lambda: ask(server, job_id).status_code == 200, 20)
            assert finished(server, job_id, 60)["status"] == "succeeded"
            assert result(server, job_id) == whole(10, 20)
            assert eventually(lambda: metrics(server).value("jobs_database_up") == 1)
            assert running(server) == 0


def running(server: Server) -> float | None:
    """Jobs that are said to be at work; None while the database cannot be asked."""
    return metrics(server).value("jobs", status="running")


def metrics(server: Server) -> Scraped:
    with server.client() as client:
        return scrape(client)
