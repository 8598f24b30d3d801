import asyncio

import pytest

from paddleocr_vl_service.processes.within import within


async def test_gives_the_result_or_the_exception() -> None:
    async def give() -> int:
        return 1

    async def fail() -> int:
        raise ValueError("broken")

    assert await within(5, give()) == 1
    with pytest.raises(ValueError, match="broken"):
        await within(5, fail())


async def test_ends_what_takes_longer() -> None:
    ended = False

    async def hang() -> None:
        nonlocal ended
        try:
            await asyncio.Event().wait()
        finally:
            ended = True

    with pytest.raises(asyncio.TimeoutError):
        await within(0.01, hang())
    assert ended


async def test_a_cancellation_that_comes_together_with_the_result_is_not_swallowed() -> None:
    """`asyncio.wait_for` of Python 3.10 and 3.11 returns the result instead."""
    result: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def wait() -> int:
        return await result

    waiting = asyncio.create_task(within(5, wait()))
    await asyncio.sleep(0.01)
    result.set_result(1)
    await asyncio.sleep(0)  # the inner task is done now, and its waiter not yet resumed
    waiting.cancel()
    await asyncio.wait({waiting})
    assert waiting.cancelled()


async def test_a_cancelled_deadline_ends_the_work() -> None:
    ended = asyncio.Event()

    async def hang() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    waiting = asyncio.create_task(within(5, hang()))
    await asyncio.sleep(0.01)
    waiting.cancel()
    await asyncio.wait({waiting})
    await asyncio.wait_for(ended.wait(), 1)
