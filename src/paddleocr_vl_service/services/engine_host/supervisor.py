"""Looks after one engine process: starts it when wanted, gives it pages, replaces it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from enum import Enum
from typing import Any

from paddleocr_vl_service.engines.base import EngineCapabilities
from paddleocr_vl_service.processes.worker import WorkerSpec
from paddleocr_vl_service.services.engine_host.circuit import Circuit
from paddleocr_vl_service.services.engine_host.engine_call import EngineCaller
from paddleocr_vl_service.services.engine_host.engine_process import (
    EngineProcess,
    EngineStartFailed,
)
from paddleocr_vl_service.services.engine_host.page_queue import PageQueue
from paddleocr_vl_service.services.engine_host.recycling import RecyclingPlan

logger = logging.getLogger(__name__)


class ProcessState(str, Enum):
    """What a supervisor's process is doing; docs/architecture.md has the drawing."""

    NOT_STARTED = "not-started"
    LOADING = "loading"
    READY = "ready"
    WORKING = "working"
    FAILED = "failed"
    STOPPED = "stopped"


class Supervisor:
    """Keeps one engine process; two while a successor loads.

    Args:
        spec: What the process is.
        device: What it runs on.
        queue: Where pages come from.
        caller: Has pages read.
        plan: When to recycle; shared by all supervisors.
        on_change: Called after an attempt to load has ended, well or badly.
    """

    def __init__(
        self,
        *,
        spec: WorkerSpec,
        device: str,
        queue: PageQueue,
        caller: EngineCaller,
        plan: RecyclingPlan,
        on_change: Callable[[], None],
    ) -> None:
        self.device = device
        self.circuit = Circuit()
        self.state = ProcessState.NOT_STARTED
        self.process: EngineProcess | None = None
        self.capabilities: EngineCapabilities | None = None
        self.starts = 0
        self.restarts = 0
        self.recycles = 0
        self._spec = spec
        self._queue = queue
        self._caller = caller
        self._plan = plan
        self._on_change = on_change
        self._wanted = asyncio.Event()
        self._successor: asyncio.Task[EngineProcess | None] | None = None
        self._successor_circuit = Circuit()
        self._recycle_not_before = 0.0
        self._has_claim = False
        self._leaving: set[asyncio.Task[None]] = set()

    def want(self) -> None:
        """Start the process unless that was asked before; from now on there is always to be one."""
        if self.state is ProcessState.NOT_STARTED:
            self.state = ProcessState.LOADING
            self._wanted.set()

    async def run(self) -> None:
        """Work until cancelled; then every process is gone."""
        try:
            await self._wanted.wait()
            while True:
                self.process = await self._next_process()
                self._release_claim()
                await self._serve(self.process)
                ended, self.process = self.process, None
                if ended.pages == 0:
                    self._failed_to_load("The engine ended as soon as it was loaded.")
                    await asyncio.sleep(self.circuit.delay)
        finally:
            self.state = ProcessState.STOPPED
            self._release_claim()
            await asyncio.shield(self._end_all())

    async def _next_process(self) -> EngineProcess:
        """The successor where one is under way, else a fresh process; tries until it succeeds."""
        successor = await self._successor_result()
        if successor is not None:
            return successor
        while True:
            process = await self._try_to_start()
            if process is not None:
                return process
            await asyncio.sleep(self.circuit.delay)

    async def _try_to_start(self) -> EngineProcess | None:
        try:
            process = await self._start()
        except EngineStartFailed as error:
            self._failed_to_load(str(error))
            return None
        self.state = ProcessState.READY
        self._on_change()
        return process

    def _failed_to_load(self, reason: str) -> None:
        self.circuit.failed(reason)
        if self.circuit.open:
            self.state = ProcessState.FAILED
        self._on_change()

    async def _start(self) -> EngineProcess:
        self.starts += 1
        try:
            process = await EngineProcess.start(self._spec, self.device)
        except EngineStartFailed as error:
            logger.error("The engine could not be loaded", exc_info=error)
            raise
        self.capabilities = process.capabilities
        extra = {"child": self._spec.name, "pid": process.pid, "device": self.device}
        logger.info("Started an engine process", extra=extra)
        if self._plan.is_too_small_for(process):
            logger.warning("ENGINE_MAX_RSS_MB is less than the engine takes when just loaded")
        return process

    async def _serve(self, process: EngineProcess) -> None:
        """Give the process pages until it has ended or makes way for another."""
        while process.alive:
            self.state = ProcessState.READY
            if pages := self._queue.take():
                self.state = ProcessState.WORKING
                await self._caller.read(process, pages)
                self.circuit.succeeded()
                self._recycle_if_due(process)
            else:
                await self._wait(process)
            if await self._handed_over(process):
                return
        self.state = ProcessState.LOADING
        self.restarts += 1
        logger.warning("An engine process ended", extra={"pid": process.pid})
        await process.kill()

    async def _wait(self, process: EngineProcess) -> None:
        """Until pages wait, the process has ended, or its successor is there."""
        waiter = self._queue.waiter()
        events: set[asyncio.Future[Any]] = {
            waiter,
            process.exited,
            *([self._successor] if self._successor else []),
        }
        try:
            await asyncio.wait(events, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._queue.forget(waiter)

    def _recycle_if_due(self, process: EngineProcess) -> None:
        if self._successor is not None or time.monotonic() < self._recycle_not_before:
            return
        reason = self._plan.reason(process) if process.alive else None
        if reason is not None and self._plan.claim():
            extra = {"pid": process.pid, "reason": reason}
            logger.info("An engine process is being recycled", extra=extra)
            self._has_claim = True
            self._successor = asyncio.create_task(self._load_successor(process))

    def _release_claim(self) -> None:
        """Let another process be recycled: this one is at work again, or gone for good."""
        if self._has_claim:
            self._has_claim = False
            self._plan.release()

    async def _load_successor(self, process: EngineProcess) -> EngineProcess | None:
        """A loaded process, or None where there is no room for two.

        Raises:
            EngineStartFailed: It does not load.
        """
        try:
            has_room = await asyncio.to_thread(self._plan.has_room_beside, process)
        except Exception as error:
            raise EngineStartFailed("The memory could not be examined.") from error
        return await self._start() if has_room else None

    async def _handed_over(self, process: EngineProcess) -> bool:
        """Whether the process has made way, for a loaded successor or to make room for one.

        The old process leaves while the new one is at work. Where no successor could be loaded
        the old one works on.
        """
        if self._successor is None or not self._successor.done() or not process.alive:
            return False
        loaded = self._successor.exception() is None
        successor = self._successor.result() if loaded else None
        if not loaded or (successor is not None and not successor.alive):
            await self._successor_result()
            return False
        self.recycles += 1
        self.state = ProcessState.LOADING
        if successor is None:
            await process.stop()
            return True
        leaving = asyncio.create_task(process.stop())
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)
        return True

    async def _successor_result(self) -> EngineProcess | None:
        """The loaded successor, if there is one; there is none under way afterwards."""
        if self._successor is None:
            return None
        try:
            successor = await self._successor
        except EngineStartFailed as error:
            self._successor = None
            self._successor_failed(str(error))
            return None
        self._successor = None  # not where this was cancelled: it may be loaded all the same
        if successor is not None and not successor.alive:
            await successor.kill()
            self._successor_failed("The engine ended as soon as it was loaded.")
            return None
        self._successor_circuit.succeeded()
        return successor

    def _successor_failed(self, reason: str) -> None:
        self._successor_circuit.failed(reason)
        self._recycle_not_before = time.monotonic() + self._successor_circuit.delay
        self._release_claim()

    async def _end_all(self) -> None:
        if self._successor is not None:
            self._successor.cancel()
            await asyncio.wait({self._successor})
            if not self._successor.cancelled() and self._successor.exception() is None:
                await _end(self._successor.result())
        await _end(self.process)
        await asyncio.gather(*self._leaving)


async def _end(process: EngineProcess | None) -> None:
    """Let an idle process leave by itself; nobody waits for what a busy one still does."""
    if process is not None:
        await (process.stop() if process.alive else process.kill())
