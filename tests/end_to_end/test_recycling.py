"""Engine processes are replaced before they have grown too large, and nobody notices."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from tests.support.fault_documents import FAULT_ENGINE, FaultFolder, png, read_pages, tiff
from tests.support.fault_engine import PageOrder, marker
from tests.support.server import Server, running_server
from tests.support.waiting import eventually


@pytest.fixture
def faults(tmp_path: Path) -> FaultFolder:
    return FaultFolder(tmp_path / "faults")


def recycles(server: Server) -> int:
    with server.client() as client:
        processes = client.get("/health").json()["engine"]["processes"]
    return sum(process["recycles"] for process in processes)


def read_whole(server: Server, document: int, pages: int) -> None:
    orders = [PageOrder(document, page) for page in range(1, pages + 1)]
    answer = server.extract("a.tiff", tiff(orders)).json()
    assert answer["errors"] == []
    assert read_pages(answer) == {page: marker(document, page) for page in range(1, pages + 1)}


def test_a_successor_loads_while_the_old_process_works_on(
    tmp_path: Path, faults: FaultFolder
) -> None:
    settings = faults.environment(
        ENGINE_PROCESSES="1",
        ENGINE_MAX_PAGES="10",
        FAULT_LOAD_SECONDS="1",
        FAULT_PAGE_SECONDS="0.05",
    )
    with running_server(tmp_path, FAULT_ENGINE, **settings) as server:
        server.extract("a.png", png(PageOrder(0, 1)))
        read_whole(server, 1, 60)
        assert recycles(server) >= 1
        assert eventually(lambda: len(server.children_named("engine-")) <= 2)
        calls = [call.pid for call in faults.calls()]
        first, second = faults.starts()[:2]
        # It went on while its successor loaded for a second, in which twenty pages fit.
        assert calls.count(first) >= 15
        assert calls == sorted(calls, key=faults.starts().index)
        assert second in calls


def test_a_process_that_leaks_is_replaced_when_it_holds_too_much(
    tmp_path: Path, faults: FaultFolder
) -> None:
    settings = faults.environment(
        ENGINE_PROCESSES="1", ENGINE_MAX_RSS_MB="150", FAULT_LEAK_MB="20", FAULT_PAGE_SECONDS="0.05"
    )
    with running_server(tmp_path, FAULT_ENGINE, **settings) as server:
        with ThreadPoolExecutor(1) as threads:
            reading = threads.submit(read_whole, server, 1, 60)
            most = 0
            while not reading.done():
                sizes = [_resident(engine) for engine in server.children_named("engine-")]
                most = max([most, *sizes])
                time.sleep(0.02)
            reading.result()
        assert recycles(server) >= 3
        assert most < 700  # and 60 pages leak 1200


def test_a_successor_that_does_not_load_leaves_the_old_process_at_work(
    tmp_path: Path, faults: FaultFolder
) -> None:
    settings = faults.environment(
        ENGINE_PROCESSES="1", ENGINE_MAX_PAGES="5", FAULT_PAGE_SECONDS="0.02"
    )
    with running_server(tmp_path, FAULT_ENGINE, **settings) as server:
        server.extract("a.png", png(PageOrder(0, 1)))
        (first,) = faults.starts()
        faults.refuse()
        read_whole(server, 1, 60)
        assert {call.pid for call in faults.calls()} == {first}
        assert len(faults.starts()) > 1
        assert recycles(server) == 0
        faults.allow()
        for document in range(2, 8):
            read_whole(server, document, 20)
        assert recycles(server) >= 1
        assert first not in [process.pid for process in server.children_named("engine-")]


def test_processes_are_replaced_one_after_the_other(tmp_path: Path, faults: FaultFolder) -> None:
    settings = faults.environment(
        ENGINE_PROCESSES="2",
        ENGINE_MAX_PAGES="5",
        FAULT_LOAD_SECONDS="0.3",
        FAULT_PAGE_SECONDS="0.02",
        MAX_CONCURRENT_REQUESTS="4",
    )
    with (
        running_server(tmp_path, FAULT_ENGINE, **settings) as server,
        ThreadPoolExecutor(4) as threads,
    ):
        reading = [threads.submit(read_whole, server, number, 40) for number in range(4)]
        most = 0
        while not all(each.done() for each in reading):
            most = max(most, len(server.children_named("engine-")))
            time.sleep(0.01)
        for each in reading:
            each.result()
        assert recycles(server) >= 2
        # Two at work, one that loads and one that is leaving.
        assert most <= 4
        assert "Traceback" not in json.dumps(server.log_lines())


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss >> 20)
    except psutil.NoSuchProcess:
        return 0
