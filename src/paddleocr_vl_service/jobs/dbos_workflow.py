"""What DBOS is told: one workflow a document, one step a page.

DBOS keeps to one instance a process and calls functions by their names, so there is one workflow of
this module, and it does what the queue that was opened last is there for. It runs in DBOS's own
threads; the steps are done on the event loop that opened the queue. Importing DBOS takes most of a
second, so this module is imported in a thread, when the queue is opened.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from dbos import DBOS, Serializer, SetEnqueueOptions, SetWorkflowID

from paddleocr_vl_service.jobs.work_queue import JobWork, WorkStopped
from paddleocr_vl_service.services.in_order import all_or_none

_T = TypeVar("_T")

QUEUE = "documents"
STEPS_VERSION = "1"
"""To be changed with the order of the steps below; workflows of another version are left alone."""

_PRIORITY = 5


class JsonSerializer(Serializer):
    """JSON instead of pickle: who can write into the database must not be able to run code."""

    def serialize(self, data: Any) -> str:
        """As JSON; an exception is its name and its words."""
        return json.dumps(data, default=_plain)

    def deserialize(cls, serialized_data: str) -> Any:  # noqa: N805 - as the base class has it
        """The reverse; an exception comes back as `WorkStopped`."""
        return json.loads(serialized_data, object_hook=_object)

    def name(self) -> str:
        """By which DBOS tells serialisers apart."""
        return "paddleocr_vl_service_json"


def _plain(value: object) -> object:
    if isinstance(value, BaseException):
        return {"__exception__": type(value).__name__, "message": str(value)[:500]}
    raise TypeError(f"{type(value).__name__} does not belong into the database")


def _object(found: dict[str, Any]) -> object:
    if "__exception__" in found:
        return WorkStopped(f"{found['__exception__']}: {found['message']}")
    return found


class Current:
    """The queue that is open."""

    work: JobWork
    loop: asyncio.AbstractEventLoop


async def _there(coroutine: Coroutine[Any, Any, _T]) -> _T:
    """Wait for something that is done on the loop that opened the queue."""
    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(coroutine, Current.loop))


@DBOS.workflow(name="read_document", max_recovery_attempts=3)
async def _read_document(job_id: str, epoch: int) -> None:
    try:
        await _steps(job_id, epoch)
    except WorkStopped:
        return
    except Exception:
        await _there(Current.work.interrupted(job_id, epoch))
        raise


async def _steps(job_id: str, epoch: int) -> None:
    pages: list[int] = await DBOS.run_step_async({"name": "begin"}, _begin, job_id, epoch)
    # Numbers of steps are drawn in order, whatever order the pages are finished in.
    steps = [(page, DBOS.reserve_step()) for page in pages]
    places = asyncio.Semaphore(Current.work.pages_at_a_time)

    async def read(page: int, step: Any) -> None:
        async with places:
            await step.run_async({"name": "page"}, _read_page, job_id, epoch, page)

    await all_or_none(read(page, step) for page, step in steps)
    await DBOS.run_step_async({"name": "end"}, _end, job_id, epoch)


async def _begin(job_id: str, epoch: int) -> list[int]:
    return await _there(Current.work.begin(job_id, epoch))


async def _read_page(job_id: str, epoch: int, page: int) -> int:
    await _there(Current.work.read_page(job_id, epoch, page))
    return page


async def _end(job_id: str, epoch: int) -> None:
    await _there(Current.work.end(job_id, epoch))


def enqueue(job_id: str, epoch: int) -> None:
    """Put a job into the queue; a second time it changes nothing. Blocks."""
    with SetWorkflowID(_workflow(job_id, epoch)), SetEnqueueOptions(priority=_PRIORITY):
        DBOS.enqueue_workflow(QUEUE, _read_document, job_id, epoch)


def waiting(jobs: Sequence[tuple[str, int]]) -> set[tuple[str, int]]:
    """Those of the jobs that wait to be handed out. Blocks."""
    if not jobs:
        return set()  # to DBOS, an empty list of names means all workflows
    names = {_workflow(*job): job for job in jobs}
    found = DBOS.list_workflows(
        workflow_ids=list(names), status="ENQUEUED", load_input=False, load_output=False
    )
    return {names[each.workflow_id] for each in found}


def forget(job_id: str, epochs: int) -> None:
    """Remove a job's workflows of all epochs up to this one. Blocks."""
    DBOS.delete_workflows([_workflow(job_id, epoch) for epoch in range(1, epochs + 1)])


def _workflow(job_id: str, epoch: int) -> str:
    return f"{job_id}.{epoch}"
