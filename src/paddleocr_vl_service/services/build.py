"""From settings to a service."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

from paddleocr_vl_service.config.settings import Settings
from paddleocr_vl_service.engines.base import EngineConfig
from paddleocr_vl_service.engines.registry import EngineEntry
from paddleocr_vl_service.engines.tesseract_program import scripts_of
from paddleocr_vl_service.intake.intake import Intake, IntakeLimits
from paddleocr_vl_service.observability.telemetry import SILENT, Telemetry
from paddleocr_vl_service.services.admission import Admission, AdmissionLimits
from paddleocr_vl_service.services.cpus import usable_cpus
from paddleocr_vl_service.services.engine_choice import (
    PADDLEOCR_VL,
    abilities_of,
    choose_engine,
    paddleocr_vl_config,
)
from paddleocr_vl_service.services.engine_host.host import EngineHost, EngineHostConfig
from paddleocr_vl_service.services.gpu_probe import count_gpus
from paddleocr_vl_service.services.memory import MIB, total_bytes
from paddleocr_vl_service.services.paddleocr_vl_service import PaddleOCRVLService
from paddleocr_vl_service.services.temp_storage import TempStorage
from paddleocr_vl_service.services.vlm_server_probe import VlmServerProbe

logger = logging.getLogger(__name__)

_CPUS_PER_PROCESS = 4
_MOST_READERS = 4
_LEAST_SHORT_PLACES = 8
_ENGINES_SHARE_OF_MEMORY = 0.6
_LEAST_SHARE_BYTES = 1024 * MIB
"""Less than that would replace a sound engine after every large page."""


@dataclass(frozen=True)
class EnginePlan:
    """What the settings and this machine make of the engine.

    Attributes:
        name: As people call it.
        entry: Where its class is.
        devices: One process each; the same one several times for several processes.
        threads: CPU threads of each process.
        reason: Why ``ENGINE=auto`` means this engine, in one sentence; empty otherwise.
    """

    name: str
    entry: EngineEntry
    devices: tuple[str, ...]
    threads: int
    reason: str = ""


def plan_engine(settings: Settings, cpus: int, gpus: int) -> EnginePlan:
    """Choose engine, devices, processes and threads.

    The embedded engine gets about four threads a process, because more of them speed up a single
    page only a little; the CPUs are shared out among the processes. On GPUs there is one process
    each unless ``ENGINE_PROCESSES`` says how many, which then go round.

    Raises:
        ValueError: ``ENGINE`` names no engine, or ``DEVICE`` a GPU that is not there; the
            message is one sentence.
    """
    choice = choose_engine(settings, gpus)
    entry = choice.entry
    if settings.wants_gpu and gpus > 0 and entry.uses_gpu:
        named = _gpus_named(settings.device, gpus)
        processes = settings.engine_processes or len(named)
        devices = tuple(f"gpu:{named[index % len(named)]}" for index in range(processes))
    else:
        usual = 1 if entry.is_large else max(1, cpus // _CPUS_PER_PROCESS)
        processes = settings.engine_processes or usual
        devices = ("cpu",) * processes
    most = cpus if entry.is_large else _CPUS_PER_PROCESS
    threads = max(1, min(most, cpus // processes))
    return EnginePlan(entry.name, entry, devices, threads, choice.reason)


def _gpus_named(device: str, gpus: int) -> list[int]:
    """``gpu`` is ``gpu:0``."""
    named = [int(number) for number in device.partition(":")[2].split(",") if number] or [0]
    missing = [number for number in named if number >= gpus]
    if missing:
        raise ValueError(
            f"DEVICE={device} names GPU {missing[0]}, and this machine has {gpus}, counted from 0"
        )
    return named


def build_service(settings: Settings, telemetry: Telemetry = SILENT) -> PaddleOCRVLService:
    """Put the service together; nothing is started or loaded yet.

    Args:
        settings: Of the service.
        telemetry: Is told what happens inside.

    Raises:
        ValueError: The settings contradict each other or this machine; one sentence.
    """
    cpus, gpus = usable_cpus(), count_gpus() if settings.wants_gpu else 0
    plan = plan_engine(settings, cpus, gpus)
    if settings.wants_gpu and gpus == 0:
        logger.warning("GPU not available, using CPU")
    elif settings.wants_gpu and not plan.entry.uses_gpu:
        logger.info("The engine runs on the CPU only", extra={"engine": plan.name})
    if plan.reason:
        logger.info("ENGINE=auto is %s", plan.reason)
    limits = admission_limits(settings, plan)
    host = EngineHost(_host_config(settings, plan, limits), _vlm_server(settings, plan), telemetry)
    intake = Intake(
        IntakeLimits(
            max_pixels=settings.max_pixels,
            max_pages=settings.max_pages,
            timeout_seconds=settings.page_timeout_seconds,
        ),
        processes=max(1, min(_MOST_READERS, cpus)),
    )
    admission = Admission(limits, lambda: host.seconds_per_page)
    return PaddleOCRVLService(
        intake,
        host,
        TempStorage(settings.tmp_dir),
        admission,
        abilities_of(plan.entry, settings),
        telemetry=telemetry,
    )


def admission_limits(settings: Settings, plan: EnginePlan) -> AdmissionLimits:
    """How much may be in the house; single pages alone are to keep every process busy."""
    calls = len(plan.devices) * settings.engine_batch_pages
    return AdmissionLimits(
        long=settings.max_concurrent_requests,
        short=settings.max_concurrent_short_requests or max(_LEAST_SHORT_PLACES, 2 * calls),
        waiting=settings.max_queued_requests,
        uploaded_bytes=settings.max_queued_bytes,
    )


def _host_config(settings: Settings, plan: EnginePlan, limits: AdmissionLimits) -> EngineHostConfig:
    config = EngineHostConfig(
        name=plan.name,
        factory=plan.entry.factory,
        engine=EngineConfig(
            threads=plan.threads,
            tesseract_languages=settings.tesseract_languages,
            tesseract_path=settings.tesseract_path,
            paddleocr_vl=paddleocr_vl_config(settings, len(plan.devices)),
        ),
        devices=plan.devices,
        declared_scripts=_declared_scripts(settings, plan.entry),
        batch_pages=settings.engine_batch_pages,
        capacity=0,
        page_timeout=settings.page_timeout_seconds,
        start_timeout=settings.engine_start_timeout_seconds,
        max_pages=settings.engine_max_pages,
        max_bytes=settings.engine_max_rss_mb * MIB or _share_of_memory(len(plan.devices)),
    )
    # One more share: processes may still be reading pages of documents that were given up.
    shares = limits.long + limits.short + settings.max_running_jobs + 1
    return replace(config, capacity=shares * config.pages_in_flight)


def _vlm_server(settings: Settings, plan: EnginePlan) -> VlmServerProbe | None:
    """Looks after the server that the engine cannot do without; None where it needs none."""
    if plan.entry is not PADDLEOCR_VL or not settings.vl_rec_server_url:
        return None
    return VlmServerProbe(settings.vl_rec_server_url, settings.vl_rec_api_key.get_secret_value())


def _declared_scripts(settings: Settings, entry: EngineEntry) -> tuple[str, ...]:
    """Those of tesseract's language packs included, where the engine uses it."""
    added = scripts_of(settings.tesseract_languages) if entry.uses_tesseract else ()
    return tuple(sorted({*entry.scripts, *added}))


def _share_of_memory(processes: int) -> int:
    """Bytes a process may hold when nobody said; 0, which is any amount, where that is unknown."""
    total = total_bytes()
    if total is None:
        return 0
    return max(_LEAST_SHARE_BYTES, int(total * _ENGINES_SHARE_OF_MEMORY / processes))
