"""What every part of the benchmark is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.pages import Page
from paddleocr_vl_service.config.settings import Settings
from paddleocr_vl_service.services.build import plan_engine
from paddleocr_vl_service.services.cpus import usable_cpus


@dataclass(frozen=True)
class Setup:
    """What is measured, on what, how often.

    Attributes:
        pages: At least one.
        engine: As ``ENGINE``.
        processes: Single-threaded engine processes where throughput is measured.
        rounds: How often every page is read by every program.
        starts: How often the server is started.
        pairs: How often HTTP is compared with the engine alone.
        rivals: Other programs to measure.
        folder: Keeps the rivals' environments.
        logs: Gets the logs of all processes.
        tell: Says what happens now.
    """

    pages: tuple[Page, ...]
    engine: str
    processes: int
    rounds: int
    starts: int
    pairs: int
    rivals: tuple[str, ...]
    folder: Path
    logs: Path
    tell: Callable[[str], None]

    @property
    def threads(self) -> int:
        """Threads that the service gives its engine on this machine when it has one process."""
        settings = Settings(_env_file=None, engine=self.engine, engine_processes=1, use_gpu=False)
        return plan_engine(settings, usable_cpus(), 0).threads
