"""An engine that misbehaves never reaches a client, and costs no page but its own."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support.fault_documents import FAULT_ENGINE, FaultFolder, png, read_pages, tiff
from tests.support.fault_engine import Behaviour, PageOrder, marker
from tests.support.server import Server, running_server
from tests.support.waiting import eventually


def health(server: Server) -> tuple[int, dict[str, Any]]:
    with server.client() as client:
        response = client.get("/health")
        return response.status_code, response.json()


@pytest.fixture(scope="module")
def faults(tmp_path_factory: pytest.TempPathFactory) -> FaultFolder:
    return FaultFolder(tmp_path_factory.mktemp("faults"))


@pytest.fixture(scope="module")
def server(faults: FaultFolder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One engine process, one page a call."""
    settings = faults.environment(ENGINE_PROCESSES="1", PAGE_TIMEOUT_SECONDS="1")
    with running_server(tmp_path_factory.mktemp("server"), FAULT_ENGINE, **settings) as server:
        yield server
        assert eventually(lambda: server.temporary_files() == [])


BAD = [
    (Behaviour.CRASH, "page-failed", "The engine crashed on page 2."),
    (Behaviour.EXIT, "page-failed", "The engine crashed on page 2."),
    (Behaviour.KILLED, "page-failed", "The engine crashed on page 2."),
    (Behaviour.RAISE, "page-failed", "The engine failed on page 2."),
    (Behaviour.HANG, "page-timed-out", "Page 2 took longer than 1 seconds."),
    (Behaviour.TOO_MUCH, "page-failed", "The engine failed on page 2."),
    (Behaviour.EXTRA, "page-failed", "The engine answered page 2 with something else."),
    (Behaviour.OUT_OF_TURN, "page-failed", "The engine crashed on page 2."),
]


@pytest.mark.parametrize(("behaviour", "code", "message"), BAD, ids=[each[0].name for each in BAD])
def test_a_page_that_fails_twice_is_an_entry_and_the_others_are_read(
    server: Server, faults: FaultFolder, behaviour: Behaviour, code: str, message: str
) -> None:
    document = 100 + behaviour
    orders = [PageOrder(document, page) for page in (1, 2, 3)]
    orders[1] = PageOrder(document, 2, behaviour)
    answer = server.extract("a.tiff", tiff(orders))
    assert answer.status_code == 200
    assert read_pages(answer.json()) == {1: marker(document, 1), 3: marker(document, 3)}
    assert answer.json()["errors"] == [{"page": 2, "code": code, "message": message}]
    assert faults.order_of_service().count((document, 2)) == 2
    # The next document meets a sound engine: nothing of this one is left in it.
    after = server.extract("b.png", png(PageOrder(document, 9)))
    assert read_pages(after.json()) == {1: marker(document, 9)}


@pytest.mark.parametrize(
    "behaviour", [each for each in Behaviour if each.name.endswith("_ONCE")], ids=lambda b: b.name
)
def test_a_page_whose_first_call_fails_is_read_all_the_same(
    server: Server, behaviour: Behaviour
) -> None:
    orders = [PageOrder(200 + behaviour, 1), PageOrder(200 + behaviour, 2, behaviour)]
    answer = server.extract("a.tiff", tiff(orders)).json()
    assert answer["errors"] == []
    assert read_pages(answer) == {page: marker(200 + behaviour, page) for page in (1, 2)}


@pytest.mark.parametrize(
    ("behaviour", "code"), [(Behaviour.CRASH, "no-page-read"), (Behaviour.HANG, "no-page-read")]
)
def test_a_document_without_a_single_page_that_can_be_read_is_500(
    server: Server, behaviour: Behaviour, code: str
) -> None:
    orders = [PageOrder(300, page, behaviour) for page in (1, 2)]
    response = server.extract("a.tiff", tiff(orders))
    assert response.status_code == 500
    assert response.json()["code"] == code
    assert response.json()["request_id"]


def test_a_process_is_replaced_after_each_death_and_health_counts_it(server: Server) -> None:
    assert server.extract("a.png", png(PageOrder(400, 1))).status_code == 200
    before = health(server)[1]["engine"]["processes"][0]
    server.extract("a.png", png(PageOrder(400, 2, Behaviour.KILLED_ONCE)))
    after = health(server)[1]["engine"]["processes"][0]
    assert after["pid"] != before["pid"]
    assert after["restarts"] == before["restarts"] + 1
    assert len(server.children_named("engine-")) == 1


def test_health_tells_what_each_process_is_and_has_done(server: Server) -> None:
    server.extract("a.tiff", tiff([PageOrder(500, page) for page in (1, 2, 3)]))
    before = health(server)[1]["engine"]["processes"][0]
    server.extract("a.tiff", tiff([PageOrder(501, page) for page in (1, 2, 3)]))
    status, body = health(server)
    (process,) = body["engine"]["processes"]
    assert status == 200
    assert process["state"] == "ready"
    assert process["device"] == "cpu"
    assert process["pages"] == before["pages"] + 3
    assert process["age_seconds"] > 0
    real = psutil.Process(process["pid"]).memory_info().rss >> 20
    assert abs(process["rss_mb"] - real) <= 8


def test_engine_processes_are_spawned_and_nicer_than_the_service(server: Server) -> None:
    server.extract("a.png", png(PageOrder(600, 1)))
    (engine,) = server.children_named("engine-")
    assert "paddleocr_vl_service.processes.child" in engine.cmdline()
    assert engine.nice() == psutil.Process(server.process.pid).nice() + 5


def test_a_killed_engine_under_load_costs_no_page(tmp_path: Path) -> None:
    faults = FaultFolder(tmp_path / "faults")
    settings = faults.environment(ENGINE_PROCESSES="2", FAULT_PAGE_SECONDS="0.02")
    with (
        running_server(tmp_path, FAULT_ENGINE, **settings) as server,
        ThreadPoolExecutor(4) as threads,
    ):
        uploads = [
            threads.submit(
                server.extract, "a.tiff", tiff([PageOrder(n, page) for page in range(1, 31)])
            )
            for n in range(4)
        ]
        for count in (10, 40, 70):
            assert eventually(lambda: len(faults.order_of_service()) >= count, 20)  # noqa: B023
            for engine in server.children_named("engine-"):
                engine.kill()
        for n, upload in enumerate(uploads):
            answer = upload.result().json()
            assert answer["errors"] == []
            assert read_pages(answer) == {page: marker(n, page) for page in range(1, 31)}


def test_a_stopped_engine_is_killed_at_its_deadline_and_the_page_read_elsewhere(
    tmp_path: Path,
) -> None:
    faults = FaultFolder(tmp_path / "faults")
    settings = faults.environment(ENGINE_PROCESSES="1", PAGE_TIMEOUT_SECONDS="1")
    with running_server(tmp_path, FAULT_ENGINE, **settings) as server:
        server.extract("a.png", png(PageOrder(1, 1)))
        (engine,) = server.children_named("engine-")
        engine.send_signal(signal.SIGSTOP)
        assert read_pages(server.extract("b.png", png(PageOrder(2, 1))).json())[1] == marker(2, 1)
        assert not engine.is_running()


def test_an_engine_killed_while_idle_is_replaced_before_anybody_asks(tmp_path: Path) -> None:
    faults = FaultFolder(tmp_path / "faults")
    with running_server(tmp_path, FAULT_ENGINE, **faults.environment()) as server:
        server.extract("a.png", png(PageOrder(1, 1)))
        server.children_named("engine-")[0].kill()
        assert eventually(lambda: len(faults.starts()) == 2)
        assert eventually(lambda: health(server)[1]["pipeline_ready"])
        server.extract("b.png", png(PageOrder(2, 1)))
        assert faults.order_of_service() == [(1, 1), (2, 1)]


@pytest.mark.parametrize("how", ["raise", "die", "hang"])
def test_an_engine_that_cannot_start_opens_the_circuit_until_it_can(
    tmp_path: Path, how: Any
) -> None:
    faults = FaultFolder(tmp_path / "faults")
    faults.refuse(how)
    settings = faults.environment(ENGINE_PROCESSES="1", ENGINE_START_TIMEOUT_SECONDS="1")
    with running_server(tmp_path, FAULT_ENGINE, **settings) as server:
        response = server.extract("a.png", png(PageOrder(1, 1)))
        assert response.status_code == 503
        assert response.json()["code"] == "engine-unavailable"
        assert "could not be loaded" in response.json()["detail"]
        assert int(response.headers["retry-after"]) >= 1
        tries = len(faults.starts())
        assert tries == 3
        status, body = health(server)
        assert (status, body["status"]) == (503, "unhealthy")
        assert body["reason"] == response.json()["detail"]
        assert body["engine"]["processes"][0]["state"] == "failed"
        # It is tried again with nobody asking, and is there again without a restart.
        assert eventually(lambda: len(faults.starts()) > tries, 30)
        faults.allow()
        assert eventually(lambda: health(server)[0] == 200, 20)
        assert server.extract("b.png", png(PageOrder(1, 2))).status_code == 200


def test_documents_under_way_hear_that_the_engine_is_gone_for_good(tmp_path: Path) -> None:
    faults = FaultFolder(tmp_path / "faults")
    settings = faults.environment(ENGINE_PROCESSES="1")
    with (
        running_server(tmp_path, FAULT_ENGINE, **settings) as server,
        ThreadPoolExecutor(2) as threads,
    ):
        server.extract("a.png", png(PageOrder(1, 1)))
        faults.close_gate()
        uploads = [
            threads.submit(server.extract, "a.tiff", tiff([PageOrder(n, p) for p in range(1, 11)]))
            for n in (2, 3)
        ]
        assert eventually(lambda: server.queue()["pages_running"] == 1)
        faults.refuse()
        server.children_named("engine-")[0].kill()
        assert {upload.result().status_code for upload in uploads} == {503}
        assert eventually(lambda: server.temporary_files() == [])
        assert server.queue()["pages_waiting"] == 0


def test_no_descendant_outlives_a_killed_service_even_when_its_engine_hangs(tmp_path: Path) -> None:
    faults = FaultFolder(tmp_path / "faults")
    settings = faults.environment(ENGINE_PROCESSES="2")
    with ThreadPoolExecutor(4) as threads:
        with running_server(tmp_path, FAULT_ENGINE, **settings) as server:
            uploads = [
                threads.submit(server.extract, "a.png", png(PageOrder(n, 1, Behaviour.HANG)))
                for n in range(4)
            ]
            assert eventually(lambda: server.queue()["pages_running"] == 2)
            descendants = server.descendants()
            assert len(descendants) >= 3
            os.kill(server.process.pid, signal.SIGKILL)
            server.process.wait()
            assert eventually(lambda: not any(map(psutil.Process.is_running, descendants)), 30)
        assert all(upload.exception() for upload in uploads)
