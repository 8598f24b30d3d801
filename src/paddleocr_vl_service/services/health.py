"""Whether the service can do its job."""

from __future__ import annotations

from dataclasses import dataclass

from paddleocr_vl_service.services.engine_host.status import EngineStatus


@dataclass(frozen=True)
class HealthReport:
    """What ``/health`` tells.

    Attributes:
        reason: Why the service cannot do its job, in one sentence; None when it can.
        engine_name: The engine that ``ENGINE`` means.
        device: What the engine runs on, or will.
        gpu_enabled: Before loading: whether the engine will find a GPU; then: whether it uses one.
        scripts: ISO 15924 codes of what it reads; empty while unknown.
        engine: The engine's processes, and the pages that wait for them.
        storage_failure: Why ``TMP_DIR`` cannot be used; None when it can.
    """

    reason: str | None
    engine_name: str
    device: str
    gpu_enabled: bool
    scripts: tuple[str, ...]
    engine: EngineStatus
    storage_failure: str | None = None


def why_not_ready(report: HealthReport, *, stopping: bool, engine_awaited: bool) -> str | None:
    """Why documents should go elsewhere, in one sentence; None where they may come.

    Args:
        report: How the service is.
        stopping: Whether it is closing.
        engine_awaited: Whether nothing is to come before the engine was loaded once.
    """
    if stopping:
        return "The service is shutting down."
    if report.reason is None and engine_awaited and report.engine.capabilities is None:
        return "The engine is being loaded."
    return report.reason


def report_health(
    engine_name: str,
    expected_device: str,
    declared_scripts: tuple[str, ...],
    engine: EngineStatus,
    storage_failure: str | None,
) -> HealthReport:
    """What the engine says of itself, or what is expected of it while it is not loaded."""
    loaded = engine.capabilities
    device = loaded.device if loaded else expected_device
    return HealthReport(
        reason=engine.failure or storage_failure,
        engine_name=loaded.info.name if loaded else engine_name,
        device=device,
        gpu_enabled=device.startswith("gpu"),
        scripts=loaded.scripts if loaded else declared_scripts,
        engine=engine,
        storage_failure=storage_failure,
    )
