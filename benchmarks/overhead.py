"""What the service adds to its engine: the same pages three ways, turn by turn."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from benchmarks.in_process import service_in_process
from benchmarks.pages import Page
from benchmarks.readers import embedded, running
from benchmarks.report import Goal, Part, Table
from benchmarks.server import extract, running_server
from benchmarks.setup import Setup
from benchmarks.spread import Spread, pair_ratios

ENGINE, SERVICE, HTTP = "engine in a child process", "service without HTTP", "HTTP, one client"

_GOAL_PERCENT = 5.0
_MOST_PAGES = 4

Ways = dict[str, Callable[[Page], float]]
"""By name: reads a page and returns the seconds until its text was there."""


def measure(setup: Setup) -> Part:
    """Read a few pages by turns with the engine alone, with the service, and through HTTP."""
    pages = chosen(setup.pages, _MOST_PAGES)
    spec = embedded(setup.engine, setup.threads, like_the_service=True)
    log = setup.logs / "overhead-server.log"
    with (
        running([spec], setup.logs) as (reader,),
        service_in_process(setup.engine) as read,
        running_server(setup.engine, 1, log) as server,
        server.client() as client,
    ):
        contents = {page.path: page.path.read_bytes() for page in pages}
        ways: Ways = {
            ENGINE: lambda page: reader.read(page.path).seconds,
            SERVICE: partial(_timed, read),
            HTTP: lambda page: extract(client, page.path.name, contents[page.path]),
        }
        seconds = take_turns(ways, pages, setup)
    return _part(seconds, setup.threads)


def chosen(pages: Sequence[Page], most: int) -> list[Page]:
    """At most so many of the pages, from first to last."""
    if len(pages) <= most:
        return list(pages)
    return [pages[index * len(pages) // most] for index in range(most)]


def take_turns(ways: Ways, pages: Sequence[Page], setup: Setup) -> dict[str, list[float]]:
    """Seconds by way, in the same order of pages; who begins changes from turn to turn."""
    names = list(ways)
    for way in ways.values():
        way(pages[0])
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(setup.pairs):
        if turn % len(pages) == 0:
            setup.tell(f"turn {turn + 1} of {setup.pairs}")
        page = pages[turn % len(pages)]
        first = turn % len(names)
        for name in (*names[first:], *names[:first]):
            seconds[name].append(ways[name](page))
    return seconds


def _part(seconds: dict[str, list[float]], threads: int) -> Part:
    alone = seconds[ENGINE]
    rows = [(ENGINE, Spread.of(alone).shown(3), "", "")]
    for name in (SERVICE, HTTP):
        ratios = [ratio - 1 for ratio in pair_ratios(seconds[name], alone)]
        added = [one - other for one, other in zip(seconds[name], alone, strict=True)]
        rows.append(
            (
                name,
                Spread.of(seconds[name]).shown(3),
                f"{Spread.of(ratios).shown(1, 100)} %",
                f"{Spread.of(added).shown(0, 1000)} ms",
            )
        )
    table = Table(
        "What the service adds to its engine",
        ("Way", "Seconds a page", "More than the engine alone", "In milliseconds"),
        tuple(rows),
        f"{len(alone)} turns of each way, {threads} engine threads, PNG in, text out. Median "
        "(lowest–highest); the last two columns are differences within a turn. The engine alone "
        "decodes the image itself; the service checks it and decodes it in a reader process.",
    )
    overhead = Spread.of(pair_ratios(seconds[HTTP], alone)).median - 1
    goal = Goal("HTTP more than the engine alone", _GOAL_PERCENT, overhead * 100, " %", 1)
    return Part((table,), (goal,), raw=dict(seconds))


def _timed(read: Callable[[Path], object], page: Page) -> float:
    started = time.perf_counter()
    read(page.path)
    return time.perf_counter() - started
