"""The host with engines that do not load, die or get lost."""

import asyncio

import psutil
import pytest

from paddleocr_vl_service.models.document import PageResult
from paddleocr_vl_service.models.errors import EngineOutOfMemory, EngineUnavailable
from paddleocr_vl_service.services.engine_host.circuit import Circuit
from tests.services.engine_host.house import (
    TWO,
    House,
    children,
    process_of,
    sooner_or_later,
    text_of,
)
from tests.support.fault_engine import Behaviour, PageOrder, marker


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


async def test_a_page_that_did_not_fit_is_read_frugally_by_a_fresh_process(house: House) -> None:
    host = house.host()
    reading = await house.read(host, 1, 1, Behaviour.TOO_LARGE)
    assert text_of(reading) == marker(1, 1)
    first, second = house.faults.calls()
    assert (first.frugal, second.frugal) == (False, True)
    assert first.pid != second.pid
    assert not psutil.pid_exists(first.pid)
    assert text_of(await house.read(host, 2, 1)) == marker(2, 1)
    assert house.faults.calls()[-1].frugal is False


async def test_a_page_that_never_fits_fails_alone_and_says_why(house: House) -> None:
    host = house.host(batch_pages=3)
    orders = [
        PageOrder(1, 1),
        PageOrder(1, 2, Behaviour.TOO_LARGE_EVEN_FRUGALLY),
        PageOrder(1, 3),
    ]
    one, large, three = await house.read_in_one_call(host, *orders)
    assert text_of(await one) == marker(1, 1)
    assert text_of(await three) == marker(1, 3)
    with pytest.raises(EngineOutOfMemory, match=r"no memory left for page 2, even with smaller"):
        await large
    assert await sooner_or_later(lambda: house.files() == [])
