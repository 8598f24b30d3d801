"""Whatever happens to the process, what was answered with 202 is read, every page once."""

from __future__ import annotations

import random
import signal
import sqlite3
import time
from pathlib import Path

import psutil
import pytest

from tests.support.documents import pdf as text_pdf
from tests.support.fault_books import book, kill, result, started, whole
from tests.support.fault_documents import FAULT_ENGINE, FaultFolder, pdf, png
from tests.support.fault_engine import PageOrder
from tests.support.job_client import Event, ask, events, finished, job, submit, taken
from tests.support.logged_engine import LOG_VARIABLE, LOGGED_ENGINE, pages_read
from tests.support.server import Server, running_server
from tests.support.waiting import eventually


@pytest.fixture
def faults(tmp_path: Path) -> FaultFolder:
    return FaultFolder(tmp_path / "faults")


def sentence(page: int) -> str:
    return f"This is what stands on page {page} of the book."


def follow(server: Server, job_id: str, told: list[Event], pages: int) -> None:
    """Hear of what comes after what was told, until so many pages are known to be read."""
    for event in events(server, job_id, told[-1].id if told else None):
        if event.id is not None:
            told.append(event)
        if sum(each.kind == "page" for each in told) >= pages:
            return


def test_killed_five_times_every_page_is_read_and_none_again_that_was_told_of(
    tmp_path: Path,
) -> None:
    log, pages = tmp_path / "engine.log", 60
    settings = {LOG_VARIABLE: str(log), "ENGINE_PROCESSES": "1"}
    draw = random.Random(6)
    server = started(tmp_path, LOGGED_ENGINE, **settings)
    content = text_pdf([sentence(page) for page in range(1, pages + 1)], (420, 200))
    job_id = taken(server, "book.pdf", content, layout_detection="false")
    told: list[Event] = []
    kills: list[tuple[int, set[int]]] = []
    for goal in sorted(draw.sample(range(3, pages - 5), 5)):
        follow(server, job_id, told, goal)
        time.sleep(draw.random() / 20)
        kill(server)
        seen = {event.data["page"] for event in told if event.kind == "page"}
        kills.append((len(pages_read(log)), seen))
        server = started(tmp_path, LOGGED_ENGINE, **settings)
    follow(server, job_id, told, pages + 1)

    assert [event.id for event in told] == list(range(1, pages + 3))
    read = [event.data["page"] for event in told if event.kind == "page"]
    assert sorted(read) == list(range(1, pages + 1))
    for place, seen in kills:
        assert not seen & set(pages_read(log)[place:]), "read again after its event was seen"
    assert finished(server, job_id)["status"] == "succeeded"
    answer = ask(server, f"{job_id}/result").json()
    assert [page["page"] for page in answer["pages"]] == list(range(1, pages + 1))
    texts = [element["content"]["text"] for element in answer["elements"]]
    assert texts == [sentence(page) for page in range(1, pages + 1)]
    assert server.stop() == 0


def test_a_job_of_a_thousand_pages_is_told_of_at_once_and_takes_no_memory(
    tmp_path: Path, faults: FaultFolder
) -> None:
    pages = 1000
    settings = faults.environment(MAX_PAGES=str(pages), FAULT_PAGE_SECONDS="0.7")
    server = started(tmp_path, **settings)
    job_id = taken(server, "book.pdf", book(18, pages))
    told: list[Event] = []
    follow(server, job_id, told, 1)
    assert len(faults.order_of_service()) <= 2, "the page after next is read already"
    kill(server)

    server = started(tmp_path, **{**settings, "FAULT_PAGE_SECONDS": "0"})
    api = psutil.Process(server.process.pid)
    held = [
        api.memory_info().rss
        for event in events(server, job_id, told[-1].id)
        if event.kind == "page"
    ]
    assert len(held) >= pages - 3
    assert finished(server, job_id)["status"] == "succeeded"
    growth = (max(held[100:]) - held[100]) / 2**20
    assert growth < 24, f"{growth:.0f} MiB more after {pages} pages than after 100"
    assert server.stop() == 0


def test_files_of_a_document_that_was_never_taken_go(tmp_path: Path, faults: FaultFolder) -> None:
    """Its process died between receiving it and writing it down."""
    jobs = tmp_path / "data" / "jobs"
    server = started(tmp_path, **faults.environment())
    assert server.stop() == 0
    noted = {"job_" + "0" * 25: 4000, "job_" + "1" * 25: 60}
    database = sqlite3.connect(tmp_path / "data" / "jobs.db")
    for name, seconds in noted.items():
        database.execute(
            "INSERT INTO stray_files VALUES (?, unixepoch('now') - ?)", (name, seconds)
        )
    database.commit()
    database.close()
    for name in (*noted, "job_" + "2" * 25):
        (jobs / name).mkdir(parents=True)
        (jobs / name / "upload").write_bytes(b"a document")
    old, new, somebody_elses = sorted(jobs.iterdir())
    server = started(tmp_path, **faults.environment())
    assert eventually(lambda: not old.exists())
    assert (new / "upload").exists()
    assert (somebody_elses / "upload").exists()
    assert server.stop() == 0


def test_sigterm_finishes_the_pages_in_hand_and_the_next_start_the_rest(
    tmp_path: Path, faults: FaultFolder
) -> None:
    settings = faults.environment(FAULT_PAGE_SECONDS="0.1", SHUTDOWN_GRACE_SECONDS="5")
    server = started(tmp_path, **settings)
    job_id = taken(server, "book.pdf", book(2, 20))
    assert eventually(lambda: job(server, job_id)["progress"]["pages_done"] >= 3, 30)
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
        assert eventually(lambda: job(server, job_id)["progress"]["pages_done"] >= 2, 30)
        files = tmp_path / "data" / "jobs"
        files.rename(tmp_path / "data" / "away")
        files.write_text("no folder")
        refused = submit(server, "page.png", png(PageOrder(14, 1)))
        assert (refused.status_code, refused.json()["code"]) == (503, "job-store-unavailable")
        assert server.extract("page.png", png(PageOrder(15, 1))).status_code == 200
        time.sleep(8)
        found = job(server, job_id)
        assert found["status"] in ("queued", "running"), found
        files.unlink()
        (tmp_path / "data" / "away").rename(files)
        assert finished(server, job_id)["status"] == "succeeded"
        assert result(server, job_id) == whole(13, 20)
