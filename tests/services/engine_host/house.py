"""A place for hosts under test."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import psutil

from paddleocr_vl_service.models.document import PageImage, PageResult, ParseOptions
from paddleocr_vl_service.services.engine_host.host import EngineHost, EngineHostConfig
from paddleocr_vl_service.services.engine_host.page_task import DocumentTurns
from paddleocr_vl_service.services.engine_host.status import ProcessStatus
from tests.support.fault_documents import FAULT_ENGINE, FaultFolder, page_image
from tests.support.fault_engine import Behaviour, PageOrder
from tests.support.waiting import eventually

TWO = ("cpu", "cpu")
Reading = asyncio.Task[PageResult]


async def sooner_or_later(condition: Callable[[], bool]) -> bool:
    return await asyncio.to_thread(eventually, condition, 8.0)


class House:
    """Hosts with a folder each, and documents for them."""

    def __init__(self, folder: Path) -> None:
        self.faults = FaultFolder(folder / "faults")
        self.pages = folder / "pages"
        self.pages.mkdir()
        self.hosts: list[EngineHost] = []
        self._documents = folder / "documents"
        self._documents.mkdir()
        self._turns: dict[int, DocumentTurns] = {}

    def host(
        self, devices: tuple[str, ...] = ("cpu",), *, batch_pages: int = 1, capacity: int = 100
    ) -> EngineHost:
        """A host that is open; it is closed with the house."""
        config = EngineHostConfig(
            "fault", FAULT_ENGINE, devices=devices, batch_pages=batch_pages, capacity=capacity
        )
        host = EngineHost(config)
        host.open(self.pages)
        self.hosts.append(host)
        return host

    def image(self, order: PageOrder) -> PageImage:
        path = self._documents / f"{order.document}-{order.page}.bmp"
        picture = page_image(order)
        picture.save(path)
        return PageImage(order.page, str(path), *picture.size)

    def read(
        self, host: EngineHost, document: int, page: int, behaviour: Behaviour = Behaviour.READ
    ) -> Reading:
        turns = self._turns.setdefault(document, DocumentTurns(10))
        image = self.image(PageOrder(document, page, behaviour))
        return asyncio.create_task(host.parse_page(image, ParseOptions(), turns))

    async def read_in_one_call(self, host: EngineHost, *orders: PageOrder) -> list[Reading]:
        """Have pages wait until all of them are there, in this order."""
        self.faults.close_gate()
        host_is_busy = self.read(host, 0, 0)
        assert await sooner_or_later(lambda: len(self.faults.calls()) == 1)
        readings = []
        for order in orders:
            readings.append(self.read(host, order.document, order.page, order.behaviour))
            assert await sooner_or_later(lambda: host.status().pages_waiting == len(readings))
        self.faults.open_gate()
        await host_is_busy
        return readings

    def files(self) -> list[Path]:
        return list(self.pages.iterdir())


def children() -> list[int]:
    return [process.pid for process in psutil.Process().children()]


def process_of(host: EngineHost, number: int = 0) -> ProcessStatus:
    return host.status().processes[number]


def text_of(result: PageResult) -> str | None:
    return result.elements[0].text
