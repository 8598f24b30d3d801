"""From settings to a service."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from paddleocr_vl_service.config.settings import Settings
from paddleocr_vl_service.engines.base import EngineConfig
from paddleocr_vl_service.engines.registry import EngineEntry, find_engine
from paddleocr_vl_service.intake.intake import Intake, IntakeLimits
from paddleocr_vl_service.services.admission import Admission
from paddleocr_vl_service.services.cpus import usable_cpus
from paddleocr_vl_service.services.engine_host import EngineHost, EngineHostConfig
from paddleocr_vl_service.services.gpu_probe import count_gpus
from paddleocr_vl_service.services.paddleocr_vl_service import PaddleOCRVLService
from paddleocr_vl_service.services.temp_storage import TempStorage

logger = logging.getLogger(__name__)

_CPUS_PER_PROCESS = 4
_MOST_READERS = 4


@dataclass(frozen=True)
class EnginePlan:
    """What the settings and this machine make of the engine."""

    name: str
    entry: EngineEntry
    device: str
    processes: int
    threads: int


def plan_engine(settings: Settings, cpus: int, gpus: int) -> EnginePlan:
    """Choose engine, device, processes and threads.

    The embedded engine gets about four threads a process, because more of them speed up a single
    page only a little; the CPUs are shared out among the processes.

    Raises:
        ValueError: ``ENGINE`` names no engine; the message is one sentence.
    """
    entry = find_engine(settings.engine)
    on_gpu = settings.wants_gpu and gpus > 0 and entry.uses_gpu
    processes = settings.engine_processes or max(1, cpus // _CPUS_PER_PROCESS)
    return EnginePlan(
        name=entry.name,
        entry=entry,
        device=_first_gpu(settings.device) if on_gpu else "cpu",
        processes=processes,
        threads=max(1, min(_CPUS_PER_PROCESS, cpus // processes)),
    )


def _first_gpu(device: str) -> str:
    """``gpu`` is ``gpu:0``; of several, the first."""
    kind, _, numbers = device.partition(":")
    return f"{kind}:{numbers.partition(',')[0] or 0}"


def build_service(settings: Settings) -> PaddleOCRVLService:
    """Put the service together; nothing is started or loaded yet.

    Raises:
        ValueError: The settings contradict each other or this machine; one sentence.
    """
    cpus, gpus = usable_cpus(), count_gpus() if settings.wants_gpu else 0
    plan = plan_engine(settings, cpus, gpus)
    if settings.wants_gpu and gpus == 0:
        logger.warning("GPU not available, using CPU")
    elif settings.wants_gpu and not plan.entry.uses_gpu:
        logger.info("The engine runs on the CPU only", extra={"engine": plan.name})
    host = EngineHost(
        EngineHostConfig(
            name=plan.name,
            factory=plan.entry.factory,
            engine=EngineConfig(device=plan.device, threads=plan.threads),
            declared_scripts=plan.entry.scripts,
            processes=plan.processes,
            page_timeout=settings.page_timeout_seconds,
        )
    )
    intake = Intake(
        IntakeLimits(
            max_pixels=settings.max_pixels,
            max_pages=settings.max_pages,
            timeout_seconds=settings.page_timeout_seconds,
        ),
        processes=max(1, min(_MOST_READERS, cpus)),
    )
    admission = Admission(settings.max_concurrent_requests, settings.max_queued_requests)
    return PaddleOCRVLService(intake, host, TempStorage(settings.tmp_dir), admission)
