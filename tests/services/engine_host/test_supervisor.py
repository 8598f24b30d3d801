import asyncio
from dataclasses import dataclass
from typing import cast

from paddleocr_vl_service.processes.worker import WorkerSpec
from paddleocr_vl_service.services.engine_host.engine_call import EngineCaller
from paddleocr_vl_service.services.engine_host.engine_process import EngineProcess
from paddleocr_vl_service.services.engine_host.page_queue import PageQueue
from paddleocr_vl_service.services.engine_host.recycling import RecyclingPlan
from paddleocr_vl_service.services.engine_host.scheduler import PageScheduler
from paddleocr_vl_service.services.engine_host.spool import Spool
from paddleocr_vl_service.services.engine_host.supervisor import Supervisor


@dataclass
class StubProcess:
    alive: bool = True
    stopped: bool = False
    pages: int = 1
    pid: int = 0

    async def stop(self) -> None:
        self.stopped = True


def supervisor() -> Supervisor:
    queue = PageQueue(PageScheduler(1), Spool(), lambda: None)
    return Supervisor(
        spec=WorkerSpec("test", "no:where"),
        device="cpu",
        queue=queue,
        caller=EngineCaller(queue, 1.0),
        plan=RecyclingPlan(),
        on_change=lambda: None,
    )


async def test_a_successor_that_is_loaded_in_the_moment_of_closing_is_not_forgotten() -> None:
    loaded, process, closing = asyncio.Event(), StubProcess(), supervisor()

    async def load() -> EngineProcess | None:
        await loaded.wait()
        return cast("EngineProcess", process)

    closing._successor = asyncio.create_task(load())
    closing._successor.add_done_callback(lambda _: running.cancel())
    running = asyncio.create_task(closing.run())
    closing.want()
    await asyncio.sleep(0.01)
    loaded.set()
    await asyncio.wait({running})
    assert running.cancelled()
    assert process.stopped


async def test_without_room_for_two_no_other_process_is_recycled_before_the_next_is_loaded() -> (
    None
):
    recycling, process = supervisor(), StubProcess()
    plan = recycling._plan
    plan.max_pages, plan.has_room_beside = 1, lambda _: False
    loading = asyncio.Event()

    async def load() -> EngineProcess:
        assert not plan.claim()
        loading.set()
        await asyncio.Event().wait()
        raise AssertionError

    recycling._start = load  # type: ignore[method-assign]
    recycling._recycle_if_due(cast("EngineProcess", process))
    assert recycling._successor is not None
    await asyncio.wait({recycling._successor})
    assert not plan.claim()
    assert await recycling._handed_over(cast("EngineProcess", process))
    recycling._wanted.set()
    running = asyncio.create_task(recycling.run())
    await asyncio.wait_for(loading.wait(), 5)
    running.cancel()
    await asyncio.wait({running})
    assert plan.claim()
