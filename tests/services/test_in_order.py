import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import aclosing
from functools import partial
from typing import Any

import pytest

from paddleocr_vl_service.services.in_order import in_order

Job = Callable[[], Coroutine[Any, Any, int]]


class Jobs:
    """Jobs that end when they are told to."""

    def __init__(self, count: int) -> None:
        self.gates = [asyncio.Event() for _ in range(count)]
        self.started = list[int]()
        self.ended = list[int]()

    async def run(self, number: int) -> int:
        self.started.append(number)
        try:
            await self.gates[number].wait()
        finally:
            self.ended.append(number)
        return number

    def all(self) -> list[Job]:
        return [partial(self.run, number) for number in range(len(self.gates))]


async def test_results_come_in_order_whoever_is_first() -> None:
    async def job(number: int) -> int:
        await asyncio.sleep(0.02 if number % 3 == 0 else 0)
        return number

    jobs = [partial(job, number) for number in range(12)]
    assert [result async for result in in_order(jobs, 4)] == list(range(12))


async def test_a_slow_job_holds_nobody_up_but_the_results_behind_it() -> None:
    jobs = Jobs(5)
    for gate in jobs.gates[1:]:
        gate.set()
    results = in_order(jobs.all(), 2)
    first = asyncio.ensure_future(anext_of(results))
    await asyncio.sleep(0.02)
    assert jobs.started == [0, 1, 2, 3, 4]
    assert not first.done()
    jobs.gates[0].set()
    assert await first == 0
    assert [result async for result in results] == [1, 2, 3, 4]


async def test_so_many_at_a_time_and_no_more() -> None:
    jobs = Jobs(5)
    results = in_order(jobs.all(), 2)
    first = asyncio.ensure_future(anext_of(results))
    await asyncio.sleep(0.01)
    assert jobs.started == [0, 1]
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    assert sorted(jobs.ended) == [0, 1]


async def test_an_exception_behind_a_slow_job_ends_everything_at_once() -> None:
    jobs = Jobs(2)

    async def fail() -> int:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        async for _ in in_order([*jobs.all(), fail], 3):
            pass
    assert sorted(jobs.ended) == [0, 1]


async def test_closing_it_ends_what_runs() -> None:
    jobs = Jobs(4)
    jobs.gates[0].set()
    async with aclosing(in_order(jobs.all(), 3)) as results:
        assert await anext_of(results) == 0
        await asyncio.sleep(0)
    assert sorted(jobs.ended) == sorted(jobs.started)


async def anext_of(results: AsyncIterator[int]) -> int:
    return await results.__anext__()
