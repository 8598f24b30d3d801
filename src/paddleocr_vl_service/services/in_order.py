"""Coroutines that run side by side: with their results in order, or without any."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable
from typing import Any, TypeVar

_T = TypeVar("_T")


async def in_order(
    jobs: Iterable[Callable[[], Coroutine[Any, Any, _T]]], at_a_time: int
) -> AsyncGenerator[_T, None]:
    """Run jobs, so many at a time, and give their results in the order of the jobs.

    A slow job holds back the results of those behind it, but not the jobs themselves. The first
    exception ends everything at once; so does closing the generator.
    """
    upcoming = iter(jobs)
    unfinished: set[asyncio.Task[_T]] = set()
    results: deque[asyncio.Task[_T]] = deque()
    try:
        while True:
            while len(unfinished) < at_a_time and (job := next(upcoming, None)) is not None:
                task = asyncio.create_task(job())
                unfinished.add(task)
                results.append(task)
            while results and results[0].done():
                yield results.popleft().result()
            if not unfinished:
                return
            done, unfinished = await asyncio.wait(unfinished, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
    finally:
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*results, *unfinished, return_exceptions=True)


async def all_or_none(coroutines: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Run all of them; the first exception, or being cancelled, ends the others."""
    tasks = [asyncio.ensure_future(each) for each in coroutines]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
