"""How many documents may be in the house, and when the others should come again."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

from paddleocr_vl_service.models.errors import ServiceBusy, ServiceStopping

_FIRST_GUESS_SECONDS = 5.0
_SMOOTHING = 0.2
_LONGEST_RETRY_AFTER = 600


class Admission:
    """Bounds the documents that are processed and those that wait for it.

    Args:
        running: Documents processed at the same time.
        waiting: Documents that may wait for that, uploads under way included.
    """

    def __init__(self, running: int, waiting: int) -> None:
        self._slots = asyncio.Semaphore(running)
        self._most_running = running
        self._most_waiting = waiting
        self._inside = 0
        self._running = 0
        self._seconds = _FIRST_GUESS_SECONDS
        self._stopping = False
        self._empty = asyncio.Event()
        self._empty.set()

    @property
    def running(self) -> int:
        """Documents being processed."""
        return self._running

    @property
    def waiting(self) -> int:
        """Documents that have been let in and are not being processed yet."""
        return self._inside - self._running

    @property
    def capacity(self) -> int:
        """Documents that may be in the house at all."""
        return self._most_running + self._most_waiting

    def stop(self) -> None:
        """Let nobody in any more."""
        self._stopping = True

    async def wait_until_empty(self, timeout: float) -> bool:
        """Whether everybody who is inside has left within ``timeout`` seconds."""
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._empty.wait(), timeout)
        return self._empty.is_set()

    @contextmanager
    def enter(self) -> Iterator[None]:
        """Let a document in; it leaves with the context.

        Raises:
            ServiceBusy: Too many are inside.
            ServiceStopping: The service is shutting down.
        """
        if self._stopping:
            raise ServiceStopping("The service is shutting down.")
        if self._inside >= self.capacity:
            raise ServiceBusy(
                f"The service is busy: {self._inside} documents are being processed or waiting.",
                retry_after=self.retry_after(),
            )
        self._inside += 1
        self._empty.clear()
        try:
            yield
        finally:
            self._inside -= 1
            if self._inside == 0:
                self._empty.set()

    @asynccontextmanager
    async def processing(self) -> AsyncIterator[None]:
        """Wait for a turn, first come first served, and hold it with the context."""
        async with self._slots:
            self._running += 1
            started = time.monotonic()
            try:
                yield
            finally:
                self._running -= 1
                seconds = time.monotonic() - started
                self._seconds += _SMOOTHING * (seconds - self._seconds)

    def retry_after(self) -> int:
        """Seconds until a place should be free, from the time that recent documents took."""
        rounds = (self.waiting + 1) / self._most_running
        return min(_LONGEST_RETRY_AFTER, max(1, math.ceil(rounds * self._seconds)))
