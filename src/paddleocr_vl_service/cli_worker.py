"""What ``worker`` does: jobs, and nothing else."""

from __future__ import annotations

import asyncio
import logging
import signal
from contextlib import suppress

from paddleocr_vl_service.config.settings import Settings
from paddleocr_vl_service.jobs.build import build_jobs
from paddleocr_vl_service.services.build import build_service

logger = logging.getLogger("main")

_LOOK_SECONDS = 1.0


async def run_worker(settings: Settings) -> bool:
    """Work on jobs until SIGTERM or Ctrl-C.

    Returns:
        Whether it ended because it was told to, and not because jobs cannot be looked after.
    """
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    logger.info("Starting up", extra={"settings": settings.masked()})
    service = build_service(settings)
    service.open()
    jobs = build_jobs(settings, service)
    try:
        await jobs.open()
        logger.info("Working on jobs")
        while not told.is_set() and not jobs.is_dead:
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(told.wait(), _LOOK_SECONDS)
    finally:
        logger.info("Shutting down")
        await jobs.close(settings.shutdown_grace_seconds)
        await service.close()
    return told.is_set()
