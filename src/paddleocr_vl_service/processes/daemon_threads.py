"""Threads for what may hang for ever: a driver that has lost its GPU, a store on a network.

Unlike threads of a pool they keep nobody from ending the program.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from paddleocr_vl_service.processes.within import within

_T = TypeVar("_T")


async def in_daemon_thread(work: Callable[[], _T]) -> _T:
    """The result of some work, or what it raised."""
    loop = asyncio.get_running_loop()
    result: asyncio.Future[_T] = loop.create_future()

    def done(value: _T | None, error: Exception | None) -> None:
        if result.done():
            return
        if error is not None:
            result.set_exception(error)
        else:
            result.set_result(value)  # type: ignore[arg-type]

    def run() -> None:
        value, error = None, None
        try:
            value = work()
        except Exception as raised:  # noqa: BLE001 - for whoever waits
            error = raised
        with suppress(RuntimeError):  # the loop may be closed by now
            loop.call_soon_threadsafe(done, value, error)

    threading.Thread(target=run, name="may-hang", daemon=True).start()
    return await result


class DaemonThreads:
    """Some such threads. Belongs to one event loop.

    Args:
        at_a_time: Most that there are, those included that nobody waits for any more.
    """

    def __init__(self, at_a_time: int) -> None:
        self._places = asyncio.Semaphore(at_a_time)

    async def run(self, work: Callable[[], _T], seconds: float) -> _T:
        """The result of some work, or what it raised.

        Raises:
            asyncio.TimeoutError: It took longer, or all threads hang. The work itself goes on.
        """

        async def in_place() -> _T:
            await self._places.acquire()
            return await asyncio.shield(self._started(work))

        return await within(seconds, in_place())

    def _started(self, work: Callable[[], _T]) -> asyncio.Task[_T]:
        working = asyncio.create_task(in_daemon_thread(work))
        working.add_done_callback(self._leave)
        return working

    def _leave(self, working: asyncio.Task[_T]) -> None:
        self._places.release()
        if not working.cancelled():
            working.exception()  # somebody may have stopped waiting for it
