"""Seconds, CPU and memory a page: the engine and other programs, turn by turn."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from typing import Any

from benchmarks import rivals
from benchmarks.pages import Page
from benchmarks.readers import ReaderFailed, ReaderProcess, Reading, embedded, running
from benchmarks.report import Goal, Part, Table
from benchmarks.setup import Setup
from benchmarks.spread import Spread, pair_ratios

MIB = 2**20
_GOAL = 0.6

Rounds = list[list[Reading]]
"""One list a round, with one reading a page."""


def measure(setup: Setup) -> Part:
    """Let each program in turn read each page, round after round."""
    threads = setup.threads
    ours = [embedded(setup.engine, count) for count in sorted({1, threads}, reverse=True)]
    with ExitStack() as stack:
        readers = stack.enter_context(running(ours, setup.logs))
        theirs, missing = _rivals(setup, stack)
        everybody = [*readers, *theirs.values()]
        measured = take_turns(everybody, setup)
        versions = _versions(everybody)
    names = {reader.spec.name: reader for reader in everybody}
    tables = [_programs(names, measured, missing)]
    goals = []
    if rivals.RAPIDOCR in theirs:
        rapidocr = measured[theirs[rivals.RAPIDOCR].spec.name]
        ratios = ratios_by_pair(measured[ours[0].name], rapidocr)
        tables.append(ratio_table(setup.pages, measured[ours[0].name], rapidocr))
        figure: float | None = Spread.of(ratios).median
    else:
        figure = None
    if rivals.RAPIDOCR in setup.rivals:
        goals.append(Goal("Seconds a page, ours / rapidocr (median of pairs)", _GOAL, figure))
    return Part(tuple(tables), tuple(goals), versions, _raw(measured))


def take_turns(readers: Sequence[ReaderProcess], setup: Setup) -> dict[str, Rounds]:
    """Readings by program; who begins changes from page to page."""
    for reader in readers:
        reader.read(setup.pages[0].path)  # what only the first page costs is measured elsewhere
    measured: dict[str, Rounds] = {reader.spec.name: [] for reader in readers}
    for number in range(setup.rounds):
        setup.tell(f"round {number + 1} of {setup.rounds}")
        for rounds in measured.values():
            rounds.append([])
        for index, page in enumerate(setup.pages):
            first = (number + index) % len(readers)
            for reader in (*readers[first:], *readers[:first]):
                measured[reader.spec.name][-1].append(reader.read(page.path))
    return measured


def ratios_by_pair(ours: Rounds, theirs: Rounds) -> list[float]:
    """Seconds of every reading of ours over theirs of the same page and round."""
    one, other = (
        [reading.seconds for each in rounds for reading in each] for rounds in (ours, theirs)
    )
    return pair_ratios(one, other)


def program_row(reader_name: str, load_seconds: float, rounds: Rounds) -> tuple[str, ...]:
    """A program's figures, as means over the pages of a round."""
    readings = [reading for each in rounds for reading in each]
    seconds = Spread.of(_mean([reading.seconds for reading in each]) for each in rounds)
    cpu = Spread.of(_mean([reading.cpu_seconds for reading in each]) for each in rounds)
    return (
        reader_name,
        seconds.shown(),
        cpu.shown(),
        f"{max(reading.peak_bytes for reading in readings) / MIB:.0f} MiB",
        f"{load_seconds:.2f}",
        f"{sum(reading.characters for reading in rounds[0])}",
    )


def ratio_table(pages: Sequence[Page], ours: Rounds, theirs: Rounds) -> Table:
    """Page by page: our seconds, rapidocr's, and the ratio of the pairs."""
    rows = []
    for index, page in enumerate(pages):
        one, other = ([each[index].seconds for each in rounds] for rounds in (ours, theirs))
        spreads = map(Spread.of, (one, other, pair_ratios(one, other)))
        rows.append((page.name, *(spread.shown() for spread in spreads)))
    ratios = Spread.of(ratios_by_pair(ours, theirs))
    rows.append(("all pairs", "", "", ratios.shown()))
    return Table(
        "Page by page against rapidocr",
        ("Page", "Ours, s", "rapidocr, s", "Ours / rapidocr"),
        tuple(rows),
        "Each pair was measured one right after the other; median (lowest–highest).",
    )


def _programs(
    readers: dict[str, ReaderProcess], measured: dict[str, Rounds], missing: dict[str, str]
) -> Table:
    columns = ("Program", "Seconds a page", "CPU seconds a page", "Peak memory", "Loading, s")
    rows = [program_row(name, readers[name].load_seconds, measured[name]) for name in measured]
    rows += [(rival, reason, "", "", "", "") for rival, reason in missing.items()]
    return Table(
        "One page after the other, each program alone",
        (*columns, "Characters read"),
        tuple(rows),
        "Means over the pages of a round; median (lowest–highest) of the rounds. PNG file in, text "
        "out, models kept loaded; tesseract is started for every page. rapidocr uses all CPUs "
        "unless told otherwise. Characters show that everybody read the same pages.",
    )


def _rivals(setup: Setup, stack: ExitStack) -> tuple[dict[str, ReaderProcess], dict[str, str]]:
    """The rivals that run, and why the others do not."""
    found, missing = {}, {}
    for rival in setup.rivals:
        setup.tell(f"preparing {rival}")
        try:
            spec = rivals.prepare(rival, setup.folder)
            (found[rival],) = stack.enter_context(running([spec], setup.logs))
        except (rivals.RivalMissing, ReaderFailed) as error:
            missing[rival] = str(error)
    return found, missing


def _versions(readers: Sequence[ReaderProcess]) -> dict[str, str]:
    told: dict[str, str] = {}
    for reader in readers:
        program = reader.spec.name.split(",")[0]
        told[f"{program} runs with"] = ", ".join(
            f"{name} {text}" for name, text in reader.versions.items()
        )
    return told


def _raw(measured: dict[str, Rounds]) -> dict[str, Any]:
    return {
        name: [[asdict(reading) for reading in each] for each in rounds]
        for name, rounds in measured.items()
    }


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
