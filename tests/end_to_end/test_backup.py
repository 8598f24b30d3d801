"""What docs/operations.md says of backups: made while jobs run, and put back elsewhere."""

import shutil
import sqlite3
from pathlib import Path

from tests.support import documents, job_client
from tests.support.echo_engine import SLOW
from tests.support.server import Server, running_server
from tests.support.waiting import eventually


def back_up(data: Path, backup: Path) -> None:
    """The database first, then the files; the queue is left out."""
    backup.mkdir()
    with (
        sqlite3.connect(data / "jobs.db") as source,
        sqlite3.connect(backup / "jobs.db") as target,
    ):
        source.backup(target)
    shutil.copytree(data / "jobs", backup / "jobs")


def pages_done(server: Server, job_id: str) -> int:
    done: int = job_client.job(server, job_id)["progress"]["pages_done"]
    return done


def test_a_backup_brings_back_results_and_goes_on_with_what_was_running(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    with running_server(first) as server:
        done = job_client.taken(server, "a.png", documents.image((61, 47)))
        job_client.finished(server, done)
        running = job_client.taken(server, "b.tiff", documents.tiff([SLOW] * 5))
        assert eventually(lambda: pages_done(server, running) >= 1, 20)
        back_up(first / "data", second / "data")
        server.process.kill()
    with running_server(second) as server:
        server.wait_for_jobs()
        result = job_client.ask(server, f"{done}/result").json()
        assert "61x47" in result["markdown"]
        finished = job_client.finished(server, running)
        assert finished["status"] == "succeeded"
        assert finished["progress"]["pages_done"] == 5
        again = job_client.ask(server, f"{running}/result").json()
        assert [page["page"] for page in again["pages"]] == list(range(1, 6))
