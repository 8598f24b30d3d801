"""What it costs to have a page read, besides reading it: to the engine process and back."""

from __future__ import annotations

import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import uvloop
from PIL import Image

from benchmarks.report import Goal, Part, Table
from benchmarks.setup import Setup
from benchmarks.spread import percentile
from benchmarks.workers.simulated import CHARACTERS, ELEMENTS
from paddleocr_vl_service.models.document import PageImage, ParseOptions
from paddleocr_vl_service.services.engine_host.host import EngineHost, EngineHostConfig
from paddleocr_vl_service.services.engine_host.page_task import DocumentTurns

READING, AT_ONCE = "FileReadingEngine", "CannedEngine"

_GOAL_MILLISECONDS = 3.0
_WARM_UP_CALLS = 10


@dataclass(frozen=True)
class Plan:
    """How often, and how large the page is; A4 at 150 dpi."""

    calls: int = 500
    width: int = 1241
    height: int = 1754


PLAN = Plan()


def measure(setup: Setup) -> Part:
    """Send one page again and again to engines that answer at once."""
    setup.tell(f"{PLAN.calls} pages to each of two engines")
    with tempfile.TemporaryDirectory(prefix="paddleocr-vl-bench-") as folder:
        original = Path(folder) / "original.bmp"
        Image.new("RGB", (PLAN.width, PLAN.height), "white").save(original)
        megabytes = original.stat().st_size / 1e6
        seconds = uvloop.run(_by_turns(PLAN, original))
    table = Table(
        "A page's journey to the engine process and back",
        ("Engine", "Median", "99 % within", "Slowest"),
        (
            _row("reads the page's file, then answers at once", seconds[READING]),
            _row("answers at once", seconds[AT_ONCE]),
        ),
        f"{PLAN.calls} pages each, by turns, one at a time, through the engine host: queue, "
        f"hand-over of the page's file ({PLAN.width} x {PLAN.height} pixels, {megabytes:.1f} MB "
        f"BMP, written just before), and an answer with {ELEMENTS} elements of {CHARACTERS} "
        "characters, serialised and checked. Rendering the page is not part of it.",
    )
    milliseconds = percentile(seconds[READING], 50) * 1000
    goal = Goal("Journey of a page, file read (median)", _GOAL_MILLISECONDS, milliseconds, " ms")
    return Part((table,), (goal,), raw=dict(seconds))


async def _by_turns(plan: Plan, original: Path) -> dict[str, list[float]]:
    """Seconds of every journey, by engine."""
    hosts = {engine: _host(engine) for engine in (READING, AT_ONCE)}
    seconds: dict[str, list[float]] = {engine: [] for engine in hosts}
    try:
        for engine, host in hosts.items():
            spool = original.parent / engine
            spool.mkdir()
            host.open(spool)
            await host.warmup()
        for _ in range(_WARM_UP_CALLS + plan.calls):
            for engine, host in hosts.items():
                # A copy, because the host keeps the file and deletes it.
                copy = Path(shutil.copyfile(original, original.with_name("page.bmp")))
                page = PageImage(1, str(copy), plan.width, plan.height)
                seconds[engine].append(await _journey(host, page))
    finally:
        for host in hosts.values():
            await host.close()
    return {engine: each[_WARM_UP_CALLS:] for engine, each in seconds.items()}


def _host(engine: str) -> EngineHost:
    factory = f"benchmarks.workers.simulated:{engine}"
    return EngineHost(EngineHostConfig(name="simulated", factory=factory))


async def _journey(host: EngineHost, page: PageImage) -> float:
    started = time.perf_counter()
    result = await host.parse_page(page, ParseOptions(), DocumentTurns(pages=1))
    seconds = time.perf_counter() - started
    if len(result.elements) != ELEMENTS:
        raise RuntimeError("the engine answered something else")
    return seconds


def _row(engine: str, seconds: list[float]) -> tuple[str, ...]:
    shown = (percentile(seconds, percent) * 1000 for percent in (50, 99, 100))
    return (engine, *(f"{milliseconds:.2f} ms" for milliseconds in shown))
