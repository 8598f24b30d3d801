"""The engine as the rest of the service sees it: pages in, results out."""

from __future__ import annotations

import asyncio
import logging
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from paddleocr_vl_service.engines.base import EngineCapabilities, EngineConfig
from paddleocr_vl_service.engines.handler import CONFIG
from paddleocr_vl_service.models.document import PageImage, PageResult, ParseOptions
from paddleocr_vl_service.models.errors import (
    EngineUnavailable,
    ServiceBusy,
    ServiceStopping,
    Unavailable,
)
from paddleocr_vl_service.models.stages import Stage
from paddleocr_vl_service.observability.request_context import request_id_var
from paddleocr_vl_service.observability.telemetry import SILENT, Telemetry
from paddleocr_vl_service.processes.worker import WorkerSpec
from paddleocr_vl_service.services.engine_host.engine_call import EngineCaller
from paddleocr_vl_service.services.engine_host.page_queue import PageQueue
from paddleocr_vl_service.services.engine_host.page_task import DocumentTurns, PageTask
from paddleocr_vl_service.services.engine_host.recycling import RecyclingPlan
from paddleocr_vl_service.services.engine_host.scheduler import PageScheduler, SchedulerFull
from paddleocr_vl_service.services.engine_host.spool import Spool
from paddleocr_vl_service.services.engine_host.status import EngineStatus, ProcessStatus
from paddleocr_vl_service.services.engine_host.supervisor import ProcessState, Supervisor

logger = logging.getLogger(__name__)

NICENESS = 5

_AT_WORK = frozenset({ProcessState.READY, ProcessState.WORKING})
_COMING = frozenset({ProcessState.READY, ProcessState.LOADING})


_ONE_THREAD = EngineConfig()


class OutsideServer(Protocol):
    """A server that the engine cannot do without.

    Attributes:
        failure: Why it cannot be used now, in one sentence; None where it can.
    """

    failure: str | None

    async def watch(self) -> None:
        """Keep ``failure`` true until cancelled."""
        ...


@dataclass(frozen=True)
class EngineHostConfig:
    """Which engine to keep, and how.

    Attributes:
        name: As people call the engine.
        factory: ``module:Class`` of the engine.
        engine: What its processes are told; each of them gets its own device.
        devices: One process each; the same one several times for several processes.
        declared_scripts: What it is known to read before it is loaded.
        batch_pages: Pages a call may carry.
        capacity: Pages that may wait or be read at a time.
        page_timeout: Seconds for one page.
        start_timeout: Seconds for loading the models.
        max_pages: After how many pages a process is recycled; 0 is never.
        max_bytes: Above how much resident memory; 0 is never.
    """

    name: str
    factory: str
    engine: EngineConfig = _ONE_THREAD
    devices: tuple[str, ...] = ("cpu",)
    declared_scripts: tuple[str, ...] = ()
    batch_pages: int = 1
    capacity: int = 1000
    page_timeout: float = 120.0
    start_timeout: float = 300.0
    max_pages: int = 0
    max_bytes: int = 0

    @property
    def pages_in_flight(self) -> int:
        """Pages that keep every process busy: full calls for all of them, and one more page."""
        return len(self.devices) * self.batch_pages + 1


class EngineHost:
    """Hands the pages of all documents to engine processes.

    Nothing is started before the first page, or `warmup`. It belongs to the event loop that
    opened it.

    Args:
        config: Which engine, and how.
        outside: A server that the engine needs; no page is taken while it cannot be used.
        telemetry: Is told how long pages wait and are read.
    """

    def __init__(
        self,
        config: EngineHostConfig,
        outside: OutsideServer | None = None,
        telemetry: Telemetry = SILENT,
    ) -> None:
        self.config = config
        self._telemetry = telemetry
        self._outside = outside
        self._spool = Spool()
        scheduler = PageScheduler[PageTask](config.capacity, config.batch_pages)
        self._queue = PageQueue(scheduler, self._spool, self._start_what_is_wanted)
        self._caller = EngineCaller(self._queue, config.page_timeout)
        plan = RecyclingPlan(config.max_pages, config.max_bytes)
        self._supervisors = [
            Supervisor(
                spec=_worker_spec(config, device),
                device=device,
                queue=self._queue,
                caller=self._caller,
                plan=plan,
                on_change=self._loading_ended,
            )
            for device in config.devices
        ]
        self._tasks: list[asyncio.Task[None]] = []
        self._watch: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._fault: str | None = None
        self._closed = False
        self._closing: asyncio.Task[None] | None = None

    def open(self, folder: Path) -> None:
        """Begin to take pages.

        Args:
            folder: Empty; for page images while they wait and are read.
        """
        self._spool.open(folder)
        for supervisor in self._supervisors:
            task = asyncio.create_task(supervisor.run(), name=f"supervisor of {supervisor.device}")
            task.add_done_callback(self._supervisor_ended)
            self._tasks.append(task)
        if self._outside is not None:
            self._watch = asyncio.create_task(self._outside.watch(), name="watch over a server")
            self._watch.add_done_callback(self._supervisor_ended)

    async def warmup(self) -> EngineCapabilities:
        """Load the engine in every process; returns when the first one is loaded.

        Raises:
            EngineUnavailable: It cannot be loaded.
            ServiceStopping: The host was closed.
        """
        for supervisor in self._supervisors:
            supervisor.want()
        while (refusal := self.refusal()) is None:
            if self.capabilities is not None:
                return self.capabilities
            self._changed.clear()
            await self._changed.wait()
        raise refusal

    async def parse_page(
        self, image: PageImage, options: ParseOptions, document: DocumentTurns
    ) -> PageResult:
        """Read one page. The image's file belongs to the host from now on, which deletes it.

        A caller that is cancelled takes its page out of the queue at once; where a process
        already reads it, the process goes on and the result is dropped.

        Args:
            image: On the file system of the host's folder.
            options: What the engine is told.
            document: The same for all pages of a document.

        Raises:
            EngineUnavailable: The engine cannot be loaded.
            PageTimedOut: The page took too long, twice; its processes were replaced.
            PageFailed: The engine raised, crashed or answered nonsense, twice.
            ServiceStopping: The host was closed.
            OSError: The file is gone or cannot be moved.
        """
        if (refusal := self.refusal()) is not None:
            raise refusal
        own = await self._spool.take_over(image)
        if (refusal := self.refusal()) is not None:  # since a moment ago; nobody would wake it
            self._spool.discard(own)
            raise refusal
        task = PageTask(document, own, options, request_id_var.get())
        try:
            self._queue.submit(task)
        except SchedulerFull as error:
            self._spool.discard(own)
            raise ServiceBusy("The service is busy: too many pages are waiting.") from error
        try:
            result = await task.answer
        finally:
            self._queue.withdraw(task)
        self._tell(task)
        return result

    def _tell(self, task: PageTask) -> None:
        call = task.call
        if call is None:
            return
        took = self._telemetry.stage_took
        took(Stage.QUEUE, task.queued_at, call.begin - task.queued_at)
        took(Stage.ENGINE, call.begin, call.seconds, call.pages)
        for stage, time in call.stages.items():
            begin = call.begin + min(time.begin, call.seconds)
            took(stage, begin, min(time.seconds, call.seconds), call.pages)

    @property
    def capabilities(self) -> EngineCapabilities | None:
        """What the engine said of itself when it was last loaded; None before."""
        loaded = [each.capabilities for each in self._supervisors if each.capabilities]
        return loaded[0] if loaded else None

    @property
    def seconds_per_page(self) -> float:
        """Seconds from one page to the next when all processes are busy, as measured lately."""
        return self._caller.seconds_per_page / len(self._supervisors)

    def refusal(self) -> Unavailable | None:
        """Why no page can be read now; None where it can, perhaps after loading the engine."""
        if self._closed:
            return ServiceStopping("The service is shutting down.")
        if self._fault is not None and all(task.done() for task in self._tasks):
            return EngineUnavailable(self._fault)
        if self._outside is not None and self._outside.failure is not None:
            return EngineUnavailable(self._outside.failure)
        failed = [each.circuit for each in self._supervisors if each.state is ProcessState.FAILED]
        if not failed or any(map(self._may_read, self._supervisors)):
            return None
        soonest = min(failed, key=lambda circuit: circuit.delay)
        return EngineUnavailable(
            soonest.reason or "The engine could not be loaded.",
            retry_after=max(1, math.ceil(soonest.delay)),
        )

    def _may_read(self, supervisor: Supervisor) -> bool:
        """Whether its process reads pages, or will unless something goes wrong."""
        if supervisor.state is not ProcessState.NOT_STARTED:
            return supervisor.state in _AT_WORK or supervisor.state is ProcessState.LOADING
        return not any(
            each.state is ProcessState.FAILED and each.device == supervisor.device
            for each in self._supervisors
        )

    def status(self) -> EngineStatus:
        """What is known now; never blocks."""
        refusal = self.refusal()
        return EngineStatus(
            ready=any(each.state in _AT_WORK for each in self._supervisors),
            capabilities=self.capabilities,
            failure=self._fault or (refusal.detail if refusal else None),
            processes=tuple(map(_process_status, self._supervisors)),
            starts=sum(each.starts for each in self._supervisors),
            pages_waiting=self._queue.waiting,
            pages_running=self._queue.running,
            timeouts=self._caller.timeouts,
        )

    async def close(self) -> None:
        """End every process and delete every image; pages that are not read fail as stopping.

        Whoever calls it, and however often, it is done once, and done when this returns.
        """
        if self._closing is None:
            self._closing = asyncio.create_task(self._close())
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        self._closed = True
        self._changed.set()
        self._queue.fail_all(ServiceStopping("The service is shutting down."))
        tasks = [*self._tasks, *([self._watch] if self._watch else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._spool.close()

    def _start_what_is_wanted(self) -> None:
        """One more process for every call that waits and that no idle or coming one will take."""
        coming = sum(each.state in _COMING for each in self._supervisors)
        for supervisor in self._supervisors:
            if self._queue.calls_waiting <= coming:
                return
            if supervisor.state is ProcessState.NOT_STARTED and self._may_read(supervisor):
                supervisor.want()
                coming += 1

    def _loading_ended(self) -> None:
        self._changed.set()
        self._fail_what_cannot_be_read()

    def _supervisor_ended(self, task: asyncio.Task[None]) -> None:
        if self._closed:
            return
        self._fault = "The service has lost control of its engine and has to be restarted."
        error = None if task.cancelled() else task.exception()
        logger.critical(self._fault, extra={"task": task.get_name()}, exc_info=error)
        self._changed.set()
        self._fail_what_cannot_be_read()

    def _fail_what_cannot_be_read(self) -> None:
        if (refusal := self.refusal()) is not None:
            self._queue.fail_all(refusal)
        self._start_what_is_wanted()  # another device may have to do what this one cannot


def _worker_spec(config: EngineHostConfig, device: str) -> WorkerSpec:
    engine = replace(config.engine, device=device)
    return WorkerSpec(
        name=f"engine-{config.name}",
        factory="paddleocr_vl_service.engines.handler:EngineHandler",
        config={
            "factory": config.factory,
            "engine": CONFIG.dump_python(engine, mode="json"),
        },
        nice=NICENESS,
        start_timeout=config.start_timeout,
        environment={"OMP_NUM_THREADS": str(engine.threads)},
    )


def _process_status(supervisor: Supervisor) -> ProcessStatus:
    process = supervisor.process
    return ProcessStatus(
        device=supervisor.device,
        state=supervisor.state.value,
        pid=process.pid if process else None,
        pages=process.pages if process else None,
        resident_bytes=process.resident_bytes() if process else None,
        age_seconds=round(process.age_seconds, 1) if process else None,
        restarts=supervisor.restarts,
        recycles=supervisor.recycles,
    )
