"""The benchmark's end of a worker: a program that reads page images in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.places import ROOT
from paddleocr_vl_service.services.engine_host.host import NICENESS

_MOST_SECONDS = 300.0
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "OPENBLAS_NUM_THREADS")


class ReaderFailed(Exception):
    """A program could not be started, or failed on a page; the message says which and why."""


@dataclass(frozen=True)
class ReaderSpec:
    """A program to be measured.

    Attributes:
        name: For people.
        command: Starts its worker.
        environment: Variables that it gets besides the benchmark's own.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reading:
    """What one page cost, and what was read."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    text: str

    @property
    def characters(self) -> int:
        """How many were read."""
        return len(self.text)


def embedded(engine: str, threads: int, *, like_the_service: bool = False) -> ReaderSpec:
    """An engine of the service, called directly in a child process like the service's.

    Args:
        engine: As ``ENGINE``.
        threads: CPU threads it may use.
        like_the_service: As nice as the service's own engine processes, to compare the two.
    """
    module = ("-m", "benchmarks.workers.embedded")
    niceness = NICENESS if like_the_service else 0
    return ReaderSpec(
        f"{engine}, {threads} thread{'s' if threads > 1 else ''}",
        (sys.executable, *module, engine, str(threads), str(niceness)),
        {"OMP_NUM_THREADS": str(threads)},
    )


class ReaderProcess:
    """A worker with its models loaded.

    Args:
        spec: What to start.
        log_folder: Whatever it says goes to a file there.

    Raises:
        ReaderFailed: It does not start.
    """

    def __init__(self, spec: ReaderSpec, log_folder: Path) -> None:
        self.spec = spec
        self._log = log_folder / f"{''.join(c if c.isalnum() else '-' for c in spec.name)}.log"
        environment = {k: v for k, v in os.environ.items() if k not in _THREAD_VARIABLES}
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                spec.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=ROOT,
                env={**environment, "PYTHONPATH": str(ROOT), **spec.environment},
                text=True,
                encoding="utf-8",
            )
        try:
            loaded = self._answer("while starting")
        except ReaderFailed:
            self.close()
            raise
        self.versions: dict[str, str] = loaded["versions"]
        self.load_seconds: float = loaded["load_seconds"]

    def read(self, path: Path) -> Reading:
        """Read one page.

        Raises:
            ReaderFailed: The program ended, or took minutes.
        """
        assert self._process.stdin is not None  # noqa: S101 - it was opened as a pipe
        try:
            self._process.stdin.write(json.dumps(str(path)) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise self._failure(f"on {path.name}") from error
        return Reading(**self._answer(f"on {path.name}"))

    def close(self) -> None:
        """End it, now if it does not leave by itself."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _answer(self, when: str) -> dict[str, Any]:
        assert self._process.stdout is not None  # noqa: S101 - it was opened as a pipe
        too_late = threading.Timer(_MOST_SECONDS, self._process.kill)
        too_late.start()
        try:
            line = self._process.stdout.readline()
        finally:
            too_late.cancel()
            too_late.join()
        if not line:
            raise self._failure(when)
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _failure(self, when: str) -> ReaderFailed:
        said = self._log.read_text("utf-8", "replace").strip().splitlines()
        return ReaderFailed(f"{self.spec.name} failed {when}: {said[-1] if said else 'silently'}")


@contextmanager
def running(specs: Sequence[ReaderSpec], log_folder: Path) -> Iterator[list[ReaderProcess]]:
    """Several workers, all of them ended afterwards."""
    with ExitStack() as stack:
        readers = []
        for spec in specs:
            reader = ReaderProcess(spec, log_folder)
            stack.callback(reader.close)
            readers.append(reader)
        yield readers
