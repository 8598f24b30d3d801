"""Where engine processes wait for pages, and pages for engine processes."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from copy import copy

from paddleocr_vl_service.models.errors import ServiceError
from paddleocr_vl_service.services.engine_host.page_task import ATTEMPTS, PageTask
from paddleocr_vl_service.services.engine_host.scheduler import PageScheduler
from paddleocr_vl_service.services.engine_host.spool import Spool


class PageQueue:
    """The scheduler with somebody who waits at either end.

    Args:
        scheduler: Decides whose turn it is.
        spool: Keeps the files of the pages; a page's file goes when the page is done.
        on_demand: Called when a page has begun to wait.
    """

    def __init__(
        self, scheduler: PageScheduler[PageTask], spool: Spool, on_demand: Callable[[], None]
    ) -> None:
        self._scheduler = scheduler
        self._spool = spool
        self._on_demand = on_demand
        self._waiters: deque[asyncio.Future[None]] = deque()

    @property
    def waiting(self) -> int:
        """Pages that wait."""
        return self._scheduler.waiting

    @property
    def running(self) -> int:
        """Pages that are being read."""
        return self._scheduler.taken

    @property
    def calls_waiting(self) -> int:
        """Engine calls that the waiting pages would make if their options were equal."""
        return -(-self.waiting // self._scheduler.batch_pages)

    def submit(self, page: PageTask) -> None:
        """Let a page wait.

        Raises:
            SchedulerFull: There is no room.
        """
        self._scheduler.add(page)
        self._wake_one()
        self._on_demand()

    def take(self) -> list[PageTask]:
        """The pages of the next call, if any wait; does not wait for them."""
        return self._scheduler.take()

    def waiter(self) -> asyncio.Future[None]:
        """Is done when pages wait that `take` may return; give it back with `forget`."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        if self.waiting:
            self._wake_one()
        return waiter

    def forget(self, waiter: asyncio.Future[None]) -> None:
        """Take a waiter back; whoever waits behind it is woken for the pages that are left."""
        if waiter in self._waiters:
            self._waiters.remove(waiter)
        if self.waiting:
            self._wake_one()

    def failed(self, page: PageTask, error: ServiceError, *, alone: bool) -> bool:
        """A call with the page failed; returns whether the page is tried once more, alone.

        A failure counts only where no other page can have been the cause.
        """
        page.suspect = True
        page.failures += alone
        if page.failures >= ATTEMPTS or page.answer.done():
            self.finished(page)
            page.fail(error)
            return False
        self._scheduler.put_back(page)
        self._wake_one()
        self._on_demand()
        return True

    def finished(self, page: PageTask) -> None:
        """A taken page was read, or given up."""
        self._scheduler.finish(page)
        self._spool.discard(page.image)

    def withdraw(self, page: PageTask) -> None:
        """The caller gave up: a waiting page goes at once, a taken one when its call ends."""
        if self._scheduler.withdraw(page):
            self._spool.discard(page.image)

    def fail_all(self, error: ServiceError) -> None:
        """Nobody will read the waiting pages."""
        for page in self._scheduler.withdraw_all():
            self._spool.discard(page.image)
            page.fail(copy(error))

    def _wake_one(self) -> None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return
