"""The host with engines in processes of their own, which do what is drawn in the pages."""

import asyncio
import os
import threading
from pathlib import Path

import pytest

from paddleocr_vl_service.models.document import PageResult, ParseOptions
from paddleocr_vl_service.models.errors import (
    PageFailed,
    ServiceBusy,
    ServiceStopping,
)
from paddleocr_vl_service.services.engine_host.page_task import DocumentTurns
from tests.services.engine_host.house import (
    TWO,
    House,
    children,
    process_of,
    sooner_or_later,
    text_of,
)
from tests.support.fault_engine import Behaviour, PageOrder, marker


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
    Path(image.file).unlink()
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
