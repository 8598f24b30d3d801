"""How fast ``/health`` answers while something else goes on."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from benchmarks.places import ROOT
from benchmarks.server import ServerFailed
from benchmarks.spread import percentile
from benchmarks.workers.health_prober import READY

LATENCY_COLUMNS = ("Asked", "50 % within", "99 % within", "Slowest")


@contextmanager
def probing(port: int) -> Iterator[list[float]]:
    """Let a process of its own ask ``/health``; the list has the seconds after the context.

    Args:
        port: Of the server, on the loopback interface.

    Raises:
        ServerFailed: An answer was not 200, or none came.
    """
    latencies: list[float] = []
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.workers.health_prober", str(port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    ) as process:
        assert process.stdin is not None  # noqa: S101 - both were opened as pipes
        assert process.stdout is not None  # noqa: S101
        try:
            if process.stdout.readline().strip() != READY:
                raise _failure(process)
            yield latencies
            process.stdin.close()
            answer = process.stdout.readline()
            if not answer:
                raise _failure(process)
            latencies += json.loads(answer)
        finally:
            process.kill()


def latency_cells(latencies: Sequence[float]) -> tuple[str, ...]:
    """The cells below `LATENCY_COLUMNS`."""
    shown = (percentile(latencies, percent) for percent in (50, 99, 100))
    return (str(len(latencies)), *(f"{seconds * 1000:.1f} ms" for seconds in shown))


def _failure(process: subprocess.Popen[str]) -> ServerFailed:
    process.kill()
    said = process.stderr.read().strip().splitlines() if process.stderr else []
    return ServerFailed(f"/health could not be asked: {said[-1] if said else 'silently'}")
