"""How long a single image takes while long documents keep the only engine process busy."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.report import Goal, Part, Table
from benchmarks.server import Server, ServerFailed, extract_async, running_server
from benchmarks.setup import Setup
from benchmarks.simulated import STEADY_ENGINE, small_document, small_image
from benchmarks.spread import Spread

_GOAL_PAGE_TIMES = 3.0


@dataclass(frozen=True)
class Plan:
    """What is sent.

    Attributes:
        documents: Long ones, at the same time.
        pages: Of each of them.
        images: Single ones, one after the other.
        page_seconds: That the simulated engine takes for any page.
    """

    documents: int = 3
    pages: int = 100
    images: int = 20
    page_seconds: float = 0.25


PLAN = Plan()


@dataclass(frozen=True)
class _Measured:
    """Seconds of every image, and what came of the documents.

    Attributes:
        alone: Before there were documents.
        beside: While all documents were being read.
        idle_after: Seconds from when their clients hung up until nothing was done any more.
        pages_read: Of the documents.
    """

    alone: list[float]
    beside: list[float]
    idle_after: float
    pages_read: int


def measure(setup: Setup) -> Part:
    """Send single images one after the other while long documents are read."""
    setup.tell(f"{PLAN.images} images beside {PLAN.documents} documents of {PLAN.pages} pages")
    with running_server(
        STEADY_ENGINE,
        1,
        setup.logs / "fairness-server.log",
        MAX_CONCURRENT_REQUESTS=str(PLAN.documents),
        SIMULATED_PAGE_SECONDS=str(PLAN.page_seconds),
    ) as server:
        measured = asyncio.run(_measure(server, PLAN))
    return _part(PLAN, measured)


async def _measure(server: Server, plan: Plan) -> _Measured:
    document, image = small_document(plan.pages), small_image()
    async with server.async_client() as client:
        await extract_async(client, "first.png", image)  # loads the engine
        alone = [await extract_async(client, "alone.png", image) for _ in range(plan.images)]
        long = [
            asyncio.create_task(extract_async(client, f"{number}.tiff", document))
            for number in range(plan.documents)
        ]
        try:
            await asyncio.to_thread(
                server.wait_until, "reading all documents", lambda now: _all_read(now, plan)
            )
            beside = []
            for number in range(plan.images):
                # So that images meet the engine at the beginning of a page, and later, and later.
                await asyncio.sleep(plan.page_seconds * number / plan.images)
                if any(task.done() for task in long):
                    break  # what is measured from now on would not be beside all of them
                beside.append(await extract_async(client, f"{number}.png", image))
        finally:
            for task in long:
                task.cancel()
            ended = await asyncio.gather(*long, return_exceptions=True)
        for outcome in ended:
            if isinstance(outcome, ServerFailed):
                raise outcome
    idle_after = await asyncio.to_thread(server.wait_until, "idle", _idle)
    (process,) = server.health()["engine"]["processes"]
    return _Measured(alone, beside, idle_after, process["pages"] - 1 - len(alone) - len(beside))


def _all_read(health: dict[str, Any], plan: Plan) -> bool:
    queue = health["queue"]
    return bool(queue["running"] >= plan.documents and queue["pages_waiting"] >= plan.documents)


def _idle(health: dict[str, Any]) -> bool:
    return not any(
        health["queue"][what] for what in ("running", "waiting", "pages_running", "pages_waiting")
    )


def _part(plan: Plan, measured: _Measured) -> Part:
    beside = Spread.of(measured.beside)
    table = Table(
        "A single image beside long documents",
        ("Image", "Page times", "Milliseconds", "Times"),
        (
            _row("alone", measured.alone, plan),
            _row(f"beside {plan.documents} documents", measured.beside, plan),
        ),
        f"Median (lowest–highest). One simulated engine process that takes "
        f"{plan.page_seconds * 1000:g} ms for any page, {plan.documents} documents of "
        f"{plan.pages} pages under way, images one after the other at different moments of a "
        f"page. After {measured.pages_read} pages of the documents their clients hung up, and the "
        f"server was idle within {measured.idle_after:.1f} s.",
    )
    goal = Goal(
        "Slowest image beside long documents",
        _GOAL_PAGE_TIMES,
        beside.high / plan.page_seconds,
        " page times",
    )
    return Part((table,), (goal,), raw={"page_seconds": plan.page_seconds, **asdict(measured)})


def _row(image: str, seconds: list[float], plan: Plan) -> tuple[str, ...]:
    spread = Spread.of(seconds)
    return (
        image,
        spread.shown(2, 1 / plan.page_seconds),
        spread.shown(0, 1000),
        str(spread.count),
    )
