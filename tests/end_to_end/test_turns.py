"""Whose page is read next, asserted by the order in which the engine was given the pages."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.support.fault_documents import FAULT_ENGINE, FaultFolder, png, read_pages, tiff
from tests.support.fault_engine import Behaviour, PageOrder, marker
from tests.support.server import Server, running_server
from tests.support.waiting import eventually

LONG = 100


@pytest.fixture
def faults(tmp_path: Path) -> FaultFolder:
    return FaultFolder(tmp_path / "faults")


def long_document(number: int, pages: int = LONG) -> bytes:
    return tiff([PageOrder(number, page) for page in range(1, pages + 1)])


def loaded(server: Server) -> None:
    """Have the engine loaded, so that nobody's first page waits for that."""
    assert server.extract("first.png", png(PageOrder(0, 1))).status_code == 200


def test_an_image_beside_three_long_documents_is_read_within_three_pages(
    tmp_path: Path, faults: FaultFolder
) -> None:
    settings = faults.environment(ENGINE_PROCESSES="1", FAULT_PAGE_SECONDS="0.03")
    with (
        running_server(tmp_path, FAULT_ENGINE, **settings) as server,
        ThreadPoolExecutor(4) as threads,
    ):
        loaded(server)
        longs = [threads.submit(server.extract, "a.tiff", long_document(n)) for n in (1, 2, 3)]
        assert eventually(lambda: server.queue()["running"] == 3)
        for number in range(10, 15):
            faults.close_gate()  # one page is in hand, and stays there until the image waits
            assert eventually(lambda: server.queue()["pages_waiting"] >= 5)
            in_hand = len(faults.order_of_service())
            waiting = server.queue()["pages_waiting"]
            image = threads.submit(server.extract, "b.png", png(PageOrder(number, 1)))
            assert eventually(lambda: server.queue()["pages_waiting"] > waiting)  # noqa: B023
            faults.open_gate()
            assert image.result().status_code == 200
            assert faults.order_of_service().index((number, 1)) - in_hand <= 2
        assert [long.result().status_code for long in longs] == [200] * 3


def test_long_documents_take_turns_page_by_page(tmp_path: Path, faults: FaultFolder) -> None:
    settings = faults.environment(ENGINE_PROCESSES="1", FAULT_PAGE_SECONDS="0.03")
    with (
        running_server(tmp_path, FAULT_ENGINE, **settings) as server,
        ThreadPoolExecutor(3) as threads,
    ):
        loaded(server)
        faults.close_gate()
        uploads = [threads.submit(server.extract, "a.tiff", long_document(1, 30))]
        assert eventually(lambda: server.queue()["pages_running"] == 1)
        uploads += [threads.submit(server.extract, "a.tiff", long_document(n, 30)) for n in (2, 3)]
        assert eventually(lambda: server.queue()["pages_waiting"] == 5)
        faults.open_gate()
        assert [upload.result().status_code for upload in uploads] == [200] * 3
    documents = [document for document, _ in faults.order_of_service()][2:]
    for start in range(0, 75, 3):
        assert set(documents[start : start + 3]) == {1, 2, 3}, documents


def _calls_of_what_waited(
    tmp_path: Path, faults: FaultFolder, images: Sequence[PageOrder], sources: Sequence[str]
) -> list[tuple[tuple[int, int], ...]]:
    """The calls that carry the images, which all waited while an earlier page was in hand."""
    settings = faults.environment(ENGINE_PROCESSES="1", ENGINE_BATCH_PAGES="4")
    with (
        running_server(tmp_path, FAULT_ENGINE, **settings) as server,
        ThreadPoolExecutor(len(images) + 1) as threads,
    ):
        loaded(server)
        faults.close_gate()
        threads.submit(server.extract, "a.png", png(PageOrder(1, 1)))
        assert eventually(lambda: server.queue()["pages_running"] == 1)
        uploads: list[Future[httpx.Response]] = []
        for order, source in zip(images, sources, strict=True):
            sent = threads.submit(server.extract, "a.png", png(order), text_source=source)
            uploads.append(sent)
            assert eventually(lambda: server.queue()["pages_waiting"] == len(uploads))
        faults.open_gate()
        for order, upload in zip(images, uploads, strict=True):
            if order.behaviour is Behaviour.READ:
                assert read_pages(upload.result().json()) == {1: marker(order.document, order.page)}
            else:
                assert upload.result().status_code == 500
    return [call.pages for call in faults.calls()][2:]


def test_a_call_carries_pages_of_several_documents_up_to_the_limit(
    tmp_path: Path, faults: FaultFolder
) -> None:
    images = [PageOrder(number, 7) for number in range(10, 16)]
    calls = _calls_of_what_waited(tmp_path, faults, images, ["auto"] * 6)
    assert calls == [tuple((n, 7) for n in (10, 11, 12, 13)), ((14, 7), (15, 7))]


def test_a_call_carries_pages_with_equal_options_only(tmp_path: Path, faults: FaultFolder) -> None:
    images = [PageOrder(number, 7) for number in range(10, 14)]
    calls = _calls_of_what_waited(tmp_path, faults, images, ["ocr", "auto", "ocr", "auto"])
    assert calls == [((10, 7), (12, 7)), ((11, 7), (13, 7))]


def test_of_a_call_that_crashed_only_the_page_that_crashes_alone_fails(
    tmp_path: Path, faults: FaultFolder
) -> None:
    images = [PageOrder(number, 7) for number in range(10, 14)]
    images[2] = PageOrder(12, 7, Behaviour.CRASH)
    calls = _calls_of_what_waited(tmp_path, faults, images, ["auto"] * 4)
    assert calls[0] == tuple((n, 7) for n in (10, 11, 12, 13))
    assert sorted(calls[1:]) == [((n, 7),) for n in (10, 11, 12, 12, 13)]


def test_short_documents_have_places_of_their_own(tmp_path: Path, faults: FaultFolder) -> None:
    settings = faults.environment(MAX_CONCURRENT_REQUESTS="1", MAX_QUEUED_REQUESTS="1")
    with (
        running_server(tmp_path, FAULT_ENGINE, **settings) as server,
        ThreadPoolExecutor(3) as threads,
    ):
        loaded(server)
        faults.close_gate()
        longs: list[Future[httpx.Response]] = []
        for waiting in (0, 1):
            longs.append(threads.submit(server.extract, "a.tiff", long_document(len(longs), 10)))
            assert eventually(lambda: server.queue()["waiting"] == waiting)  # noqa: B023
            assert eventually(lambda: server.queue()["running"] == 1)
        refused = server.extract("a.tiff", long_document(3, 6))
        assert (refused.status_code, refused.json()["code"]) == (503, "service-busy")
        assert int(refused.headers["retry-after"]) >= 1
        short = threads.submit(server.extract, "a.tiff", long_document(4, 5))
        assert eventually(lambda: server.queue()["running"] == 2)
        faults.open_gate()
        assert short.result().status_code == 200
        assert [long.result().status_code for long in longs] == [200, 200]


def test_retry_after_tells_what_the_service_has_measured(
    tmp_path: Path, faults: FaultFolder
) -> None:
    settings = faults.environment(
        ENGINE_PROCESSES="1",
        FAULT_PAGE_SECONDS="0.1",
        MAX_CONCURRENT_REQUESTS="1",
        MAX_QUEUED_REQUESTS="0",
    )
    with (
        running_server(tmp_path, FAULT_ENGINE, **settings) as server,
        ThreadPoolExecutor(1) as threads,
    ):
        assert server.extract("a.tiff", long_document(1, 20)).status_code == 200
        long = threads.submit(server.extract, "a.tiff", long_document(2, 40))
        assert eventually(lambda: server.queue()["running"] == 1)
        refused = server.extract("a.tiff", long_document(3, 6))
        assert refused.status_code == 503
        # 40 pages of 0.1 seconds; with the first guess of 5 seconds a page it would be 200.
        assert 3 <= int(refused.headers["retry-after"]) <= 30
        assert long.result().status_code == 200


def test_uploads_are_bounded_together(tmp_path: Path, faults: FaultFolder) -> None:
    settings = faults.environment(MAX_UPLOAD_SIZE="100000", MAX_QUEUED_BYTES="100000")
    with (
        running_server(tmp_path, FAULT_ENGINE, **settings) as server,
        ThreadPoolExecutor(1) as threads,
    ):
        loaded(server)
        faults.close_gate()
        large = png(PageOrder(1, 1)) + bytes(60_000)
        upload = threads.submit(server.extract, "a.png", large)
        assert eventually(lambda: server.queue()["bytes"] == len(large))
        refused = server.extract("b.png", large)
        assert (refused.status_code, refused.json()["code"]) == (503, "service-busy")
        assert "retry-after" in refused.headers
        faults.open_gate()
        assert upload.result().status_code == 200
        assert server.queue()["bytes"] == 0
        assert server.extract("b.png", large).status_code == 200
