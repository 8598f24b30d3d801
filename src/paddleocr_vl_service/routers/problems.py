"""Errors as RFC 9457 problem details; the only place that knows which status an error is."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.routing import Match

from paddleocr_vl_service.models import errors
from paddleocr_vl_service.models.api_models import ProblemDetails
from paddleocr_vl_service.observability.request_context import request_id_var
from paddleocr_vl_service.routers.dependencies import telemetry_of

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"

_STATUS_OF: tuple[tuple[type[errors.ServiceError], int], ...] = (
    (errors.DocumentError, 400),
    (errors.JobNotFound, 404),
    (errors.Conflict, 409),
    (errors.JobGone, 410),
    (errors.UploadTooLarge, 413),
    (errors.OptionInvalid, 422),
    (errors.Unavailable, 503),
    (errors.DeadlineExceeded, 504),
    (errors.StorageFull, 507),
    (errors.ServiceError, 500),
)

_DESCRIPTIONS = {
    400: "Something is wrong with the file.",
    404: "There is no such job.",
    409: "The request contradicts how things stand.",
    410: "The job's files and results are gone.",
    413: "The file is larger than `MAX_UPLOAD_SIZE`.",
    422: "Something is wrong with the request.",
    500: "Processing failed.",
    503: "Too busy, or unable to work; `Retry-After` says when to come again.",
    504: "The document took longer than `REQUEST_TIMEOUT_SECONDS`.",
    507: "There is too little room for jobs.",
}


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What an endpoint's OpenAPI entry says of its errors."""
    schema = {"$ref": "#/components/schemas/ProblemDetails"}
    return {
        status: {
            "description": _DESCRIPTIONS[status],
            "content": {MEDIA_TYPE: {"schema": schema}},
            **(
                {"headers": {"Retry-After": {"schema": {"type": "integer"}}}}
                if status == 503
                else {}
            ),
        }
        for status in statuses
    }


def status_of(error: errors.ServiceError) -> int:
    """The HTTP status of an error."""
    return next(status for kind, status in _STATUS_OF if isinstance(error, kind))


def problem(
    status: int, detail: str, code: str, headers: dict[str, str] | None = None
) -> JSONResponse:
    """A problem details response that carries the current request's id."""
    body = ProblemDetails(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        code=code,
        request_id=request_id_var.get() or "",
    )
    return JSONResponse(
        body.model_dump(), status_code=status, headers=headers, media_type=MEDIA_TYPE
    )


def unexpected_problem() -> JSONResponse:
    """The answer to an error that nobody foresaw; the log has the rest."""
    return problem(500, "The service failed unexpectedly.", "internal-error")


def add_problem_handlers(app: FastAPI) -> None:
    """Answer every error of the application as problem details."""
    app.add_exception_handler(errors.ServiceError, _service_error)
    app.add_exception_handler(HTTPException, _http_exception)
    app.add_exception_handler(RequestValidationError, _validation_error)


async def _service_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, errors.ServiceError)  # noqa: S101 - for the type checker
    status = status_of(error)
    headers = {}
    if isinstance(error, errors.Unavailable):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(
        error,
        errors.UploadTooLarge | errors.ServiceBusy | errors.OptionInvalid | errors.StorageFull,
    ):
        headers["Connection"] = "close"  # the rest of the upload will not be read
    telemetry_of(request.app).meter.problem(error.code)
    level = logging.ERROR if status == 500 else logging.INFO
    logger.log(level, error.detail, extra={"code": error.code, "status": status})
    return problem(status, error.detail, error.code, headers)


async def _http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - for the type checker
    phrase = HTTPStatus(error.status_code).phrase
    headers = dict(error.headers) if error.headers else None
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers = {"Allow": ", ".join(sorted(_allowed_methods(request)))}
    code = phrase.lower().replace(" ", "-")
    telemetry_of(request.app).meter.problem(code)
    return problem(error.status_code, f"{phrase}.", code, headers)


def _allowed_methods(request: Request) -> set[str]:
    """Those of all routes of the path; the framework names those of the first."""
    return {
        method
        for route in request.app.routes
        if route.matches(request.scope)[0] is Match.PARTIAL
        for method in getattr(route, "methods", None) or ()
    }


async def _validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - for the type checker
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    telemetry_of(request.app).meter.problem("option-invalid")
    return problem(422, f"{place}: {first['msg']}.", "option-invalid")
