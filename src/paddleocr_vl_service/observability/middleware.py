"""The outermost layer of every request: its id, its log line, and its safety headers."""

from __future__ import annotations

import logging
import time
from contextlib import AbstractContextManager, nullcontext

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from paddleocr_vl_service.observability.request_context import accept_request_id, request_id_var
from paddleocr_vl_service.observability.telemetry import NO_SPAN, Span, Telemetry

logger = logging.getLogger(__name__)

REQUEST_ID_HEADER = "X-Request-ID"

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

_CLIENT_CLOSED_REQUEST = 499


OTHER = "other"
"""Stands for methods that nobody knows and paths without a route, whatever strangers try."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_NOT_TRACED = frozenset({"/health", "/health/live", "/health/ready", "/metrics", "/version"})
"""Asked every few seconds, by programs."""


class RequestContextMiddleware:
    """Gives each request an id, answers with it, logs one line when it is done, and counts it.

    Args:
        app: What answers.
        on_error: Answers when ``app`` raised before it answered.
        telemetry: Is told of each request.
    """

    def __init__(self, app: ASGIApp, on_error: ASGIApp, telemetry: Telemetry) -> None:
        self._app = app
        self._on_error = on_error
        self._telemetry = telemetry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; anything else is passed on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = accept_request_id(Headers(scope=scope).get(REQUEST_ID_HEADER))
        token = request_id_var.set(request_id)
        with self._span(scope) as span:
            span.set(request_id=request_id)
            try:
                await self._answer(scope, receive, send, request_id, span)
            finally:
                request_id_var.reset(token)

    def _span(self, scope: Scope) -> AbstractContextManager[Span]:
        if scope["path"] in _NOT_TRACED:
            return nullcontext(NO_SPAN)
        headers = Headers(scope=scope)
        return self._telemetry.tracer.request(headers.get("traceparent"), headers.get("tracestate"))

    async def _answer(
        self, scope: Scope, receive: Receive, send: Send, request_id: str, span: Span
    ) -> None:
        started = time.monotonic()
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[REQUEST_ID_HEADER] = request_id
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except ClientDisconnect:
            status = _CLIENT_CLOSED_REQUEST
        except Exception:
            logger.exception("A request failed unexpectedly")
            if status == 0:
                await self._on_error(scope, receive, send_with_headers)
        finally:
            seconds = time.monotonic() - started
            logger.info(
                "Answered",
                extra={
                    "method": scope["method"],
                    "path": scope["path"],
                    "status": status,
                    "seconds": round(seconds, 3),
                },
            )
            self._tell(scope, status, seconds, span)

    def _tell(self, scope: Scope, status: int, seconds: float, span: Span) -> None:
        route: str = getattr(scope.get("route"), "path", OTHER)
        method = scope["method"] if scope["method"] in _METHODS else OTHER
        self._telemetry.meter.request(method, route, status, seconds)
        span.rename(f"{method} {route}")
        attributes = {
            "http.request.method": method,
            "http.route": route,
            "http.response.status_code": status,
        }
        span.set(**attributes)
        if status >= 500:
            span.fail(str(status))
