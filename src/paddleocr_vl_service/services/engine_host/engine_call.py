"""One engine call: pages go to a process, and what becomes of each of them."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from copy import copy
from dataclasses import replace

from paddleocr_vl_service.models.errors import (
    EngineOutOfMemory,
    PageFailed,
    PageTimedOut,
    ServiceError,
    ServiceStopping,
    Unavailable,
)
from paddleocr_vl_service.observability.request_context import request_id_var
from paddleocr_vl_service.processes.errors import WorkerDied, WorkerFailed, WorkerTimedOut
from paddleocr_vl_service.services.engine_host.engine_process import (
    EngineAnsweredNonsense,
    EngineProcess,
)
from paddleocr_vl_service.services.engine_host.page_queue import PageQueue
from paddleocr_vl_service.services.engine_host.page_task import CallTimes, PageTask

logger = logging.getLogger(__name__)

_FIRST_GUESS_SECONDS = 5.0
_SMOOTHING = 0.2


class EngineCaller:
    """Has pages read; every page that it was given ends up answered, failed or waiting again.

    Args:
        queue: Takes back what has to be tried again.
        page_timeout: Seconds for one page; a call with several has that many times as long.
    """

    def __init__(self, queue: PageQueue, page_timeout: float) -> None:
        self._queue = queue
        self._page_timeout = page_timeout
        self.seconds_per_page = _FIRST_GUESS_SECONDS
        """What a page takes one process, measured over the last calls."""
        self.timeouts = 0
        """Calls that took too long, whose processes were killed."""

    async def read(self, process: EngineProcess, pages: Sequence[PageTask]) -> None:
        """Have a process read pages whose options are equal."""
        request_id_var.set(_request_ids(pages))
        left = set(pages)
        started = time.monotonic()
        try:
            answer = await process.parse(
                [page.image for page in pages],
                pages[0].options,
                self._page_timeout * len(pages),
            )
            call = CallTimes(started, time.monotonic() - started, len(pages), answer.stages)
            for page, result in zip(pages, answer.results, strict=True):
                page.call = call
                left.discard(page)
                self._queue.finished(page)
                page.succeed(result)
            self._measure(call.seconds / len(pages))
        except (
            WorkerDied,
            WorkerTimedOut,
            WorkerFailed,
            EngineAnsweredNonsense,
            ServiceError,
        ) as error:
            self.timeouts += isinstance(error, WorkerTimedOut)
            if isinstance(error, EngineOutOfMemory):
                await process.kill()  # nothing else gives the memory back
            for page in reversed(pages):  # each one goes before those that wait
                if isinstance(error, EngineOutOfMemory):
                    page.options = replace(page.options, frugal=True)
                left.discard(page)
                self._failed(page, error, alone=len(pages) == 1)
        except Exception as error:
            # Nobody foresaw it, so nobody knows what the process is up to.
            logger.exception("An engine call failed unexpectedly")
            await process.kill()
            for page in pages:
                if page in left:
                    left.discard(page)
                    self._failed(page, error, alone=len(pages) == 1)
        finally:
            request_id_var.set(None)
            for page in left:  # nobody will ever answer: this task is ending
                self._queue.finished(page)
                page.fail(ServiceStopping("The service stopped reading the page."))

    def _failed(self, page: PageTask, error: Exception, *, alone: bool) -> None:
        again = self._queue.failed(page, self._error_of(page, error), alone=alone)
        logger.warning(
            "The engine failed on a page",
            extra={
                "page": page.number,
                "reason": type(error).__name__,
                "again": again,
                **({"request_id": page.request_id} if page.request_id else {}),
            },
        )

    def _error_of(self, page: PageTask, error: Exception) -> ServiceError:
        if isinstance(error, PageFailed | PageTimedOut | Unavailable):
            return copy(error)
        if isinstance(error, EngineOutOfMemory):
            return EngineOutOfMemory(
                f"The engine has no memory left for page {page.number}, even with smaller images."
            )
        if isinstance(error, ServiceError):
            return PageFailed(error.detail)
        if isinstance(error, WorkerTimedOut):
            seconds = f"{self._page_timeout:g} seconds"
            failure: ServiceError = PageTimedOut(f"Page {page.number} took longer than {seconds}.")
        elif isinstance(error, WorkerDied):
            failure = PageFailed(f"The engine crashed on page {page.number}.")
        elif isinstance(error, EngineAnsweredNonsense):
            failure = PageFailed(f"The engine answered page {page.number} with something else.")
        else:
            failure = PageFailed(f"The engine failed on page {page.number}.")
        failure.__cause__ = error
        return failure

    def _measure(self, seconds: float) -> None:
        self.seconds_per_page += _SMOOTHING * (seconds - self.seconds_per_page)


def _request_ids(pages: Sequence[PageTask]) -> str | None:
    """Of all documents in the call, each once."""
    return ",".join(dict.fromkeys(page.request_id for page in pages if page.request_id)) or None
