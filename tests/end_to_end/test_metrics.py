"""`/metrics` of the real server says what happened, and nothing that a client made up."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import documents, job_client
from tests.support.echo_engine import CRASH, HANG
from tests.support.metrics import Scraped, scrape
from tests.support.server import Server, running_server
from tests.support.waiting import eventually

ROUTE = "/api/v1/ocr/extract-document"


@pytest.fixture(autouse=True)
def of_each_kind(server: Server) -> None:
    server.wait_for_jobs()


def now(server: Server) -> Scraped:
    with server.client() as client:
        return scrape(client)


def test_requests_are_counted_by_route_template_and_status(server: Server) -> None:
    before = now(server)
    server.extract("a.png", documents.image())
    server.extract("a.docx", b"PK")
    with server.client() as client:
        for path in ("/nothing/1", "/nothing/2", "/wp-login.php", "/api/v1/jobs/made-up-by-me"):
            assert client.get(path).status_code == 404
        assert client.request("PROPFIND", "/health").status_code == 405
    after = now(server)

    def more(**labels: str) -> float:
        name = "http_requests_total"
        return (after.value(name, **labels) or 0) - (before.value(name, **labels) or 0)

    assert more(method="POST", route=ROUTE, status="200") == 1
    assert more(method="POST", route=ROUTE, status="400") == 1
    assert more(method="GET", route="other", status="404") == 3
    assert more(method="GET", route="/api/v1/jobs/{job_id}", status="404") == 1
    assert more(method="other", route="/health", status="405") == 1
    assert after.labels_of("http_requests_total", "method") <= {"GET", "POST", "HEAD", "other"}
    for made_up in ("nothing", "wp-login", "made-up", "PROPFIND"):
        assert made_up not in after.text
    assert (after.value("problems_total", code="document-type-unsupported") or 0) >= 1
    seconds = "http_request_duration_seconds"
    counted = after.value(f"{seconds}_count", method="POST", route=ROUTE)
    assert after.value(f"{seconds}_bucket", method="POST", route=ROUTE, le="600.0") == counted
    assert counted is not None
    assert after.value(f"{seconds}_bucket", method="POST", route=ROUTE, le="0.005") is not None


def test_pages_restarts_and_timeouts_are_counted_by_outcome(server: Server) -> None:
    before = now(server)
    assert server.extract("a.png", documents.image()).status_code == 200
    for order in (CRASH, HANG):
        assert server.extract("a.png", documents.image(colour=order)).status_code == 500
    after = now(server)
    outcomes, earlier = (each.values("pages_total", "outcome") for each in (after, before))
    assert {name: outcomes[name] - earlier[name] for name in outcomes} == {
        "read": 1,
        "page-failed": 1,
        "page-timed-out": 1,
        "engine-out-of-memory": 0,
    }
    for name, number in (("engine_restarts_total", 4), ("engine_timeouts_total", 2)):
        assert (after.value(name) or 0) - (before.value(name) or 0) == number


def test_every_stage_has_its_seconds(server: Server) -> None:
    before = now(server)
    assert server.extract("a.png", documents.image()).status_code == 200
    after = now(server)
    name = "stage_duration_seconds_count"
    earlier = before.values(name, "stage")
    more = {stage: n - earlier[stage] for stage, n in after.values(name, "stage").items()}
    assert more == {
        "admission": 1,
        "intake": 2,  # the document is opened, the page rendered
        "queue": 1,
        "engine": 1,
        "layout": 0,  # the echo engine has neither
        "recognition": 0,
        "assembly": 1,
    }


def test_what_is_found_at_the_moment_is_there(server: Server) -> None:
    server.extract("a.png", documents.image())
    found = now(server)
    assert sum(found.values("engine_processes", "state").values()) >= 1
    assert found.value("pipeline_ready") == 1
    assert (found.value("gpu_wanted"), found.value("gpu_enabled")) == (0, 0)
    assert set(found.values("unhealthy", "cause").values()) == {0}
    assert found.values("documents", "state") == {"running": 0, "waiting": 0}
    assert found.values("queued_pages", "state") == {"running": 0, "waiting": 0}
    assert (found.value("documents_capacity") or 0) > 0
    for process in ("main", "engine", "reader"):
        assert found.values("resident_bytes", "process")[process] > 1 << 20
    for folder in ("tmp", "data"):
        assert found.values("disk_free_bytes", "folder")[folder] > 0
        assert (
            found.values("disk_free_bytes", "folder")[folder]
            < found.values("disk_total_bytes", "folder")[folder]
        )
    assert found.value("jobs_database_up") == 1
    assert "process_start_time_seconds" in found.names
    assert not any(name.endswith("_created") for name in found.names)


def test_jobs_are_counted_by_state_and_when_they_end(server: Server) -> None:
    before = now(server)
    done = job_client.taken(server, "a.png", documents.image())
    job_client.finished(server, done)
    failed = job_client.taken(server, "a.pdf", b"%PDF-1.4 no more")
    assert job_client.finished(server, failed)["status"] == "failed"
    assert eventually(lambda: now(server).values("jobs", "status")["succeeded"] >= 1)
    after = now(server)
    ended, earlier = (each.values("jobs_finished_total", "status") for each in (after, before))
    more = {status: ended[status] - earlier[status] for status in ended}
    assert more == {"succeeded": 1, "failed": 1, "cancelled": 0}
    assert after.values("jobs", "status")["failed"] >= 1
    with server.client() as client:
        assert client.delete(f"/api/v1/jobs/{done}?purge=true").status_code == 200
    assert now(server).value("jobs_purged_total") == (before.value("jobs_purged_total") or 0) + 1


def test_nothing_of_a_document_is_in_it(server: Server) -> None:
    server.extract("confidential-name.png", documents.image((61, 47)), password="hunter2")
    text = now(server).text
    for word in ("confidential", "61x47", "hunter2", f'"{server.process.pid}"', "tmp/"):
        assert word not in text, word


@pytest.fixture
def locked(server: Server) -> Iterator[None]:
    """Somebody else holds the database of jobs."""
    file = server.log_file.parent / "data" / "jobs.db"
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    yield
    connection.execute("ROLLBACK")
    connection.close()


def test_a_database_that_does_not_answer_costs_only_its_own_metrics(
    server: Server, locked: None
) -> None:
    # What was found a moment before is said for another second.
    assert eventually(lambda: now(server).value("jobs_database_up") == 0, 20)
    found = now(server)
    assert found.values("jobs", "status") == {}
    assert found.value("pipeline_ready") is not None


def test_it_can_be_switched_off(tmp_path: Path) -> None:
    with running_server(tmp_path, METRICS="false") as server, server.client() as client:
        assert client.get("/metrics").status_code == 404
        assert client.get("/health/live").status_code == 200
