"""``POST /api/v1/ocr/extract-document``."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from paddleocr_vl_service.config.settings import Settings
from paddleocr_vl_service.exports.document_answer import document_answer
from paddleocr_vl_service.intake.filenames import clean_filename
from paddleocr_vl_service.models.api_models import ExtractForm, ExtractResponse
from paddleocr_vl_service.models.document import ParsedDocument
from paddleocr_vl_service.models.errors import DeadlineExceeded
from paddleocr_vl_service.routers.accept import prefers_markdown
from paddleocr_vl_service.routers.dependencies import get_service, get_settings
from paddleocr_vl_service.routers.disconnect import until_disconnect
from paddleocr_vl_service.routers.extract_options import boolean, document_options
from paddleocr_vl_service.routers.problems import problem_responses
from paddleocr_vl_service.routers.uploads import receive_form, refuse_announced_excess
from paddleocr_vl_service.services.paddleocr_vl_service import PaddleOCRVLService

logger = logging.getLogger(__name__)

router = APIRouter(prefix="/api/v1/ocr", tags=["ocr"])

_FIELDS = frozenset(ExtractForm.model_fields)
_FORM_SCHEMA = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {"schema": {"$ref": "#/components/schemas/ExtractForm"}}
        },
    }
}


@router.post(
    "/extract-document",
    summary="Read a document",
    response_model=ExtractResponse,
    responses={
        200: {
            "description": "The document; Markdown where `Accept` prefers `text/markdown`.",
            "content": {"text/markdown": {"schema": {"type": "string"}}},
        },
        **problem_responses(400, 413, 422, 500, 503, 504),
    },
    openapi_extra=_FORM_SCHEMA,
)
async def extract_document(
    request: Request,
    service: Annotated[PaddleOCRVLService, Depends(get_service)],
    settings: Annotated[Settings, Depends(get_settings)],
) -> Response:
    """Read a PDF or an image: elements in reading order, each with its box, and Markdown."""
    started = time.monotonic()
    refuse_announced_excess(request.headers, settings.max_upload_size)
    as_markdown = prefers_markdown(request.headers.get("accept"))
    try:
        document, heading = await asyncio.wait_for(
            _receive_and_extract(request, service, settings, as_markdown=as_markdown),
            settings.request_timeout_seconds,
        )
    except asyncio.TimeoutError:
        raise DeadlineExceeded(
            f"The document took longer than {settings.request_timeout_seconds:g} seconds."
        ) from None
    answer = await asyncio.to_thread(
        document_answer,
        document,
        as_markdown=as_markdown,
        heading=heading,
        seconds=time.monotonic() - started,
    )
    return Response(answer.content, media_type=answer.media_type, headers=answer.headers)


async def _receive_and_extract(
    request: Request, service: PaddleOCRVLService, settings: Settings, *, as_markdown: bool
) -> tuple[ParsedDocument, bool]:
    async with service.admit(_announced_bytes(request, settings.max_upload_size)) as place:
        form = await receive_form(
            request.stream(),
            request.headers.get("content-type"),
            place.folder,
            known_fields=_FIELDS,
            max_file_bytes=settings.max_upload_size,
        )
        place.visit.received(form.size)
        options = document_options(form.fields, settings, as_markdown=as_markdown)
        heading = boolean(form.fields, "heading", default=True)
        filename = clean_filename(form.filename)
        logger.info("Received a document", extra={"document": filename})
        work = place.extract(form.file, filename, options)
        return await until_disconnect(request, work), heading


def _announced_bytes(request: Request, max_file_bytes: int) -> int:
    """What the file may have at most."""
    announced = request.headers.get("content-length", "")
    return min(int(announced), max_file_bytes) if announced.isdigit() else max_file_bytes
