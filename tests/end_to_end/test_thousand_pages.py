"""Thirty documents at once, a thousand pages, and an engine that fails in every way it can."""

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from tests.support.fault_documents import FAULT_ENGINE, FaultFolder, pdf, png, read_pages, tiff
from tests.support.fault_engine import Behaviour, PageOrder, marker
from tests.support.server import Server, running_server
from tests.support.waiting import eventually

DOCUMENTS, PAGES = 30, 1000

FAULTS = {
    Behaviour.CRASH: 4,
    Behaviour.EXIT: 3,
    Behaviour.KILLED: 3,
    Behaviour.RAISE: 8,
    Behaviour.HANG: 1,
    Behaviour.TOO_MUCH: 3,
    Behaviour.EXTRA: 3,
    Behaviour.OUT_OF_TURN: 3,
    Behaviour.CRASH_ONCE: 5,
    Behaviour.EXIT_ONCE: 4,
    Behaviour.KILLED_ONCE: 4,
    Behaviour.RAISE_ONCE: 8,
    Behaviour.HANG_ONCE: 1,
}
"""Pages of each kind; all others are read."""

NEVER_READ = {each for each in FAULTS if not each.name.endswith("_ONCE")}


@dataclass(frozen=True)
class Document:
    """A document that is sent, and what must come back."""

    number: int
    orders: tuple[PageOrder, ...]

    def content(self) -> tuple[str, bytes]:
        if len(self.orders) == 1:
            return "a.png", png(self.orders[0])
        if self.number % 3 == 0:
            return "a.pdf", pdf(self.orders)
        return "a.tiff", tiff(self.orders)

    def bad_pages(self) -> list[int]:
        return [order.page for order in self.orders if order.behaviour in NEVER_READ]

    def texts(self) -> dict[int, str]:
        bad = self.bad_pages()
        pages = [order.page for order in self.orders if order.page not in bad]
        return {page: marker(self.number, page) for page in pages}


def random_documents(seed: int) -> list[Document]:
    """Of one page to some hundred, with the faults anywhere."""
    rng = random.Random(seed)
    behaviours = [fault for fault, count in FAULTS.items() for _ in range(count)]
    behaviours += [Behaviour.READ] * (PAGES - len(behaviours))
    rng.shuffle(behaviours)
    cuts = [*range(1, 6), *sorted(rng.sample(range(8, PAGES), DOCUMENTS - 6))]
    bounds = list(zip([0, *cuts], [*cuts, PAGES], strict=True))
    return [
        Document(
            number,
            tuple(
                PageOrder(number, page, behaviour)
                for page, behaviour in enumerate(behaviours[first:last], start=1)
            ),
        )
        for number, (first, last) in enumerate(bounds)
    ]


def check(document: Document, response: httpx.Response) -> None:
    if not document.texts():
        assert (response.status_code, response.json()["code"]) == (500, "no-page-read")
        return
    assert response.status_code == 200, response.text
    answer = response.json()
    assert [error["page"] for error in answer["errors"]] == document.bad_pages(), answer["errors"]
    assert read_pages(answer) == document.texts()


@dataclass(frozen=True)
class Footprint:
    """What the API process holds."""

    threads: int
    descriptors: int
    children: int
    mebibytes: int

    @classmethod
    def of(cls, server: Server) -> "Footprint":
        api = psutil.Process(server.process.pid)
        size = api.memory_info().rss >> 20
        return cls(api.num_threads(), api.num_fds(), len(api.children(recursive=True)), size)

    def no_more_than(self, other: "Footprint") -> bool:
        return (
            self.threads <= other.threads + 4  # a bounded pool, perhaps not full before
            and self.descriptors <= other.descriptors + 12  # connections of a pool, likewise
            and self.children <= other.children
            and self.mebibytes <= other.mebibytes + 32
        )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_page_is_lost_or_mixed_up_and_nothing_is_left(tmp_path: Path, seed: int) -> None:
    faults = FaultFolder(tmp_path / "faults")
    settings = faults.environment(
        ENGINE_PROCESSES="2",
        ENGINE_BATCH_PAGES="2",
        ENGINE_MAX_PAGES="100",
        PAGE_TIMEOUT_SECONDS="3",
        MAX_CONCURRENT_REQUESTS="20",
    )
    with (
        running_server(tmp_path, FAULT_ENGINE, **settings) as server,
        ThreadPoolExecutor(DOCUMENTS) as threads,
    ):
        quiet = [("a.tiff", tiff([PageOrder(n, 1), PageOrder(n, 2)])) for n in range(DOCUMENTS)]
        for answer in [threads.submit(server.extract, *document) for document in quiet]:
            assert answer.result().status_code == 200
        server.wait_for_jobs()
        before = Footprint.of(server)

        documents = random_documents(seed)
        assert sum(len(document.orders) for document in documents) == PAGES
        contents = [document.content() for document in documents]
        answers = [threads.submit(server.extract, *content) for content in contents]
        for document, answer in zip(documents, answers, strict=True):
            check(document, answer.result())

        assert eventually(lambda: server.temporary_files() == [])
        assert eventually(lambda: Footprint.of(server).no_more_than(before), 10), (
            before,
            Footprint.of(server),
        )
        queue = server.queue()
        assert [queue[key] for key in ("running", "waiting", "bytes")] == [0, 0, 0]
        assert [queue[key] for key in ("pages_running", "pages_waiting")] == [0, 0]
        descendants = server.descendants()
        assert server.stop() == 0
    assert not any(process.is_running() for process in descendants)
    assert list(server.tmp_dir.iterdir()) == []
