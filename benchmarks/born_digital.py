"""Pages that say themselves what is on them: their text layers against reading their pictures."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.documents import write_documents
from benchmarks.places import ROOT
from benchmarks.report import Goal, Part, Table
from benchmarks.setup import Setup
from benchmarks.spread import Spread
from benchmarks.workers.born_digital import MODES

_GOALS = {"text layer, layout off": 20.0, "text layer, layout on": 3.0}
_MOST_SECONDS = 900.0
_MOST_PAGES = 1000


def measure(setup: Setup) -> Part:
    """Read the benchmark's own document in every way, on one thread."""
    document = setup.folder / "born-digital.pdf"
    write_documents(document)
    measured: dict[str, list[dict[str, Any]]] = {}
    for mode in MODES:
        setup.tell(mode)
        measured[mode] = _pages(document, mode, setup.rounds)
    table = Table(
        "Born-digital pages",
        (
            "Way",
            "CPU s/page",
            "of which intake",
            "Pages/s a core",
            "Of the median page",
            "Characters of the layer",
        ),
        tuple(_row(mode, pages) for mode, pages in measured.items()),
        "The PDF of which the page images above were made, its pages drawn as the service draws "
        "them, where it does; intake and engine in one process with one thread, "
        f"{setup.rounds} rounds. "
        "Median (lowest–highest) over the pages; pages a second are the mean. A picture on a page "
        "is looked at for text whatever the layer says, which takes longer than all the rest.",
    )
    goals = [
        Goal(
            f"Pages/s a core, {mode}, median page",
            least,
            median_pages_a_second(measured[mode]),
            "",
            1,
            "at least",
        )
        for mode, least in _GOALS.items()
    ]
    return Part((table,), tuple(goals), raw=dict(measured))


def pages_a_second(pages: list[dict[str, Any]]) -> float:
    """Of one core that does nothing else."""
    seconds: float = sum(page["intake"] + page["engine"] for page in pages)
    return len(pages) / seconds


def median_pages_a_second(pages: list[dict[str, Any]]) -> float:
    """As if all pages took as long as the one in the middle."""
    seconds: float = median(page["intake"] + page["engine"] for page in pages)
    return 1 / seconds


def _pages(document: Path, mode: str, rounds: int) -> list[dict[str, Any]]:
    worker = (sys.executable, "-m", "benchmarks.workers.born_digital")
    done = subprocess.run(
        (*worker, str(document), mode, str(rounds), str(_MOST_PAGES)),
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        check=True,
        capture_output=True,
        text=True,
        timeout=_MOST_SECONDS,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def _row(mode: str, pages: list[dict[str, Any]]) -> tuple[str, ...]:
    seconds = [page["intake"] + page["engine"] for page in pages]
    share = sum(page["characters_of_layer"] for page in pages)
    share /= max(1, sum(page["characters"] for page in pages))
    return (
        mode,
        Spread.of(seconds).shown(3),
        Spread.of(page["intake"] for page in pages).shown(3),
        f"{pages_a_second(pages):.1f}",
        f"{median_pages_a_second(pages):.1f}",
        f"{share:.0%}",
    )
