"""A ``TMP_DIR`` that is full or read-only: an error while it lasts, and nothing afterwards."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.fault_documents import FAULT_ENGINE, FaultFolder, png, read_pages, tiff
from tests.support.fault_engine import PageOrder, marker
from tests.support.mounts import SmallFileSystem, small_file_system
from tests.support.server import Server, running_server, start_server
from tests.support.waiting import eventually


def health(server: Server) -> tuple[int, str | None]:
    with server.client() as client:
        response = client.get("/health")
        return response.status_code, response.json()["reason"]


def trouble(small: SmallFileSystem, kind: str) -> None:
    small.fill() if kind == "full" else small.make_read_only()


def end_of_trouble(small: SmallFileSystem, kind: str) -> None:
    small.free() if kind == "full" else small.make_writable()


@pytest.mark.parametrize("kind", ["full", "read-only"])
def test_documents_are_refused_while_there_is_no_room_and_read_again_afterwards(
    tmp_path: Path, kind: str
) -> None:
    faults = FaultFolder(tmp_path / "faults")
    with (
        small_file_system(tmp_path / "tmp", 8192) as small,
        running_server(tmp_path, FAULT_ENGINE, **faults.environment()) as server,
    ):
        assert server.extract("a.png", png(PageOrder(1, 1))).status_code == 200
        (engine,) = server.children_named("engine-")
        trouble(small, kind)
        for number in range(3):
            response = server.extract("a.png", png(PageOrder(2, number)))
            assert response.status_code == 503
            assert response.json()["code"] == "storage-unavailable"
            assert "tmp" not in response.text
        assert health(server) == (503, response.json()["detail"])
        end_of_trouble(small, kind)
        assert health(server) == (200, None)
        answer = server.extract("a.png", png(PageOrder(3, 1)))
        assert read_pages(answer.json()) == {1: marker(3, 1)}
        assert engine.is_running()
        assert eventually(lambda: server.temporary_files() == [])


@pytest.mark.parametrize("kind", ["full", "read-only"])
def test_room_that_runs_out_in_the_midst_of_a_document(tmp_path: Path, kind: str) -> None:
    faults = FaultFolder(tmp_path / "faults")
    settings = faults.environment(ENGINE_PROCESSES="1", FAULT_PAGE_SECONDS="0.05")
    with (
        small_file_system(tmp_path / "tmp", 8192) as small,
        running_server(tmp_path, FAULT_ENGINE, **settings) as server,
        ThreadPoolExecutor(1) as threads,
    ):
        orders = [PageOrder(1, page) for page in range(1, 101)]
        upload = threads.submit(server.extract, "a.tiff", tiff(orders))
        assert eventually(lambda: len(faults.order_of_service()) > 5)
        trouble(small, kind)
        while kind == "full" and not upload.done():
            small.fill()  # pages that are done have made room again
        response = upload.result()
        assert response.status_code == 503
        assert response.json()["code"] == "storage-unavailable"
        end_of_trouble(small, kind)
        again = server.extract("b.png", png(PageOrder(2, 1)))
        assert read_pages(again.json()) == {1: marker(2, 1)}
        assert server.queue()["pages_waiting"] == 0
        assert eventually(lambda: server.temporary_files() == [])


def test_a_service_that_cannot_write_there_does_not_start(tmp_path: Path) -> None:
    with small_file_system(tmp_path / "tmp", 512) as small:
        small.make_read_only()
        server = start_server(tmp_path, FAULT_ENGINE)
        assert server.process.wait(20) != 0
        assert "Traceback" not in server.log()
        assert "TMP_DIR" in server.log()
