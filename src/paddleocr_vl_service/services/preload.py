"""Loads the engine in the background, so that the port opens at once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from paddleocr_vl_service.models.errors import EngineUnavailable
from paddleocr_vl_service.services.paddleocr_vl_service import PaddleOCRVLService

logger = logging.getLogger(__name__)


@asynccontextmanager
async def preloading(service: PaddleOCRVLService, *, enabled: bool) -> AsyncIterator[None]:
    """Load the engine while the context's body runs; a failure shows in the health check."""
    task = asyncio.create_task(_load(service)) if enabled else None
    try:
        yield
    finally:
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def _load(service: PaddleOCRVLService) -> None:
    try:
        await service.warmup()
    except EngineUnavailable:
        return  # the host has logged it and remembers it for the health check
    logger.info("The engine is loaded")
