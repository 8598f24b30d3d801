"""Keeps the engine's processes: started when first needed, replaced when they die."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import ValidationError

from paddleocr_vl_service.engines.base import EngineCapabilities, EngineConfig
from paddleocr_vl_service.engines.handler import CAPABILITIES, CONFIG, OPTIONS, PAGES, RESULTS
from paddleocr_vl_service.models.document import PageImage, PageResult, ParseOptions
from paddleocr_vl_service.models.errors import (
    EngineUnavailable,
    PageFailed,
    PageTimedOut,
    ServiceStopping,
)
from paddleocr_vl_service.processes.errors import (
    PoolClosed,
    WorkerDied,
    WorkerError,
    WorkerFailed,
    WorkerStartFailed,
    WorkerTimedOut,
)
from paddleocr_vl_service.processes.pool import WorkerPool
from paddleocr_vl_service.processes.worker import Worker, WorkerSpec

logger = logging.getLogger(__name__)

_T = TypeVar("_T")

_ATTEMPTS = 2
NICENESS = 5


@dataclass(frozen=True)
class EngineHostConfig:
    """Which engine to keep, and how.

    Attributes:
        name: As people call the engine.
        factory: ``module:Class`` of the engine.
        engine: What each process tells its engine.
        declared_scripts: What it is known to read before it is loaded.
        processes: How many there may be.
        page_timeout: Seconds for one page.
        start_timeout: Seconds for loading the models.
    """

    name: str
    factory: str
    engine: EngineConfig = field(default_factory=EngineConfig)
    declared_scripts: tuple[str, ...] = ()
    processes: int = 1
    page_timeout: float = 120.0
    start_timeout: float = 300.0


@dataclass(frozen=True)
class EngineProcess:
    """One engine process, for ``/health``."""

    pid: int
    age_seconds: float
    pages: int


@dataclass(frozen=True)
class EngineStatus:
    """What is known of the engine now.

    Attributes:
        ready: Loaded at least once and not failing.
        capabilities: What the engine said of itself; None before it was loaded.
        failure: Why the last attempt to load it failed; None otherwise.
        processes: Those alive.
        starts: Processes started since the service began.
    """

    ready: bool
    capabilities: EngineCapabilities | None
    failure: str | None
    processes: tuple[EngineProcess, ...]
    starts: int


class EngineHost:
    """Hands pages to engine processes, one page a call, first come first served."""

    def __init__(self, config: EngineHostConfig) -> None:
        self.config = config
        self._capabilities: EngineCapabilities | None = None
        self._failure: str | None = None
        self._loading = asyncio.Lock()
        spec = WorkerSpec(
            name=f"engine-{config.name}",
            factory="paddleocr_vl_service.engines.handler:EngineHandler",
            config={
                "factory": config.factory,
                "engine": CONFIG.dump_python(config.engine, mode="json"),
            },
            nice=NICENESS,
            start_timeout=config.start_timeout,
            environment={"OMP_NUM_THREADS": str(config.engine.threads)},
        )
        self._pool = WorkerPool(spec, config.processes, self._load)

    async def warmup(self) -> EngineCapabilities:
        """Load the engine unless it is loaded.

        Raises:
            EngineUnavailable: It cannot be loaded.
        """
        if self._capabilities is None:
            async with self._loading:
                if self._capabilities is None:
                    await self._in_pool(self._pool.warm())
        if self._capabilities is None:
            raise EngineUnavailable(f"The engine {self.config.name} could not be loaded.")
        return self._capabilities

    async def parse_page(self, page: PageImage, options: ParseOptions) -> PageResult:
        """Read one page; a page whose process dies is tried once more in a fresh one.

        Raises:
            EngineUnavailable: The engine cannot be loaded.
            PageTimedOut: The page took too long; its process was replaced.
            PageFailed: The engine raised, crashed twice or answered nonsense.
            ServiceStopping: The host was closed.
        """
        await self.warmup()
        payload = {
            "pages": PAGES.dump_python([page], mode="json"),
            "options": OPTIONS.dump_python(options, mode="json"),
        }
        for attempt in range(1, _ATTEMPTS + 1):
            call = self._pool.call("parse", payload, timeout=self.config.page_timeout)
            try:
                (result,) = RESULTS.validate_python(await self._in_pool(call))
            except WorkerDied:
                logger.warning(
                    "The engine process died", extra={"page": page.number, "attempt": attempt}
                )
            except WorkerTimedOut as error:
                raise PageTimedOut(
                    f"Page {page.number} took longer than {self.config.page_timeout:g} seconds."
                ) from error
            except (WorkerFailed, ValueError) as error:
                raise PageFailed(f"The engine failed on page {page.number}.") from error
            else:
                if result.number != page.number:
                    raise PageFailed(f"The engine answered page {page.number} with another one.")
                return result
        raise PageFailed(f"The engine crashed on page {page.number}.")

    async def _in_pool(self, work: Awaitable[_T]) -> _T:
        try:
            return await work
        except PoolClosed as error:
            raise ServiceStopping("The service is shutting down.") from error
        except WorkerStartFailed as error:
            failure = f"The engine {self.config.name} could not be loaded."
            logger.error(failure, exc_info=error)
            if not self._pool.workers:
                self._failure = failure
            raise EngineUnavailable(failure) from error

    async def _load(self, worker: Worker) -> None:
        try:
            answer = await worker.call("warmup", None, timeout=self.config.start_timeout)
            capabilities = CAPABILITIES.validate_python(answer)
        except (WorkerError, ValidationError) as error:
            raise WorkerStartFailed(f"{type(error).__name__}: {error}") from error
        worker.calls = 0
        self._failure = None
        self._capabilities = capabilities

    def status(self) -> EngineStatus:
        """What is known now; never blocks."""
        now = time.monotonic()
        return EngineStatus(
            ready=self._capabilities is not None and self._failure is None,
            capabilities=self._capabilities,
            failure=self._failure,
            processes=tuple(
                EngineProcess(worker.pid, round(now - worker.started_at, 1), worker.calls)
                for worker in self._pool.workers
            ),
            starts=self._pool.starts,
        )

    async def close(self, grace: float = 0.0) -> None:
        """Give running pages ``grace`` seconds, then end every process."""
        await self._pool.close(grace)
