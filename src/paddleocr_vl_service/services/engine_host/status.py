"""What is known of the engine, for ``/health``."""

from __future__ import annotations

from dataclasses import dataclass

from paddleocr_vl_service.engines.base import EngineCapabilities


@dataclass(frozen=True)
class ProcessStatus:
    """One engine process.

    Attributes:
        device: What it runs on, or will.
        state: ``not-started``, ``loading``, ``ready``, ``working``, ``failed`` or ``stopped``.
        pid: Process id; None while there is no loaded process, like the next three.
        pages: Pages it has been given.
        resident_bytes: Memory it holds.
        age_seconds: Since it was spawned.
        restarts: How often it was replaced because it died, hung or answered nonsense.
        recycles: How often it was replaced because it had read or held enough.
    """

    device: str
    state: str
    pid: int | None
    pages: int | None
    resident_bytes: int | None
    age_seconds: float | None
    restarts: int
    recycles: int


@dataclass(frozen=True)
class EngineStatus:
    """The engine as a whole.

    Attributes:
        ready: Some process is loaded.
        capabilities: What the engine said of itself; None before it was loaded.
        failure: Why it cannot read pages; None when it can, or will when it is loaded.
        processes: One entry for each there may be.
        starts: Processes started since the service began.
        pages_waiting: Pages that wait for an engine process.
        pages_running: Pages that are being read.
        timeouts: Calls that took too long, since the service began.
    """

    ready: bool
    capabilities: EngineCapabilities | None
    failure: str | None
    processes: tuple[ProcessStatus, ...]
    starts: int
    pages_waiting: int
    pages_running: int
    timeouts: int = 0
