"""What ``worker`` does: jobs, and nothing else."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from contextlib import suppress

from paddleocr_vl_service.config.settings import Settings
from paddleocr_vl_service.jobs.build import build_jobs
from paddleocr_vl_service.observability.build import build_tracer
from paddleocr_vl_service.observability.meter import PrometheusMeter
from paddleocr_vl_service.observability.telemetry import Telemetry
from paddleocr_vl_service.services.build import build_service
from paddleocr_vl_service.services.preload import preloading
from paddleocr_vl_service.worker_http import answering

logger = logging.getLogger("main")

_LOOK_SECONDS = 1.0


async def run_worker(settings: Settings, listener: socket.socket | None = None) -> bool:
    """Work on jobs until SIGTERM or Ctrl-C.

    Args:
        settings: Of the worker.
        listener: Where it says how it is; None for nowhere.

    Returns:
        Whether it ended because it was told to, and not because jobs cannot be looked after.
    """
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    logger.info("Starting up", extra={"settings": settings.masked()})
    meter = PrometheusMeter()
    telemetry = Telemetry(meter, build_tracer(settings))
    service = build_service(settings, telemetry)
    service.open()
    jobs = build_jobs(settings, service, telemetry)
    async with answering(listener, settings, telemetry, meter, service=service, jobs=jobs):
        try:
            await jobs.open()
            logger.info("Working on jobs")
            async with preloading(service, enabled=settings.preload_model):
                while not told.is_set() and not jobs.is_dead:
                    with suppress(asyncio.TimeoutError):
                        await asyncio.wait_for(told.wait(), _LOOK_SECONDS)
        finally:
            logger.info("Shutting down")
            service.admission.stop()
            await jobs.close(settings.shutdown_grace_seconds)
            await service.close()
            await telemetry.tracer.close()
    return told.is_set()
