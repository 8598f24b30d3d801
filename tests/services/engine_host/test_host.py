"""The host with engines in processes of their own, which do what is drawn in the pages."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psutil
import pytest

from paddleocr_vl_service.models.document import PageImage, PageResult, ParseOptions
from paddleocr_vl_service.models.errors import (
    EngineUnavailable,
    PageFailed,
    ServiceBusy,
    ServiceStopping,
)
from paddleocr_vl_service.services.engine_host.circuit import Circuit
from paddleocr_vl_service.services.engine_host.host import EngineHost, EngineHostConfig
from paddleocr_vl_service.services.engine_host.page_task import DocumentTurns
from paddleocr_vl_service.services.engine_host.status import ProcessStatus
from tests.support.fault_documents import FAULT_ENGINE, FaultFolder, page_image
from tests.support.fault_engine import Behaviour, PageOrder, marker
from tests.support.server import REPOSITORY
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


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """In the end no process and no file of its hosts is left."""
    house = House(tmp_path)
    for name, value in house.faults.environment(PYTHONPATH=str(REPOSITORY)).items():
        monkeypatch.setenv(name, value)
    yield house
    house.faults.open_gate()
    for host in house.hosts:
        await host.close()
    assert children() == []
    assert house.files() == []


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not load is tried again at once; what failed three times, after a while."""
    delay = property(lambda circuit: 0.3 if circuit.open else 0.01)
    monkeypatch.setattr(Circuit, "delay", delay)


def children() -> list[int]:
    return [process.pid for process in psutil.Process().children()]


def process_of(host: EngineHost, number: int = 0) -> ProcessStatus:
    return host.status().processes[number]


def text_of(result: PageResult) -> str | None:
    return result.elements[0].text


async def test_nothing_is_started_before_the_first_page_and_then_one_process(house: House) -> None:
    host = house.host(TWO)
    await asyncio.sleep(0.05)
    assert children() == []
    assert [each.state for each in host.status().processes] == ["not-started"] * 2
    assert text_of(await house.read(host, 1, 1)) == marker(1, 1)
    assert text_of(await house.read(host, 1, 2)) == marker(1, 2)
    assert children() == [process_of(host).pid]
    assert [each.state for each in host.status().processes] == ["ready", "not-started"]
    assert (host.status().starts, process_of(host).pages) == (1, 2)
    assert 0 < host.seconds_per_page < 2.5  # two processes could do it in half the time


async def test_as_many_processes_start_as_calls_wait_and_each_caller_gets_its_own_page(
    house: House,
) -> None:
    host = house.host(TWO)
    house.faults.close_gate()
    readings = {
        (document, page): house.read(host, document, page)
        for document in (1, 2)
        for page in (1, 2, 3)
    }
    assert await sooner_or_later(lambda: host.status().pages_running == 2)
    assert host.status().pages_waiting == 4
    assert len(children()) == host.status().starts == 2
    house.faults.open_gate()
    for (document, page), reading in readings.items():
        result = await reading
        assert (text_of(result), result.number) == (marker(document, page), page)
    assert (host.status().pages_waiting, host.status().pages_running) == (0, 0)


async def test_pages_that_fit_into_one_call_start_one_process(house: House) -> None:
    host = house.host(TWO, batch_pages=3)
    readings = [house.read(host, document, 5) for document in (1, 2, 3)]
    texts = [text_of(result) for result in await asyncio.gather(*readings)]
    assert texts == [marker(document, 5) for document in (1, 2, 3)]
    assert [sorted(call.pages) for call in house.faults.calls()] == [[(1, 5), (2, 5), (3, 5)]]
    assert host.status().starts == 1


async def test_pages_of_a_call_that_failed_are_tried_alone_and_in_their_order(
    house: House,
) -> None:
    host = house.host(batch_pages=3)
    behaviours = (Behaviour.READ, Behaviour.CRASH, Behaviour.READ)
    readings = await house.read_in_one_call(
        host, *(PageOrder(1, page, each) for page, each in enumerate(behaviours, 1))
    )
    first, second, third = await asyncio.gather(*readings, return_exceptions=True)
    assert isinstance(second, PageFailed)
    assert [text_of(each) for each in (first, third) if isinstance(each, PageResult)] == [
        marker(1, 1),
        marker(1, 3),
    ]
    calls = [[page for _, page in call.pages] for call in house.faults.calls()]
    assert calls[1:] == [[1, 2, 3], [1], [2], [2], [3]]
    assert process_of(host).restarts == 3


async def test_a_waiting_page_whose_caller_gives_up_is_gone_at_once(house: House) -> None:
    host = house.host()
    house.faults.close_gate()
    read, given_up, last = (house.read(host, 1, page) for page in (1, 2, 3))
    assert await sooner_or_later(lambda: len(house.faults.calls()) == 1)
    assert host.status().pages_waiting == 2
    given_up.cancel()
    await asyncio.wait({given_up})
    assert host.status().pages_waiting == 1
    assert await sooner_or_later(lambda: len(house.files()) == 2)
    house.faults.open_gate()
    await asyncio.gather(read, last)
    assert house.faults.order_of_service() == [(1, 1), (1, 3)]


async def test_a_process_goes_on_with_a_page_whose_caller_gave_up(house: House) -> None:
    host = house.host()
    house.faults.close_gate()
    given_up = house.read(host, 1, 1)
    assert await sooner_or_later(lambda: len(house.faults.calls()) == 1)
    given_up.cancel()
    await asyncio.wait({given_up})
    assert (host.status().pages_running, len(house.files())) == (1, 1)
    house.faults.open_gate()
    assert text_of(await house.read(host, 2, 1)) == marker(2, 1)
    assert await sooner_or_later(lambda: house.files() == [])
    assert (host.status().starts, process_of(host).restarts) == (1, 0)


async def test_a_page_too_many_is_told_that_the_service_is_busy(house: House) -> None:
    host = house.host(capacity=1)
    house.faults.close_gate()
    first = house.read(host, 1, 1)
    assert await sooner_or_later(lambda: len(house.faults.calls()) == 1)
    with pytest.raises(ServiceBusy):
        await house.read(host, 1, 2)
    assert await sooner_or_later(lambda: len(house.files()) == 1)
    house.faults.open_gate()
    await first


async def test_an_image_that_is_gone_is_its_caller_s_trouble_alone(house: House) -> None:
    host = house.host()
    image = house.image(PageOrder(1, 1))
    Path(image.path).unlink()
    with pytest.raises(FileNotFoundError):
        await host.parse_page(image, ParseOptions(), DocumentTurns(1))
    assert host.status().pages_waiting == 0
    assert text_of(await house.read(host, 1, 1)) == marker(1, 1)


async def test_closing_fails_every_page_and_leaves_no_process_and_no_file(house: House) -> None:
    host = house.host(TWO)
    house.faults.close_gate()
    readings = [house.read(host, 1, page) for page in range(1, 6)]
    assert await sooner_or_later(lambda: host.status().pages_running == 2)
    await host.close()
    assert children() == []
    assert house.files() == []
    for reading in readings:
        with pytest.raises(ServiceStopping):
            await asyncio.wait_for(reading, 5)
    with pytest.raises(ServiceStopping):
        await house.read(host, 1, 9)
    assert [each.state for each in host.status().processes] == ["stopped"] * 2
    await host.close()


async def test_closing_does_not_wait_for_an_engine_that_loads(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAULT_LOAD_SECONDS", "60")
    host = house.host()
    reading, warmup = house.read(host, 1, 1), asyncio.create_task(host.warmup())
    assert await sooner_or_later(lambda: len(house.faults.starts()) == 1)
    await asyncio.wait_for(host.close(), 2)
    for task in (reading, warmup):
        with pytest.raises(ServiceStopping):
            await task


async def test_a_page_that_comes_while_the_host_closes_is_not_left_waiting(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    host, replace = house.host(), os.replace
    begun, go = threading.Event(), threading.Event()

    def slow_replace(source: str, target: Path) -> None:
        begun.set()
        go.wait(5)
        replace(source, target)

    monkeypatch.setattr(os, "replace", slow_replace)
    reading = house.read(host, 1, 1)
    await asyncio.to_thread(begun.wait)
    await host.close()
    go.set()
    with pytest.raises(ServiceStopping):
        await asyncio.wait_for(reading, 5)
    assert await sooner_or_later(lambda: house.files() == [])


async def test_warming_up_loads_every_process_and_returns_with_the_first(house: House) -> None:
    host = house.host(TWO)
    capabilities = await asyncio.wait_for(host.warmup(), 10)
    assert capabilities.info.name == "fault"
    assert await sooner_or_later(lambda: process_of(host, 1).state == "ready")
    assert host.status().starts == 2
    assert await host.warmup() == host.capabilities


@pytest.mark.usefixtures("impatient")
async def test_an_engine_that_does_not_load_is_told_and_tried_until_it_does(house: House) -> None:
    house.faults.refuse()
    host = house.host()
    waiting = house.read(host, 1, 1)
    with pytest.raises(EngineUnavailable, match="it failed with RuntimeError") as caught:
        await asyncio.wait_for(host.warmup(), 10)
    assert len(house.faults.starts()) == 3
    assert caught.value.retry_after == 1
    with pytest.raises(EngineUnavailable):
        await waiting
    with pytest.raises(EngineUnavailable):
        await house.read(host, 1, 2)
    assert host.status().failure == caught.value.detail
    assert process_of(host).state == "failed"
    house.faults.allow()
    assert await sooner_or_later(lambda: process_of(host).state == "ready")
    assert (host.status().failure, host.status().ready) == (None, True)
    assert text_of(await house.read(host, 1, 3)) == marker(1, 3)


async def test_a_page_is_read_by_another_device_where_the_first_one_fails(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Circuit, "delay", property(lambda each: 60.0 if each.open else 0.01))
    house.faults.refuse()
    host = house.host(("gpu:0", "gpu:1"))
    reading = house.read(host, 1, 1)
    assert await sooner_or_later(lambda: process_of(host).state == "failed")
    house.faults.allow()
    assert text_of(await asyncio.wait_for(reading, 10)) == marker(1, 1)
    assert [each.state for each in host.status().processes] == ["failed", "ready"]
    assert (host.status().ready, host.status().failure) == (True, None)


async def test_an_engine_that_dies_while_idle_is_replaced_and_no_page_charged(
    house: House,
) -> None:
    host = house.host()
    await house.read(host, 1, 1)
    before = process_of(host)
    assert before.pid is not None
    psutil.Process(before.pid).kill()
    assert await sooner_or_later(lambda: process_of(host).pid not in (None, before.pid))
    assert text_of(await house.read(host, 1, 2, Behaviour.CRASH_ONCE)) == marker(1, 2)
    assert house.faults.order_of_service() == [(1, 1), (1, 2), (1, 2)]
    after = process_of(host)
    assert (after.restarts, after.recycles, host.status().starts) == (2, 0, 3)


async def test_a_host_without_its_only_supervisor_says_so_to_everybody(house: House) -> None:
    host = house.host()
    house.faults.close_gate()
    readings = [house.read(host, 1, page) for page in (1, 2)]
    assert await sooner_or_later(lambda: len(house.faults.calls()) == 1)
    host._tasks[0].cancel()
    outcomes = await asyncio.wait_for(asyncio.gather(*readings, return_exceptions=True), 5)
    assert isinstance(outcomes[1], EngineUnavailable)
    assert not isinstance(outcomes[0], PageResult)
    with pytest.raises(EngineUnavailable, match="has to be restarted"):
        await asyncio.wait_for(house.read(host, 1, 3), 5)
    assert "has to be restarted" in str(host.status().failure)
    assert (host.status().ready, process_of(host).state) == (False, "stopped")
    assert children() == []


async def test_the_other_supervisor_takes_over_and_the_loss_is_still_told(house: House) -> None:
    host = house.host(TWO)
    house.faults.close_gate()
    lost = house.read(host, 1, 1)
    assert await sooner_or_later(lambda: len(house.faults.calls()) == 1)
    kept, waiting = house.read(host, 1, 2), house.read(host, 1, 3)
    assert await sooner_or_later(lambda: len(house.faults.calls()) == 2)
    host._tasks[0].cancel()
    house.faults.open_gate()
    for reading, page in ((kept, 2), (waiting, 3)):
        assert text_of(await asyncio.wait_for(reading, 10)) == marker(1, page)
    assert not isinstance((await asyncio.gather(lost, return_exceptions=True))[0], PageResult)
    assert await sooner_or_later(lambda: host.status().failure is not None)
    assert "has to be restarted" in str(host.status().failure)
    assert host.status().ready


async def test_a_page_that_waits_for_a_lost_process_is_given_to_a_new_one(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAULT_LOAD_SECONDS", "60")
    host = house.host(TWO)
    reading = house.read(host, 1, 1)
    assert await sooner_or_later(lambda: len(house.faults.starts()) == 1)
    monkeypatch.setenv("FAULT_LOAD_SECONDS", "0")
    host._tasks[0].cancel()
    assert text_of(await asyncio.wait_for(reading, 5)) == marker(1, 1)


@pytest.mark.usefixtures("impatient")
async def test_a_lost_process_is_no_hope_where_the_other_one_does_not_load(house: House) -> None:
    host = house.host(("gpu:0", "gpu:1"))
    await house.read(host, 1, 1)
    host._tasks[0].cancel()
    assert await sooner_or_later(lambda: children() == [])
    house.faults.refuse()
    with pytest.raises(EngineUnavailable):
        await asyncio.wait_for(house.read(host, 1, 2), 5)


@pytest.mark.usefixtures("impatient")
async def test_a_process_that_restarts_is_waited_for_though_another_one_never_loads(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAULT_LOAD_SECONDS", "0.5")
    host = house.host(TWO)
    await house.read(host, 1, 1)
    house.faults.refuse()
    await asyncio.gather(host.warmup())
    assert await sooner_or_later(lambda: process_of(host, 1).state == "failed")
    house.faults.allow()
    monkeypatch.setattr(Circuit, "delay", property(lambda each: 60.0 if each.open else 0.01))
    crashed = house.read(host, 1, 2, Behaviour.CRASH_ONCE)
    assert await sooner_or_later(lambda: process_of(host).state == "loading")
    assert host.status().failure is None
    assert text_of(await house.read(host, 1, 3)) == marker(1, 3)
    assert text_of(await crashed) == marker(1, 2)


@pytest.mark.usefixtures("impatient")
async def test_an_engine_that_ends_as_soon_as_it_is_loaded_has_not_loaded(house: House) -> None:
    host = house.host()
    for _ in range(3):
        await host.warmup()
        assert await sooner_or_later(lambda: process_of(host).state == "ready")
        pid = process_of(host).pid
        assert pid is not None
        psutil.Process(pid).kill()
        assert await sooner_or_later(lambda: process_of(host).pid != pid)  # noqa: B023
    assert host.status().starts >= 3
    assert process_of(host).restarts == 3
    assert await sooner_or_later(lambda: process_of(host).state == "ready")
    assert text_of(await house.read(host, 1, 1)) == marker(1, 1)


async def test_a_second_closing_waits_for_the_first(house: House) -> None:
    host = house.host()
    await house.read(host, 1, 1)
    pid = process_of(host).pid
    assert pid is not None
    psutil.Process(pid).suspend()  # it does not leave by itself
    first = asyncio.create_task(host.close())
    await asyncio.sleep(0.1)
    await host.close()
    assert first.done()
    assert children() == []
