"""Runs the application under uvicorn, as one process."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
from typing import Any

import uvicorn
from fastapi import FastAPI

from paddleocr_vl_service.config.settings import Settings
from paddleocr_vl_service.main import create_app, drain

logger = logging.getLogger(__name__)

_FACTORY = "paddleocr_vl_service.main:create_app"
_SLACK_SECONDS = 5  # for answering 503 to whatever outlasted the grace


class _Server(uvicorn.Server):
    """Tells the service of a shutdown when it begins, not when every connection has ended."""

    def __init__(self, config: uvicorn.Config, app: FastAPI, grace: float) -> None:
        super().__init__(config)
        self._app = app
        self._grace = grace

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drain the service while uvicorn waits for its connections."""
        draining = asyncio.ensure_future(drain(self._app, self._grace))
        await super().shutdown(sockets)
        if self.force_exit:  # a second Ctrl-C: whatever still runs is given up
            draining.cancel()
            self._app.state.jobs.hurry()
            await self.lifespan.shutdown()
        await asyncio.wait({draining})
        if not draining.cancelled() and (error := draining.exception()) is not None:
            logger.error("The service did not shut down in good order", exc_info=error)


def run_server(settings: Settings) -> None:
    """Serve until a signal; ``DEBUG`` restarts when the source changes."""
    options: dict[str, Any] = {
        "host": settings.app_host,
        "port": settings.app_port,
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "timeout_graceful_shutdown": int(settings.shutdown_grace_seconds) + _SLACK_SECONDS,
    }
    # Uvicorn raises the signal that ended it once more when it is done; that is a clean exit.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if settings.debug:
        uvicorn.run(_FACTORY, factory=True, reload=True, **options)
        return
    app = create_app(settings)
    server = _Server(uvicorn.Config(app, **options), app, settings.shutdown_grace_seconds)
    server.run()
    if not server.started:
        sys.exit(1)
