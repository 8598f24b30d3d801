"""One engine in a child process of its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from pydantic import ValidationError

from paddleocr_vl_service.engines.base import EngineCapabilities
from paddleocr_vl_service.engines.handler import ANSWER, CAPABILITIES, OPTIONS, PAGES, ParseAnswer
from paddleocr_vl_service.models.document import PageImage, ParseOptions
from paddleocr_vl_service.models.errors import Unavailable
from paddleocr_vl_service.processes.errors import WorkerError, WorkerFailed, WorkerTimedOut
from paddleocr_vl_service.processes.worker import Worker, WorkerSpec
from paddleocr_vl_service.services.memory import resident_bytes


class EngineStartFailed(Exception):
    """The engine could not be loaded; the message is one sentence for people."""


class EngineAnsweredNonsense(Exception):
    """The answer is no list of results, one for each page in the order given."""


class EngineProcess:
    """A loaded engine. Made by `start`; called by one task at a time.

    Attributes:
        capabilities: What the engine says of itself.
        device: What it was told to run on.
        pages: Pages it has been given.
        loaded_bytes: Resident memory after loading, before the first page; None if unknown.
        exited: Done as soon as the process has ended, whoever ended it.
    """

    def __init__(self, worker: Worker, capabilities: EngineCapabilities, device: str) -> None:
        self.capabilities = capabilities
        self.device = device
        self.pages = 0
        self.loaded_bytes = resident_bytes(worker.pid)
        self.exited: asyncio.Future[None] = asyncio.ensure_future(worker.wait())
        self._worker = worker

    @classmethod
    async def start(cls, spec: WorkerSpec, device: str) -> EngineProcess:
        """Spawn a process and load the engine in it, each within ``spec.start_timeout``.

        Raises:
            EngineStartFailed: It does not load.
        """
        try:
            worker = await Worker.start(spec)
        except Exception as error:
            raise EngineStartFailed(_why_not_loaded(error)) from error
        try:
            answer = await worker.call("warmup", None, timeout=spec.start_timeout)
            return cls(worker, CAPABILITIES.validate_python(answer), device)
        except Exception as error:
            await worker.kill()
            raise EngineStartFailed(_why_not_loaded(error)) from error
        except BaseException:
            await worker.kill()
            raise

    @property
    def pid(self) -> int:
        """Process id."""
        return self._worker.pid

    @property
    def alive(self) -> bool:
        """Whether it can take another call."""
        return self._worker.alive

    @property
    def age_seconds(self) -> float:
        """Since it was spawned."""
        return time.monotonic() - self._worker.started_at

    def resident_bytes(self) -> int | None:
        """Memory it holds now."""
        return resident_bytes(self.pid)

    async def parse(
        self, pages: Sequence[PageImage], options: ParseOptions, timeout: float
    ) -> ParseAnswer:
        """Have pages read; one result a page, in their order.

        Raises:
            ServiceError: the one that the engine raised.
            WorkerFailed: the engine raised anything else.
            WorkerDied: the process ended.
            WorkerTimedOut: it took longer than ``timeout`` seconds and was killed.
            EngineAnsweredNonsense: it was killed, since nobody knows whose results those were.
        """
        payload = {
            "pages": PAGES.dump_python(list(pages), mode="json"),
            "options": OPTIONS.dump_python(options, mode="json"),
        }
        self.pages += len(pages)
        answer = await self._worker.call("parse", payload, timeout=timeout)
        try:
            parsed = ANSWER.validate_python(answer)
        except ValidationError as error:
            await self.kill()
            raise EngineAnsweredNonsense from error
        if [result.number for result in parsed.results] != [page.number for page in pages]:
            await self.kill()
            raise EngineAnsweredNonsense
        return parsed

    async def stop(self) -> None:
        """Let an idle process leave by itself, then make sure that it has."""
        await self._worker.stop()
        await asyncio.wait({self.exited})

    async def kill(self) -> None:
        """End it now, whatever it does."""
        await self._worker.kill()
        await asyncio.wait({self.exited})


def _why_not_loaded(error: Exception) -> str:
    """What may be told to strangers: never the message of an exception that a library raised."""
    cause = error.__cause__ if isinstance(error.__cause__, WorkerError) else error
    if isinstance(cause, Unavailable):
        return cause.detail
    if isinstance(cause, WorkerTimedOut):
        return "The engine could not be loaded: it took too long."
    if isinstance(cause, WorkerFailed):
        return f"The engine could not be loaded: it failed with {cause}."
    if isinstance(cause, WorkerError):
        return "The engine could not be loaded: its process ended."
    return "The engine could not be loaded."
