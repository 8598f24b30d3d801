"""What a ``worker`` answers over HTTP where ``WORKER_PORT`` is set: how it is, and its metrics."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from fastapi import FastAPI

from paddleocr_vl_service import __version__
from paddleocr_vl_service.config.settings import Settings
from paddleocr_vl_service.jobs.service import JobService
from paddleocr_vl_service.observability.build import build_scraper
from paddleocr_vl_service.observability.meter import PrometheusMeter
from paddleocr_vl_service.observability.middleware import RequestContextMiddleware
from paddleocr_vl_service.observability.telemetry import Telemetry
from paddleocr_vl_service.routers import health_router, metrics_router
from paddleocr_vl_service.routers.problems import add_problem_handlers, unexpected_problem
from paddleocr_vl_service.services.paddleocr_vl_service import PaddleOCRVLService

logger = logging.getLogger("main")

_BACKLOG = 64
_CLOSING_SECONDS = 2


class _Server(uvicorn.Server):
    """Leaves signals to the worker, and is quick to go."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listen(settings: Settings) -> socket.socket | None:
    """Claim ``WORKER_PORT``; None where there is none. Raises `OSError` where it is taken."""
    if settings.worker_port is None:
        return None
    family = socket.AF_INET6 if ":" in settings.app_host else socket.AF_INET
    address = (settings.app_host, settings.worker_port)
    return socket.create_server(address, family=family, backlog=_BACKLOG)


@asynccontextmanager
async def answering(
    listener: socket.socket | None,
    settings: Settings,
    telemetry: Telemetry,
    meter: PrometheusMeter,
    *,
    service: PaddleOCRVLService,
    jobs: JobService,
) -> AsyncIterator[None]:
    """Answer while the context's body runs, its end included.

    Args:
        listener: Of `listen`; closed afterwards.
        settings: Of the worker.
        telemetry: Is told of requests.
        meter: What ``/metrics`` shows.
        service: Reads pages.
        jobs: What the worker works on.
    """
    if listener is None:
        yield
        return
    scraper = build_scraper(settings, meter, service, jobs)
    app = FastAPI(
        title=settings.app_name,
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.state.settings, app.state.telemetry = settings, telemetry
    app.state.service, app.state.jobs, app.state.scraper = service, jobs, scraper
    app.state.only_jobs = True
    for module in (health_router, metrics_router) if settings.metrics else (health_router,):
        app.include_router(module.router)
    add_problem_handlers(app)
    app.add_middleware(RequestContextMiddleware, on_error=unexpected_problem(), telemetry=telemetry)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=_CLOSING_SECONDS,
    )
    server = _Server(config)
    logger.info("Answering health checks", extra={"port": listener.getsockname()[1]})
    serving = asyncio.create_task(server.serve(sockets=[listener]), name="worker's HTTP")
    serving.add_done_callback(_ended)
    try:
        yield
    finally:
        server.should_exit = True
        await asyncio.wait({serving})
        listener.close()
        await scraper.close()


def _ended(task: asyncio.Task[None]) -> None:
    """Jobs go on without it, and whoever asks notices."""
    if not task.cancelled() and (error := task.exception()) is not None:
        logger.critical("Health checks are not answered any more", exc_info=error)
