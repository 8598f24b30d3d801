"""Jobs over HTTP: taken, followed, read, cancelled, and gone when their time is over."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.fault_documents import FAULT_ENGINE, FaultFolder, pdf, png, read_pages
from tests.support.fault_engine import Behaviour, PageOrder, marker
from tests.support.job_client import ask, delete, events, finished, job, submit, taken
from tests.support.server import Server, running_server
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
def faults(tmp_path_factory: pytest.TempPathFactory) -> FaultFolder:
    return FaultFolder(tmp_path_factory.mktemp("faults"))


@pytest.fixture(autouse=True)
def gate(faults: FaultFolder) -> Iterator[None]:
    """Open for the next test, whatever became of this one."""
    yield
    faults.open_gate()


@pytest.fixture(scope="module")
def server(faults: FaultFolder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = faults.environment(
        ENGINE_PROCESSES="1", PAGE_TIMEOUT_SECONDS="2", MAX_JOB_UPLOAD_SIZE="200000"
    )
    with running_server(tmp_path_factory.mktemp("jobs"), FAULT_ENGINE, **settings) as server:
        yield server
        assert eventually(lambda: server.temporary_files() == [])


def document(number: int, pages: int, **behaviours: Behaviour) -> bytes:
    """A PDF of the fault engine; ``page_2=Behaviour.RAISE`` says what becomes of a page."""
    return pdf(
        [
            PageOrder(number, page, behaviours.get(f"page_{page}", Behaviour.READ))
            for page in range(1, pages + 1)
        ]
    )


def test_a_document_is_read_in_the_background(server: Server) -> None:
    response = submit(server, "book.pdf", document(1, 4))
    assert response.status_code == 202
    first = response.json()
    assert first["progress"] == {"pages_done": 0, "pages_total": None, "pages_failed": 0}
    assert first["filename"] == "book.pdf"

    last = finished(server, first["id"])

    assert last["status"] == "succeeded"
    assert last["progress"] == {"pages_done": 4, "pages_total": 4, "pages_failed": 0}
    assert first["created_at"] <= last["started_at"] <= last["finished_at"] < last["expires_at"]
    result = ask(server, f"{first['id']}/result")
    assert result.headers["X-Job-Status"] == "succeeded"
    assert read_pages(result.json()) == {page: marker(1, page) for page in range(1, 5)}
    assert result.json()["markdown"].startswith("# Document OCR Results\n")


def test_the_result_is_what_the_synchronous_answer_would_have_been(server: Server) -> None:
    content = document(2, 3)
    answer = server.extract("book.pdf", content, pages="2-3", heading="false").json()
    job_id = taken(server, "book.pdf", content, pages="2-3", heading="false")
    finished(server, job_id)
    result = ask(server, f"{job_id}/result").json()
    for each in (answer, result):
        del each["timestamp"], each["processing_time"]
    assert result == answer


def test_markdown_by_parameter_and_by_accept(server: Server) -> None:
    job_id = taken(server, "page.png", png(PageOrder(3, 1)))
    finished(server, job_id)
    as_asked = ask(server, f"{job_id}/result", format="markdown")
    with server.client(headers={"Accept": "text/markdown"}) as client:
        as_accepted = client.get(f"/api/v1/jobs/{job_id}/result")
        json_all_the_same = client.get(f"/api/v1/jobs/{job_id}/result?format=json")
    assert as_asked.headers["content-type"].startswith("text/markdown")
    assert as_asked.text == as_accepted.text == f"{marker(3, 1)}\n"
    assert json_all_the_same.json()["success"] is True


def test_pages_can_be_had_while_others_are_read(server: Server, faults: FaultFolder) -> None:
    job_id = taken(server, "book.pdf", document(4, 3, page_3=Behaviour.SLOW))
    assert eventually(lambda: ask(server, f"{job_id}/pages/1").status_code == 200)
    page = ask(server, f"{job_id}/pages/1").json()
    assert page["page"]["page"] == 1
    assert page["elements"][0]["content"]["text"] == marker(4, 1)
    assert page["error"] is None
    assert page["engine"]["name"] == "fault"
    finished(server, job_id)
    assert ask(server, f"{job_id}/pages/4").status_code == 404


def test_a_page_that_fails_fails_alone(server: Server) -> None:
    job_id = taken(server, "book.pdf", document(5, 3, page_2=Behaviour.CRASH))
    last = finished(server, job_id)
    assert last["status"] == "succeeded"
    assert last["progress"] == {"pages_done": 3, "pages_total": 3, "pages_failed": 1}
    page = ask(server, f"{job_id}/pages/2").json()
    assert (page["page"], page["elements"]) == (None, [])
    assert page["error"]["code"] == "page-failed"
    result = ask(server, f"{job_id}/result").json()
    assert read_pages(result) == {1: marker(5, 1), 3: marker(5, 3)}
    assert [error["page"] for error in result["errors"]] == [2]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.pdf", b"%PDF-1.4 nonsense", "document-truncated"),
        ("a.png", png(PageOrder(6, 1, Behaviour.RAISE)), "no-page-read"),
        ("a.pdf", pdf([PageOrder(6, 2)], password="secret"), "document-encrypted"),
    ],
    ids=["truncated", "no page", "encrypted"],
)
def test_a_document_that_cannot_be_read_is_a_failed_job(
    server: Server, name: str, content: bytes, code: str
) -> None:
    job_id = taken(server, name, content)
    last = finished(server, job_id)
    assert (last["status"], last["error"]["code"]) == ("failed", code)
    result = ask(server, f"{job_id}/result")
    assert result.status_code == 409
    assert result.json()["code"] == "job-unfinished"
    assert last["error"]["message"] in result.json()["detail"]
    *_, event = events(server, job_id)
    assert (event.kind, event.data["error"]["code"]) == ("failed", code)


def test_a_password_opens_the_document_and_is_kept_nowhere(server: Server) -> None:
    content = pdf([PageOrder(6, 3)], password="sesame-7")
    job_id = taken(server, "a.pdf", content, password="sesame-7")
    assert finished(server, job_id)["status"] == "succeeded"
    assert read_pages(ask(server, f"{job_id}/result").json()) == {1: marker(6, 3)}
    for file in (server.log_file.parent).rglob("*"):
        assert not file.is_file() or b"sesame-7" not in file.read_bytes(), file


def test_events_come_once_each_and_go_on_where_they_were(server: Server) -> None:
    job_id = taken(server, "book.pdf", document(7, 5, page_4=Behaviour.RAISE))
    told = list(events(server, job_id))
    numbered = [event for event in told if event.id is not None]
    assert [event.id for event in numbered] == list(range(1, 8))
    assert [event.kind for event in numbered] == ["progress", *["page"] * 5, "done"]
    pages = [event for event in numbered if event.kind == "page"]
    assert sorted(event.data["page"] for event in pages) == [1, 2, 3, 4, 5]
    assert [event.data["pages_done"] for event in pages] == [1, 2, 3, 4, 5]
    (failed,) = (event for event in pages if "error" in event.data)
    assert failed.data["page"] == 4
    progress = [event.data["pages_done"] for event in told if event.kind == "progress"]
    assert progress == [0, 1, 2, 3, 4, 5]
    for seen in (0, 3, 6):
        rest = [event for event in events(server, job_id, seen) if event.id is not None]
        assert rest == numbered[seen:]
    assert list(events(server, job_id, 7)) == []


def test_a_stream_is_followed_while_pages_are_read(server: Server, faults: FaultFolder) -> None:
    faults.close_gate()
    job_id = taken(server, "book.pdf", document(8, 2))
    stream = events(server, job_id)
    assert next(stream).data["pages_done"] == 0
    faults.open_gate()
    kinds = [event.kind for event in stream if event.id is not None]
    assert kinds == ["page", "page", "done"]


def test_a_result_before_its_time(server: Server, faults: FaultFolder) -> None:
    job_id = taken(server, "book.pdf", document(9, 3, page_3=Behaviour.HANG))
    assert eventually(lambda: job(server, job_id)["progress"]["pages_done"] == 2)
    early = ask(server, f"{job_id}/result")
    assert (early.status_code, early.json()["detail"]) == (409, "The job is running.")
    partial = ask(server, f"{job_id}/result", partial="true")
    assert partial.status_code == 200
    assert partial.headers["X-Job-Status"] == "running"
    assert read_pages(partial.json()) == {1: marker(9, 1), 2: marker(9, 2)}
    assert delete(server, job_id).status_code == 200
    assert finished(server, job_id)["status"] == "cancelled"


def test_a_running_job_is_cancelled_and_its_pages_are_not_read_on(
    server: Server, faults: FaultFolder
) -> None:
    faults.close_gate()
    job_id = taken(server, "book.pdf", document(10, 30))
    assert eventually(lambda: any(page[0] == 10 for page in faults.order_of_service()))
    delete(server, job_id)
    assert finished(server, job_id, 10)["status"] == "cancelled"
    faults.open_gate()
    other = taken(server, "page.png", png(PageOrder(11, 1)))
    finished(server, other)
    assert sum(page[0] == 10 for page in faults.order_of_service()) <= 3
    *_, event = events(server, job_id)
    assert event.kind == "cancelled"
    result = ask(server, f"{job_id}/result")
    assert (result.status_code, result.json()["detail"]) == (409, "The job was cancelled.")
    assert delete(server, job_id).json()["status"] == "cancelled"


def test_a_queued_job_is_cancelled_at_once(server: Server, faults: FaultFolder) -> None:
    faults.close_gate()
    running = [taken(server, "book.pdf", document(12 + number, 2)) for number in range(2)]
    assert eventually(lambda: all(job(server, each)["status"] == "running" for each in running))
    waiting = taken(server, "book.pdf", document(14, 2))
    cancelled = delete(server, waiting)
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    faults.open_gate()
    assert [finished(server, each)["status"] for each in running] == ["succeeded"] * 2
    assert not any(page[0] == 14 for page in faults.order_of_service())


def test_twenty_equal_posts_with_one_key_are_one_job(server: Server, faults: FaultFolder) -> None:
    content = document(15, 2)
    with ThreadPoolExecutor(20) as threads:
        answers = list(
            threads.map(lambda _: submit(server, "book.pdf", content, key="order 4711"), range(20))
        )
    assert {answer.status_code for answer in answers} == {202}
    (job_id,) = {answer.json()["id"] for answer in answers}
    finished(server, job_id)
    assert faults.order_of_service().count((15, 1)) == 1
    again = submit(server, "book.pdf", content, key="order 4711")
    assert (again.json()["id"], again.json()["status"]) == (job_id, "succeeded")
    files = {each.name for each in (server.log_file.parent / "data" / "jobs").iterdir()}
    known = {each["id"] for each in ask(server, "", limit="200").json()["jobs"]}
    assert files <= known, "files of documents that were not taken"


@pytest.mark.parametrize("change", ["content", "options", "password"])
def test_a_key_is_for_one_document_with_one_set_of_options(server: Server, change: str) -> None:
    key = f"key of {change}"
    first = submit(server, "page.png", png(PageOrder(16, 1)), key=key)
    assert first.status_code == 202
    content = png(PageOrder(17 if change == "content" else 16, 1))
    fields = {"options": {"heading": "false"}, "password": {"password": "x"}}.get(change, {})
    second = submit(server, "page.png", content, key=key, **fields)
    assert (second.status_code, second.json()["code"]) == (409, "idempotency-conflict")


def test_jobs_are_listed_newest_first_in_pages(server: Server) -> None:
    mine = [taken(server, "page.png", png(PageOrder(18, page))) for page in range(1, 6)]
    for each in mine:
        finished(server, each)
    found: list[str] = []
    cursor = ""
    while len(found) < 5:
        answer = ask(server, "", limit="2", cursor=cursor, status="succeeded").json()
        found += [each["id"] for each in answer["jobs"]]
        assert len(answer["jobs"]) <= 2
        cursor = answer["next_cursor"]
    assert found[:5] == mine[::-1]
    assert ask(server, "", status="queued").json() == {"jobs": [], "next_cursor": None}


def test_purging_leaves_a_tombstone(server: Server) -> None:
    job_id = taken(server, "page.png", png(PageOrder(19, 1)))
    finished(server, job_id)
    folder = server.log_file.parent / "data" / "jobs" / job_id
    assert folder.is_dir()
    purged = delete(server, job_id, purge="true")
    assert (purged.status_code, purged.json()["purged"]) == (200, True)
    assert not folder.exists()
    assert job(server, job_id)["status"] == "succeeded"
    for path in ("result", "events", "pages/1"):
        gone = ask(server, f"{job_id}/{path}")
        assert (gone.status_code, gone.json()["code"]) == (410, "job-gone")


@pytest.mark.parametrize("job_id", ["job_nothing", "job_" + "0" * 25, "..", "%2e%2e%2fjobs.db"])
@pytest.mark.parametrize("path", ["", "/result", "/events", "/pages/1"])
def test_what_is_not_there_is_404(server: Server, job_id: str, path: str) -> None:
    assert ask(server, job_id + path).status_code == 404
    assert path or delete(server, job_id).status_code in (404, 405)


@pytest.mark.parametrize(
    ("path", "parameters"),
    [("", {"cursor": "nonsense"}), ("", {"status": "done"}), ("", {"limit": "0"})],
)
def test_wrong_questions_are_422(server: Server, path: str, parameters: dict[str, str]) -> None:
    assert ask(server, path, **parameters).status_code == 422


def test_what_is_wrong_with_the_request_is_told_at_once(server: Server) -> None:
    assert submit(server, "a.pdf", b"x" * 200_001).status_code == 413
    wrong = submit(server, "a.pdf", document(20, 1), pages="x")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "option-invalid")
    for name, content in (("a.docx", b"PK"), ("noext", document(20, 1)), ("a.pdf", b"")):
        assert submit(server, name, content).status_code == 400
    unknown = submit(server, "a.pdf", document(20, 1), colour="red")
    assert unknown.status_code == 422
    incoming = server.log_file.parent / "data" / "incoming"
    assert not list(incoming.rglob("upload*"))


def test_a_full_queue_a_full_disk_and_the_end_of_retention(tmp_path: Path) -> None:
    faults = FaultFolder(tmp_path / "faults")
    faults.close_gate()
    limits = {
        "MAX_QUEUED_JOBS": "2",
        "MAX_RUNNING_JOBS": "1",
        "JOB_RETENTION_HOURS": "0.0003",  # about a second
    }
    with running_server(tmp_path, FAULT_ENGINE, **faults.environment(**limits)) as server:
        running = taken(server, "page.png", png(PageOrder(1, 1)))
        assert eventually(lambda: job(server, running)["status"] == "running")
        waiting = [taken(server, "page.png", png(PageOrder(2, page))) for page in (1, 2)]
        refused = submit(server, "page.png", png(PageOrder(3, 1)))
        assert (refused.status_code, refused.json()["code"]) == (503, "service-busy")
        assert int(refused.headers["Retry-After"]) > 0
        faults.open_gate()
        for each in (running, *waiting):
            assert finished(server, each)["status"] == "succeeded"
        assert eventually(lambda: job(server, running)["purged"], 40)
        assert ask(server, f"{running}/result").status_code == 410
        assert not (tmp_path / "data" / "jobs" / running).exists()
    with running_server(tmp_path, FAULT_ENGINE, MIN_FREE_DISK_MB="1000000000") as server:
        full = submit(server, "page.png", png(PageOrder(4, 1)))
        assert (full.status_code, full.json()["code"]) == (507, "storage-full")
