"""Whoever goes away takes waiting pages and files along, at once."""

import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.fault_documents import FAULT_ENGINE, FaultFolder, png, read_pages, tiff
from tests.support.fault_engine import PageOrder, marker
from tests.support.server import Server, running_server
from tests.support.waiting import eventually


@pytest.fixture
def faults(tmp_path: Path) -> FaultFolder:
    return FaultFolder(tmp_path / "faults")


def long_document(number: int) -> bytes:
    return tiff([PageOrder(number, page) for page in range(1, 41)])


def page_images(server: Server) -> list[Path]:
    return [path for path in server.temporary_files() if path.suffix == ".bmp"]


def test_a_client_that_goes_away_takes_its_waiting_pages_out_at_once(
    tmp_path: Path, faults: FaultFolder
) -> None:
    settings = faults.environment(ENGINE_PROCESSES="1", ENGINE_BATCH_PAGES="4")
    with (
        running_server(tmp_path, FAULT_ENGINE, **settings) as server,
        ThreadPoolExecutor(1) as threads,
    ):
        server.extract("first.png", png(PageOrder(0, 1)))
        faults.close_gate()
        stays = threads.submit(server.extract, "a.png", png(PageOrder(1, 1)))
        assert eventually(lambda: server.queue()["pages_running"] == 1)
        leaving = server.send("b.tiff", long_document(2))
        assert eventually(lambda: server.queue()["pages_waiting"] == 5)
        assert len(page_images(server)) == 6
        leaving.close()
        # The gate is still closed: nothing of it was read, and nothing of it is left.
        assert eventually(lambda: server.queue()["pages_waiting"] == 0)
        assert eventually(lambda: len(page_images(server)) == 1)
        assert eventually(lambda: server.queue()["running"] == 1)
        faults.open_gate()
        assert read_pages(stays.result().json()) == {1: marker(1, 1)}
        assert faults.order_of_service() == [(0, 1), (1, 1)]
        assert eventually(lambda: server.temporary_files() == [])


def test_a_page_in_hand_keeps_its_file_and_its_company_when_its_client_goes_away(
    tmp_path: Path, faults: FaultFolder
) -> None:
    settings = faults.environment(
        ENGINE_PROCESSES="1", ENGINE_BATCH_PAGES="2", FAULT_PAGE_SECONDS="0.5"
    )
    with (
        running_server(tmp_path, FAULT_ENGINE, **settings) as server,
        ThreadPoolExecutor(2) as threads,
    ):
        server.extract("first.png", png(PageOrder(0, 1)))
        faults.close_gate()
        threads.submit(server.extract, "a.png", png(PageOrder(1, 1)))
        assert eventually(lambda: server.queue()["pages_running"] == 1)
        leaving = server.send("b.png", png(PageOrder(2, 1)))
        assert eventually(lambda: server.queue()["pages_waiting"] == 1)
        stays = threads.submit(server.extract, "c.png", png(PageOrder(3, 1)))
        assert eventually(lambda: server.queue()["pages_waiting"] == 2)
        faults.open_gate()
        time.sleep(0.2)  # the call in hand is through, and not done yet
        faults.close_gate()
        assert eventually(lambda: faults.calls()[-1].pages == ((2, 1), (3, 1)))
        leaving.close()
        assert eventually(lambda: server.queue()["running"] == 1)
        assert len(page_images(server)) == 2
        faults.open_gate()
        assert read_pages(stays.result().json()) == {1: marker(3, 1)}
        assert faults.order_of_service().count((3, 1)) == 1
        assert eventually(lambda: server.temporary_files() == [])


def test_the_deadline_takes_waiting_pages_out_at_once(tmp_path: Path, faults: FaultFolder) -> None:
    settings = faults.environment(ENGINE_PROCESSES="1", REQUEST_TIMEOUT_SECONDS="1.5")
    with running_server(tmp_path, FAULT_ENGINE, **settings) as server:
        server.extract("first.png", png(PageOrder(0, 1)))
        faults.close_gate()
        assert server.extract("a.tiff", long_document(1)).status_code == 504
        assert server.queue()["pages_waiting"] == 0
        assert eventually(lambda: len(page_images(server)) == 1)  # in hand
        faults.open_gate()
        assert eventually(lambda: server.temporary_files() == [])
        assert server.extract("b.png", png(PageOrder(2, 1))).status_code == 200
        assert faults.order_of_service() == [(0, 1), (1, 1), (2, 1)]


def test_sigterm_answers_503_to_what_does_not_finish_in_time(
    tmp_path: Path, faults: FaultFolder
) -> None:
    settings = faults.environment(
        ENGINE_PROCESSES="1", FAULT_PAGE_SECONDS="0.1", SHUTDOWN_GRACE_SECONDS="2"
    )
    with (
        running_server(tmp_path, FAULT_ENGINE, **settings) as server,
        ThreadPoolExecutor(3) as threads,
    ):
        server.extract("first.png", png(PageOrder(0, 1)))
        long = threads.submit(server.extract, "a.tiff", long_document(1))
        image = threads.submit(server.extract, "b.png", png(PageOrder(2, 1)))
        assert eventually(lambda: server.queue()["pages_waiting"] >= 1)
        descendants = server.descendants()
        server.process.send_signal(signal.SIGTERM)
        assert image.result().status_code == 200
        assert long.result().status_code == 503
        assert long.result().json()["code"] == "service-stopping"
        assert server.process.wait(10) == 0
    assert not any(process.is_running() for process in descendants)
    assert list(server.tmp_dir.iterdir()) == []


def test_sigterm_answers_503_to_an_upload_that_does_not_end(
    tmp_path: Path, faults: FaultFolder
) -> None:
    settings = faults.environment(SHUTDOWN_GRACE_SECONDS="1")
    with running_server(tmp_path, FAULT_ENGINE, **settings) as server:
        upload = server.send("a.tiff", long_document(1), only=2000)
        assert eventually(lambda: server.queue()["waiting"] == 1)
        server.process.send_signal(signal.SIGTERM)
        with upload:
            upload.settimeout(20)
            assert b" 503 " in upload.recv(1000).splitlines()[0]
        assert server.process.wait(10) == 0
        assert "Traceback" not in server.log()
    assert list(server.tmp_dir.iterdir()) == []
