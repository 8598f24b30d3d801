"""A bounded number of like child processes, started when first needed."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from paddleocr_vl_service.processes.errors import PoolClosed
from paddleocr_vl_service.processes.worker import Worker, WorkerSpec

logger = logging.getLogger(__name__)


class WorkerPool:
    """Hands calls to child processes, first come first served.

    A call that is cancelled while it waits leaves the queue at once; one that is cancelled while
    its child works lets the child finish and drops the answer.

    Args:
        spec: What the children are.
        size: How many there may be at a time.
    """

    def __init__(self, spec: WorkerSpec, size: int) -> None:
        self.spec = spec
        self.size = size
        self._slots = asyncio.Semaphore(size)
        self._idle: list[Worker] = []
        self._workers: set[Worker] = set()
        self._running: set[asyncio.Task[Any]] = set()
        self._closed = False
        self.starts = 0

    @property
    def closed(self) -> bool:
        """Whether it takes no more calls."""
        return self._closed

    @property
    def workers(self) -> tuple[Worker, ...]:
        """The children that are alive now."""
        return tuple(worker for worker in self._workers if worker.alive)

    async def call(self, method: str, payload: Any, *, timeout: float) -> Any:
        """Have an idle child do something, starting one where none is idle.

        Raises:
            PoolClosed: the pool was closed.
            Exception: as `Worker.start` and `Worker.call`.
        """
        await self._slots.acquire()
        if self._closed:
            self._slots.release()
            raise PoolClosed(f"{self.spec.name} is closed")
        task = asyncio.create_task(self._run(method, payload, timeout))
        self._running.add(task)
        task.add_done_callback(self._finished)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if self.closed and task.cancelled():
                raise PoolClosed(f"{self.spec.name} was closed") from None
            raise

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        self._slots.release()
        if not task.cancelled():
            task.exception()  # nobody may be waiting for it any more

    async def _run(self, method: str, payload: Any, timeout: float) -> Any:
        worker = await self._take()
        try:
            return await worker.call(method, payload, timeout=timeout)
        finally:
            if worker.alive and not self._closed:
                self._idle.append(worker)
            else:
                self._workers.discard(worker)
                await worker.kill()

    async def _take(self) -> Worker:
        while self._idle:
            worker = self._idle.pop()
            if worker.alive:
                return worker
            self._workers.discard(worker)
            await worker.kill()
        worker = await Worker.start(self.spec)
        self.starts += 1
        self._workers.add(worker)
        logger.info("Started a child process", extra={"child": worker.name, "pid": worker.pid})
        return worker

    async def close(self) -> None:
        """Take no more calls and end every child, whatever it does."""
        self._closed = True
        running = set(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        workers, self._workers, self._idle = self._workers, set(), []
        await asyncio.gather(*(worker.stop() for worker in workers))
