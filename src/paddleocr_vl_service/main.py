"""The FastAPI application: ``create_app(settings)``."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from paddleocr_vl_service import __version__
from paddleocr_vl_service.config.logging_config import LoggingConfig, configure_logging
from paddleocr_vl_service.config.settings import Settings
from paddleocr_vl_service.jobs.build import build_jobs
from paddleocr_vl_service.jobs.service import JobService
from paddleocr_vl_service.observability.build import build_scraper, build_tracer
from paddleocr_vl_service.observability.meter import PrometheusMeter
from paddleocr_vl_service.observability.middleware import (
    REQUEST_ID_HEADER,
    RequestContextMiddleware,
)
from paddleocr_vl_service.observability.request_context import RequestIdFilter
from paddleocr_vl_service.observability.telemetry import Telemetry
from paddleocr_vl_service.routers import (
    docs_router,
    health_router,
    jobs_router,
    metrics_router,
    ocr_router,
)
from paddleocr_vl_service.routers.lingering_close import LingeringClose
from paddleocr_vl_service.routers.openapi import describe
from paddleocr_vl_service.routers.problems import add_problem_handlers, unexpected_problem
from paddleocr_vl_service.services.build import build_service
from paddleocr_vl_service.services.paddleocr_vl_service import PaddleOCRVLService
from paddleocr_vl_service.services.preload import preloading
from paddleocr_vl_service.services.single_process import refuse_second_worker

logger = logging.getLogger("main")


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application; nothing is started before its lifespan.

    Args:
        settings: Read from the environment by default.
    """
    settings = settings or Settings()
    configure_logging(LoggingConfig(settings.log_level, settings.log_format), [RequestIdFilter()])
    app = FastAPI(
        title=settings.app_name,
        version=__version__,
        summary="Documents in, structured data out.",
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.settings = settings
    app.state.meter = meter = PrometheusMeter()
    app.state.telemetry = telemetry = Telemetry(meter)
    watching = (health_router, metrics_router) if settings.metrics else (health_router,)
    for module in (*watching, ocr_router, jobs_router, docs_router):
        app.include_router(module.router)
    docs_router.mount_assets(app)
    describe(app)
    add_problem_handlers(app)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors_origins),
            allow_credentials="*" not in settings.cors_origins,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["*"],
            expose_headers=[REQUEST_ID_HEADER, "Location", "Retry-After", "X-Failed-Pages"],
        )
    app.add_middleware(RequestContextMiddleware, on_error=unexpected_problem(), telemetry=telemetry)
    app.add_middleware(LingeringClose)  # outside the log line, which does not wait for it
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    with refuse_second_worker(settings.tmp_dir):
        logger.info("Starting up", extra={"settings": settings.masked()})
        telemetry: Telemetry = app.state.telemetry
        telemetry.tracer = build_tracer(settings)
        service = build_service(settings, telemetry)
        service.open()
        app.state.service = service
        app.state.jobs = jobs = build_jobs(settings, service, telemetry)
        app.state.scraper = scraper = build_scraper(settings, app.state.meter, service, jobs)
        try:
            await jobs.open()
            async with preloading(service, enabled=settings.preload_model):
                yield
        finally:
            logger.info("Shutting down")
            await drain(app, 0)
            await scraper.close()
            await service.close()
            await telemetry.tracer.close()


async def drain(app: FastAPI, grace: float) -> None:
    """Take nothing new, and let what is inside be finished within ``grace`` seconds.

    Jobs that are not finished go on when the service starts again, here or elsewhere.
    """
    service: PaddleOCRVLService = app.state.service
    jobs: JobService = app.state.jobs
    service.admission.stop()
    await asyncio.gather(jobs.close(grace), service.admission.wait_until_empty(grace))
    await service.drain(0)
