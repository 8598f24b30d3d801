"""What endpoints need, from the application that they belong to.

The functions are asynchronous because FastAPI calls ordinary ones in threads.
"""

from __future__ import annotations

from fastapi import FastAPI, Request

from paddleocr_vl_service.config.settings import Settings
from paddleocr_vl_service.jobs.service import JobService
from paddleocr_vl_service.observability.telemetry import Telemetry
from paddleocr_vl_service.services.paddleocr_vl_service import PaddleOCRVLService


async def get_service(request: Request) -> PaddleOCRVLService:
    """The one service of the process."""
    service: PaddleOCRVLService = request.app.state.service
    return service


def telemetry_of(app: FastAPI) -> Telemetry:
    """Who is told what happens."""
    telemetry: Telemetry = app.state.telemetry
    return telemetry


async def get_jobs(request: Request) -> JobService:
    """The jobs of the process; raises `JobStoreUnavailable` where they cannot be had."""
    jobs: JobService = request.app.state.jobs
    await jobs.ready()
    return jobs


async def get_settings(request: Request) -> Settings:
    """The settings that the application was made with."""
    settings: Settings = request.app.state.settings
    return settings
