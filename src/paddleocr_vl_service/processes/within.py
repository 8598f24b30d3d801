"""A deadline for an awaitable."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")


async def within(seconds: float, work: Coroutine[Any, Any, _T]) -> _T:
    """The result of ``work``, unless it takes longer.

    Unlike `asyncio.wait_for` of Python 3.10 and 3.11 it never swallows a cancellation that comes
    in the moment in which the result does; a task that lives on would never be closed.

    Raises:
        asyncio.TimeoutError: It took longer, and was cancelled.
    """
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task}, timeout=seconds)
    except asyncio.CancelledError:
        task.cancel()
        task.add_done_callback(_forget)
        raise
    if task.done():
        return task.result()
    task.cancel()
    await asyncio.wait({task})
    raise asyncio.TimeoutError


def _forget(task: asyncio.Task[Any]) -> None:
    if not task.cancelled():
        task.exception()
