"""How many documents may be in the house, and when the others should come again."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass

from paddleocr_vl_service.models.errors import ServiceBusy, ServiceStopping
from paddleocr_vl_service.services.engine_host.page_task import DocumentTurns

_LONGEST_RETRY_AFTER = 600


@dataclass(frozen=True)
class AdmissionLimits:
    """What may be in the house.

    Attributes:
        long: Long documents that are read at the same time.
        short: Short ones; they have places of their own.
        waiting: Documents of each kind that may wait for that.
        uploaded_bytes: Size of all files together.
    """

    long: int
    short: int
    waiting: int
    uploaded_bytes: int

    @property
    def documents(self) -> int:
        """Documents that may be inside at all, uploads under way included."""
        return self.long + self.short + self.waiting


class Admission:
    """Bounds the documents that are read and those that wait for it.

    Args:
        limits: What may be inside.
        seconds_per_page: How long the house needs for a page, as measured lately.
    """

    def __init__(self, limits: AdmissionLimits, seconds_per_page: Callable[[], float]) -> None:
        self.limits = limits
        self._seconds_per_page = seconds_per_page
        self._long = _Places(limits.long, limits.waiting)
        self._short = _Places(limits.short, limits.waiting)
        self._inside: set[Visit] = set()
        self._stopping = False
        self._empty = asyncio.Event()
        self._empty.set()

    @property
    def running(self) -> int:
        """Documents that are being read."""
        return self._long.running + self._short.running

    @property
    def waiting(self) -> int:
        """Documents that have been let in and are not being read yet."""
        return len(self._inside) - self.running

    @property
    def uploaded_bytes(self) -> int:
        """Size of the files inside, those that were announced included."""
        return sum(visit.size for visit in self._inside)

    @property
    def stopping(self) -> bool:
        """Whether nobody is let in any more."""
        return self._stopping

    def stop(self) -> None:
        """Let nobody in any more."""
        self._stopping = True

    def send_away(self) -> None:
        """End the visits of all who are still inside; they fail as stopping."""
        for visit in self._inside:
            visit.send_away()

    async def wait_until_empty(self, timeout: float) -> bool:
        """Whether everybody who is inside has left within ``timeout`` seconds."""
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._empty.wait(), timeout)
        return self._empty.is_set()

    @contextmanager
    def enter(self, size: int) -> Iterator[Visit]:
        """Let a document in; it leaves with the context.

        Args:
            size: Bytes that its file has, or may have at most.

        Raises:
            ServiceBusy: Too much is inside.
            ServiceStopping: The service is shutting down.
        """
        if self._stopping:
            raise ServiceStopping("The service is shutting down.")
        if len(self._inside) >= self.limits.documents:
            raise self._busy(f"{len(self._inside)} documents are inside", self._inside)
        if self.uploaded_bytes + size > self.limits.uploaded_bytes:
            raise self._busy(f"{self.uploaded_bytes} bytes are inside", self._inside)
        visit = Visit(size)
        self._inside.add(visit)
        self._empty.clear()
        try:
            yield visit
        except asyncio.CancelledError:
            if visit.sent_away:
                raise ServiceStopping("The service is shutting down.") from None
            raise
        finally:
            self._inside.discard(visit)
            if not self._inside:
                self._empty.set()

    @asynccontextmanager
    async def reading(self, visit: Visit, document: DocumentTurns) -> AsyncIterator[None]:
        """Wait for a place among documents of this length, first come first served, and hold it.

        Raises:
            ServiceBusy: Too many of them wait already.
        """
        places = self._short if document.short else self._long
        if places.full:
            like = [each for each in self._inside if each.short == document.short]
            raise self._busy(f"{len(like)} documents of this length are inside", like)
        visit.opened(document)
        async with places.place():
            yield

    def _busy(self, why: str, visits: Iterable[Visit]) -> ServiceBusy:
        return ServiceBusy(
            f"The service is busy: {why}.", retry_after=self._retry_after(list(visits))
        )

    def _retry_after(self, visits: list[Visit]) -> int:
        """Seconds in which, on the average, one of the visits ends.

        Places become free at the rate at which all that is left to do inside is done.
        """
        left = sum(visit.pages_left for visit in self._inside)
        seconds = left * self._seconds_per_page() / max(1, len(visits))
        return min(_LONGEST_RETRY_AFTER, max(1, math.ceil(seconds)))


class Visit:
    """One document's stay.

    Attributes:
        size: Bytes of its file; before it was received, what it may have at most.
        pages_left: Pages still to be read; 1 while it is not known how many it has.
        short: Whether it is a short document; None while that is not known.
        sent_away: Whether it was ended by the house.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.pages_left = 1
        self.short: bool | None = None
        self.sent_away = False
        self._task = asyncio.current_task()

    def send_away(self) -> None:
        """Cancel the task that entered."""
        self.sent_away = True
        if self._task is not None:
            self._task.cancel()

    def received(self, size: int) -> None:
        """Tell how large the file really is."""
        self.size = size

    def opened(self, document: DocumentTurns) -> None:
        """Tell how many pages will be read."""
        self.pages_left = document.pages
        self.short = document.short

    def page_done(self) -> None:
        """One page less to read."""
        self.pages_left = max(0, self.pages_left - 1)


class _Places:
    """Places of one kind, and the queue before them."""

    def __init__(self, places: int, waiting: int) -> None:
        self._free = asyncio.Semaphore(places)
        self._most_waiting = waiting
        self._waiting = 0
        self.running = 0

    @property
    def full(self) -> bool:
        """Whether nobody may join the queue; who need not wait joins none."""
        return self._free.locked() and self._waiting >= self._most_waiting

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Wait for a place and hold it."""
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1
        self.running += 1
        try:
            yield
        finally:
            self.running -= 1
            self._free.release()
