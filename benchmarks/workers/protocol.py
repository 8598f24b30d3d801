"""How a worker talks to the benchmark: one JSON value a line. Standard library only.

The first line that a worker writes says what it is (`Loaded`); then it answers every path it
reads with what that cost.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

ReadPage = Callable[[str], str]
"""Reads the image of that path and returns the text that it found."""

Load = Callable[[], tuple[dict[str, str], ReadPage]]
"""Loads the models; returns versions by name, and what reads a page."""


def serve(load: Load) -> None:
    """Load once, then read pages until standard input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a library prints belongs to the log
    started = time.perf_counter()
    versions, read_page = load()
    load_seconds = time.perf_counter() - started
    _answer(answers, {"versions": versions, "load_seconds": load_seconds})
    for line in sys.stdin:
        path = json.loads(line)
        cpu, started = cpu_seconds(), time.perf_counter()
        text = read_page(path)
        seconds = time.perf_counter() - started
        _answer(
            answers,
            {
                "seconds": seconds,
                "cpu_seconds": cpu_seconds() - cpu,
                "peak_bytes": peak_bytes(),
                "text": text,
            },
        )


def cpu_seconds() -> float:
    """CPU time of this process, all threads, and of its children that have ended."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def peak_bytes() -> int:
    """Most memory that this process, or one of its ended children, held at a time."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    return max(peak_bytes_of(os.getpid()), children)


def peak_bytes_of(pid: int) -> int:
    """Most memory that a process has held; 0 where the system does not tell.

    Of its own memory map: `ru_maxrss` would remember that of the program which started it.
    """
    try:
        status = Path(f"/proc/{pid}/status").read_text("ascii", "replace")
    except OSError:
        return 0
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def _answer(stream: TextIO, message: dict[str, object]) -> None:
    print(json.dumps(message), file=stream, flush=True)
