"""``/api/v1/jobs``: documents that are read in the background."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import Response, StreamingResponse

from paddleocr_vl_service.config.settings import Settings
from paddleocr_vl_service.exports.document_answer import document_answer
from paddleocr_vl_service.exports.extract_answer import page_response
from paddleocr_vl_service.intake.filenames import clean_filename
from paddleocr_vl_service.intake.sniffing import sniff
from paddleocr_vl_service.jobs.names import sha256_of
from paddleocr_vl_service.jobs.results import refuse_tombstone
from paddleocr_vl_service.jobs.service import JobService
from paddleocr_vl_service.models.api_models import ExtractResponse
from paddleocr_vl_service.models.errors import DeadlineExceeded, OptionInvalid
from paddleocr_vl_service.models.job_models import JobForm, JobListModel, JobModel, JobPageModel
from paddleocr_vl_service.models.jobs import Job, JobOrder, JobStatus
from paddleocr_vl_service.routers.accept import prefers_markdown
from paddleocr_vl_service.routers.dependencies import (
    get_jobs,
    get_service,
    get_settings,
    telemetry_of,
)
from paddleocr_vl_service.routers.extract_options import boolean, document_options
from paddleocr_vl_service.routers.job_answers import cursor_of, event_stream, job_model, place_of
from paddleocr_vl_service.routers.problems import problem_responses
from paddleocr_vl_service.routers.uploads import receive_form, refuse_announced_excess
from paddleocr_vl_service.services.paddleocr_vl_service import PaddleOCRVLService

logger = logging.getLogger(__name__)

router = APIRouter(prefix="/api/v1/jobs", tags=["jobs"])

Jobs = Annotated[JobService, Depends(get_jobs)]

_MOST_KEY_CHARACTERS = 255
_FIELDS = frozenset(JobForm.model_fields)
_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"multipart/form-data": {"schema": {"$ref": "#/components/schemas/JobForm"}}},
    }
}
_LOCATION = {"Location": {"schema": {"type": "string"}, "description": "Of the job."}}


@router.post(
    "",
    status_code=202,
    response_model_exclude_unset=True,
    summary="Have a document read in the background",
    response_model=JobModel,
    responses={
        202: {"description": "The job was written down.", "headers": _LOCATION},
        **problem_responses(400, 409, 413, 422, 500, 503, 504, 507),
    },
    openapi_extra=_FORM,
)
async def submit_job(
    request: Request,
    response: Response,
    jobs: Jobs,
    *,
    service: Annotated[PaddleOCRVLService, Depends(get_service)],
    settings: Annotated[Settings, Depends(get_settings)],
    idempotency_key: Annotated[
        str, Header(max_length=_MOST_KEY_CHARACTERS, description="Makes a repetition harmless.")
    ] = "",
) -> JobModel:
    """The answer comes as soon as the job outlives whatever happens to the service."""
    refuse_announced_excess(request.headers, settings.max_job_upload_size)
    work = _receive(request, jobs, service, settings, key=idempotency_key)
    try:
        job, is_new = await asyncio.wait_for(work, settings.request_timeout_seconds)
    except asyncio.TimeoutError:
        seconds = f"{settings.request_timeout_seconds:g} seconds"
        raise DeadlineExceeded(f"Receiving the document took longer than {seconds}.") from None
    if is_new:
        logger.info("Took a job", extra={"job": job.id, "document": job.order.filename})
    response.headers["Location"] = f"{router.prefix}/{job.id}"
    return job_model(job)


async def _receive(
    request: Request, jobs: JobService, service: PaddleOCRVLService, settings: Settings, *, key: str
) -> tuple[Job, bool]:
    async with jobs.upload_folder() as folder:
        form = await receive_form(
            request.stream(),
            request.headers.get("content-type"),
            folder,
            known_fields=_FIELDS,
            max_file_bytes=settings.max_job_upload_size,
        )
        options = document_options(form.fields, settings, as_markdown=False)
        service.check(options)
        webhook_url = form.fields.get("webhook_url") or None
        if webhook_url is not None:
            jobs.check_webhook(webhook_url)
        filename = clean_filename(form.filename)
        await asyncio.to_thread(sniff, form.file, filename)
        order = JobOrder(
            filename=filename,
            size=form.size,
            sha256=await asyncio.to_thread(sha256_of, form.file),
            options=replace(options, password=None),
            has_password=options.password is not None,
            heading=boolean(form.fields, "heading", default=True),
            webhook_url=webhook_url,
            traceparent=telemetry_of(request.app).tracer.traceparent,
        )
        return await jobs.submit(form.file, order, password=options.password, key=key)


@router.get(
    "",
    response_model_exclude_unset=True,
    summary="List jobs",
    responses=problem_responses(422, 503),
    response_model=JobListModel,
)
async def list_jobs(
    jobs: Jobs,
    status: Annotated[JobStatus | None, Query(description="Only those.")] = None,
    cursor: Annotated[str, Query(description="`next_cursor` of the answer before.")] = "",
    limit: Annotated[int, Query(ge=1, le=200, description="Jobs in one answer.")] = 50,
) -> JobListModel:
    """The newest first; jobs whose results are gone are tombstones at the end of it."""
    before = place_of(cursor) if cursor else None
    found = await jobs.list(status, before, limit + 1)
    shown = found[:limit]
    return JobListModel(
        jobs=[job_model(job) for job in shown],
        next_cursor=cursor_of(shown[-1]) if len(found) > limit else None,
    )


@router.get(
    "/{job_id}",
    response_model_exclude_unset=True,
    summary="How far a job is",
    responses=problem_responses(404, 422, 503),
)
async def get_job(job_id: str, jobs: Jobs) -> JobModel:
    """Status and progress, and what became of its webhook."""
    job = await jobs.get(job_id)
    return job_model(job, await jobs.deliveries(job))


@router.delete(
    "/{job_id}",
    response_model_exclude_unset=True,
    summary="Cancel a job",
    responses=problem_responses(404, 409, 422, 503),
)
async def cancel_job(
    job_id: str,
    jobs: Jobs,
    purge: Annotated[
        bool, Query(description="Also remove its files and results, now and not later.")
    ] = False,
) -> JobModel:
    """One that waits is cancelled at once, one that runs within a second or two."""
    job = await (jobs.purge(job_id) if purge else jobs.cancel(job_id))
    return job_model(job)


@router.get(
    "/{job_id}/events",
    summary="Follow a job",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Server-sent events `progress`, `page`, and at last `done`, `failed` or "
            "`cancelled`. A heartbeat is a comment.",
            "content": {"text/event-stream": {}},
        },
        **problem_responses(404, 410, 422, 503),
    },
)
async def job_events(
    job_id: str,
    jobs: Jobs,
    last_event_id: Annotated[
        str, Header(description="Number of the last event received; those behind it follow.")
    ] = "",
) -> StreamingResponse:
    """All events from the first on, or from `Last-Event-ID` on, without gap or double."""
    if last_event_id and not (last_event_id.isdecimal() and len(last_event_id) < 10):
        raise OptionInvalid("Last-Event-ID must be the number of an event.", field="Last-Event-ID")
    refuse_tombstone(await jobs.get(job_id))
    stream = event_stream(jobs.events(job_id, int(last_event_id or 0)))
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)


@router.get(
    "/{job_id}/pages/{page}",
    summary="One page of a job, as soon as it is read",
    response_model=JobPageModel,
    responses=problem_responses(404, 410, 422, 503),
)
async def job_page(job_id: str, page: int, jobs: Jobs) -> Response:
    """As it was read by itself: the result of the whole job may join it with others."""
    stored = await jobs.page(job_id, page)
    answer = page_response(stored.result, stored.error, stored.engine)
    content = await asyncio.to_thread(answer.model_dump_json, exclude_unset=True)
    return Response(content, media_type="application/json")


@router.get(
    "/{job_id}/result",
    summary="The document that a job has read",
    response_model=ExtractResponse,
    responses={
        200: {
            "description": "As of a document that one waits for; `X-Job-Status` tells the status.",
            "content": {"text/markdown": {"schema": {"type": "string"}}},
        },
        **problem_responses(404, 409, 410, 422, 503),
    },
)
async def job_result(
    request: Request,
    job_id: str,
    jobs: Jobs,
    form: Annotated[
        Literal["json", "markdown"] | None,
        Query(alias="format", description="`Accept` decides where it is left out."),
    ] = None,
    partial: Annotated[
        bool, Query(description="Whether the pages that there are will do.")
    ] = False,
) -> Response:
    """409 while it has none, 410 when its time is over."""
    job, document = await jobs.result(job_id, partial=partial)
    as_markdown = form == "markdown" or (
        form is None and prefers_markdown(request.headers.get("accept"))
    )
    seconds = (job.finished_at or time.time()) - (job.started_at or job.created_at)
    answer = await asyncio.to_thread(
        document_answer,
        document,
        as_markdown=as_markdown,
        heading=job.order.heading,
        seconds=seconds,
    )
    headers = {**answer.headers, "X-Job-Status": job.status.value}
    return Response(answer.content, media_type=answer.media_type, headers=headers)
