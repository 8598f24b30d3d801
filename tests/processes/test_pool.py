import asyncio
from collections.abc import AsyncIterator

import psutil
import pytest

from paddleocr_vl_service.processes.errors import PoolClosed, WorkerDied, WorkerTimedOut
from paddleocr_vl_service.processes.pool import WorkerPool
from paddleocr_vl_service.processes.worker import WorkerSpec

SPEC = WorkerSpec("test", "tests.support.handlers:Obedient")


@pytest.fixture
async def pool() -> AsyncIterator[WorkerPool]:
    pool = WorkerPool(SPEC, 2)
    yield pool
    await pool.close()
    assert psutil.Process().children() == []


async def test_starts_nothing_before_it_is_needed_and_then_reuses_it(pool: WorkerPool) -> None:
    assert psutil.Process().children() == []
    pids = {(await pool.call("facts", None, timeout=5))["pid"] for _ in range(3)}
    assert len(pids) == 1
    assert [worker.pid for worker in pool.workers] == list(pids)
    assert pool.starts == 1


async def test_is_bounded(pool: WorkerPool) -> None:
    calls = (pool.call("sleep", 0.05, timeout=5) for _ in range(8))
    assert len(set(await asyncio.gather(*calls))) == 2
    assert pool.starts == 2


async def test_serves_first_come_first_served() -> None:
    pool, order = WorkerPool(SPEC, 1), list[int]()

    async def call(number: int) -> None:
        await pool.call("echo", number, timeout=5)
        order.append(number)

    await asyncio.gather(*(call(number) for number in range(10)))
    await pool.close()
    assert order == list(range(10))


@pytest.mark.parametrize(("method", "error"), [("die", WorkerDied), ("sleep", WorkerTimedOut)])
async def test_replaces_a_child_that_is_gone(
    pool: WorkerPool, method: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await pool.call(method, 60, timeout=0.3)
    assert await pool.call("echo", 1, timeout=5) == 1
    assert len(psutil.Process().children()) == 1


async def test_replaces_a_child_that_died_while_idle(pool: WorkerPool) -> None:
    first = (await pool.call("facts", None, timeout=5))["pid"]
    psutil.Process(first).kill()
    await asyncio.sleep(0.2)
    second = (await pool.call("facts", None, timeout=5))["pid"]
    assert second != first


async def test_a_cancelled_call_leaves_the_queue_or_lets_its_child_finish() -> None:
    pool = WorkerPool(SPEC, 1)
    pid = (await pool.call("facts", None, timeout=5))["pid"]
    working = asyncio.create_task(pool.call("sleep", 0.3, timeout=5))
    await asyncio.sleep(0.05)
    waiting = asyncio.create_task(pool.call("sleep", 60, timeout=99))
    await asyncio.sleep(0.05)
    for task in (working, waiting):
        task.cancel()
    assert all(
        isinstance(each, asyncio.CancelledError)
        for each in await asyncio.gather(working, waiting, return_exceptions=True)
    )
    facts = await pool.call("facts", None, timeout=5)
    assert facts["pid"] == pid
    assert facts["calls"] == 3  # the waiting call never reached the child
    await pool.close()


async def test_closing_ends_what_is_under_way_and_what_waits() -> None:
    pool = WorkerPool(SPEC, 1)
    await pool.call("echo", 1, timeout=5)
    slow = asyncio.create_task(pool.call("sleep", 60, timeout=99))
    waiting = asyncio.create_task(pool.call("echo", 1, timeout=5))
    await asyncio.sleep(0.05)
    await pool.close()
    for task in (slow, waiting):
        with pytest.raises(PoolClosed):
            await task
    with pytest.raises(PoolClosed):
        await pool.call("echo", 1, timeout=5)
    assert psutil.Process().children() == []
