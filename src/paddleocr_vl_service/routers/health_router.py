"""``GET /health``, its two halves for schedulers, and ``GET /version``."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from paddleocr_vl_service import __version__
from paddleocr_vl_service.config.settings import Settings
from paddleocr_vl_service.jobs.service import JobService
from paddleocr_vl_service.models.api_models import (
    EngineProcessModel,
    HealthEngineModel,
    HealthResponse,
    LivenessResponse,
    QueueModel,
    ReadinessResponse,
    VersionResponse,
    utc_now,
)
from paddleocr_vl_service.routers.dependencies import get_service, get_settings
from paddleocr_vl_service.services.engine_host.status import ProcessStatus
from paddleocr_vl_service.services.health import HealthReport, why_not_ready
from paddleocr_vl_service.services.memory import MIB
from paddleocr_vl_service.services.paddleocr_vl_service import PaddleOCRVLService

router = APIRouter(tags=["health"])


@router.get(
    "/health",
    summary="Whether the service can do its job",
    response_model=HealthResponse,
    responses={503: {"model": HealthResponse, "description": "It cannot; `reason` says why."}},
)
async def health(
    response: Response,
    request: Request,
    service: Annotated[PaddleOCRVLService, Depends(get_service)],
    settings: Annotated[Settings, Depends(get_settings)],
) -> HealthResponse:
    """For load balancers, container health checks and people; answers at once, loads nothing."""
    report = await service.health()
    jobs: JobService = request.app.state.jobs
    reason = report.reason or jobs.failure
    if reason is not None:
        response.status_code = 503
    return HealthResponse(
        status="healthy" if reason is None else "unhealthy",
        service=settings.app_name,
        version=settings.app_version,
        gpu_enabled=report.gpu_enabled,
        pipeline_ready=report.engine.ready,
        timestamp=utc_now(),
        reason=reason,
        engine=_engine(report),
        device=report.device,
        scripts=list(report.scripts),
        queue=QueueModel(
            running=service.admission.running,
            waiting=service.admission.waiting,
            capacity=service.admission.limits.documents,
            bytes=service.admission.uploaded_bytes,
            pages_running=report.engine.pages_running,
            pages_waiting=report.engine.pages_waiting,
        ),
    )


def _engine(report: HealthReport) -> HealthEngineModel:
    loaded = report.engine.capabilities
    return HealthEngineModel(
        name=report.engine_name,
        model=loaded.info.model if loaded else None,
        revision=loaded.info.revision if loaded else None,
        processes=[_process(each) for each in report.engine.processes],
        starts=report.engine.starts,
    )


def _process(status: ProcessStatus) -> EngineProcessModel:
    held = status.resident_bytes
    return EngineProcessModel(
        device=status.device,
        state=status.state,
        pid=status.pid,
        pages=status.pages,
        rss_mb=None if held is None else held // MIB,
        age_seconds=status.age_seconds,
        restarts=status.restarts,
        recycles=status.recycles,
    )


# Some load balancers ask without wanting a body.
router.add_api_route("/health", health, methods=["HEAD"], include_in_schema=False)


@router.get("/health/live", summary="Whether the process answers")
async def live() -> LivenessResponse:
    """Looks at nothing; it says that the process is not stuck."""
    return LivenessResponse(status="alive")


@router.get(
    "/health/ready",
    summary="Whether documents may be sent here",
    responses={503: {"model": ReadinessResponse, "description": "Not now; `reason` says why."}},
)
async def ready(
    response: Response,
    request: Request,
    service: Annotated[PaddleOCRVLService, Depends(get_service)],
    settings: Annotated[Settings, Depends(get_settings)],
) -> ReadinessResponse:
    """For load balancers and schedulers; a full queue is no reason, and says so with each 503."""
    reason = why_not_ready(
        await service.health(),
        stopping=service.admission.stopping,
        engine_awaited=settings.preload_model,
    )
    jobs: JobService = request.app.state.jobs
    jobs_reason = jobs.failure or (None if jobs.is_open else "Jobs are not ready yet.")
    if getattr(request.app.state, "only_jobs", False):
        reason = reason or jobs_reason
    if reason is not None:
        response.status_code = 503
    return ReadinessResponse(
        status="ready" if reason is None else "not-ready", reason=reason, jobs=jobs_reason
    )


router.add_api_route("/health/live", live, methods=["HEAD"], include_in_schema=False)
router.add_api_route("/health/ready", ready, methods=["HEAD"], include_in_schema=False)


@router.get("/version", summary="The package's own version")
async def version() -> VersionResponse:
    """What is installed, whatever `APP_VERSION` says."""
    return VersionResponse(name="paddleocr-vl-service", version=__version__)
