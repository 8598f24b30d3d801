"""Traces for an OpenTelemetry collector.

Spans go into a bounded queue; a thread of OpenTelemetry's own sends them. A collector that is away
or hangs costs the spans and nothing else. Nothing is registered globally, so that no library adds
spans of its own, which might hold what is in a document.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING

from paddleocr_vl_service import __version__
from paddleocr_vl_service.config.settings import Settings
from paddleocr_vl_service.observability.telemetry import NO_SPAN, Span, Tracer
from paddleocr_vl_service.processes.daemon_threads import in_daemon_thread

if TYPE_CHECKING:
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider

logger = logging.getLogger(__name__)

_QUEUE = 2048
_BATCH = 256
_EVERY_MILLISECONDS = 2000
_EXPORT_SECONDS = 5
_CLOSING_SECONDS = 3.0
_NANOSECONDS = 1_000_000_000


@dataclass(frozen=True)
class TracingConfig:
    """Where traces go.

    Attributes:
        endpoint: Of the collector, without ``/v1/traces``.
        headers: Sent along, such as a key; kept out of ``repr``.
        service_name: What the traces are said to be of.
        share: Of the traces that begin here, from 0 to 1; those of clients are as they say.
    """

    endpoint: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    service_name: str = "paddleocr-vl-service"
    share: float = 1.0


def check_tracing(settings: Settings) -> None:
    """Raise `ValueError`, with one sentence, where traces are asked for and cannot be sent."""
    if settings.otel_exporter_otlp_endpoint and not _is_installed():
        raise ValueError(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set and the extra [tracing] is not installed: "
            "pip install 'paddleocr-vl-service[tracing]'"
        )


def _is_installed() -> bool:
    """Whether the extra ``[tracing]`` is there."""
    try:
        exporter = find_spec("opentelemetry.exporter.otlp.proto.http")
        return exporter is not None and find_spec("opentelemetry.sdk") is not None
    except ModuleNotFoundError:
        return False


def start_tracing(config: TracingConfig) -> Tracer:
    """Begin to send traces; raises `ImportError` without the extra ``[tracing]``."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 - an extra
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio  # noqa: PLC0415

    # Not with what the SDK finds out by itself: command lines and users are nobody's business.
    resource = Resource({"service.name": config.service_name, "service.version": __version__})
    provider = TracerProvider(
        sampler=ParentBasedTraceIdRatio(config.share), resource=resource, shutdown_on_exit=False
    )
    exporter = OTLPSpanExporter(
        endpoint=f"{config.endpoint.rstrip('/')}/v1/traces",
        headers=dict(config.headers),
        timeout=_EXPORT_SECONDS,
    )
    provider.add_span_processor(
        BatchSpanProcessor(
            exporter,
            max_queue_size=_QUEUE,
            max_export_batch_size=_BATCH,
            schedule_delay_millis=_EVERY_MILLISECONDS,
        )
    )
    logger.info("Traces are sent", extra={"endpoint": config.endpoint})
    return OtlpTracer(provider)


class OtlpSpan(Span):
    """A span of OpenTelemetry."""

    def __init__(self, span: trace.Span) -> None:
        self.span = span

    def set(self, **attributes: str | float) -> None:
        """Say something about it."""
        self.span.set_attributes(attributes)

    def rename(self, name: str) -> None:
        """Call it something else than when it began."""
        self.span.update_name(name)

    def fail(self, reason: str) -> None:
        """It went wrong."""
        from opentelemetry.trace import StatusCode  # noqa: PLC0415 - an extra

        self.span.set_status(StatusCode.ERROR)
        self.span.set_attribute("error.type", reason)

    def end(self) -> None:
        """It is over."""
        self.span.end()


class OtlpTracer(Tracer):
    """Makes spans of OpenTelemetry.

    Args:
        provider: Sends them; closed with this.
    """

    def __init__(self, provider: TracerProvider) -> None:
        from opentelemetry.trace import SpanKind, set_span_in_context  # noqa: PLC0415 - an extra
        from opentelemetry.trace.propagation.tracecontext import (  # noqa: PLC0415
            TraceContextTextMapPropagator,
        )

        self._provider = provider
        self._tracer = provider.get_tracer("paddleocr_vl_service", __version__)
        self._propagator = TraceContextTextMapPropagator()
        self._in_context = set_span_in_context
        self._server = SpanKind.SERVER
        # Of its own, and not OpenTelemetry's, in which the queue of jobs keeps spans as well.
        self._current: ContextVar[OtlpSpan | None] = ContextVar("span", default=None)

    @contextmanager
    def request(self, traceparent: str | None, tracestate: str | None) -> Iterator[Span]:
        """A request, within the client's trace where it names one."""
        given = {"traceparent": traceparent, "tracestate": tracestate}
        carrier = {name: value for name, value in given.items() if value}
        context = self._propagator.extract(carrier)
        span = OtlpSpan(self._tracer.start_span("request", context, self._server))
        with self._running(span):
            yield span

    @contextmanager
    def span(self, name: str, **attributes: str | float) -> Iterator[Span]:
        """A part of the current span; nothing where there is none."""
        parent = self._current.get()
        if parent is None:
            yield NO_SPAN
            return
        context = self._in_context(parent.span)
        span = OtlpSpan(self._tracer.start_span(name, context, attributes=attributes))
        with self._running(span):
            yield span

    @contextmanager
    def _running(self, span: OtlpSpan) -> Iterator[None]:
        token = self._current.set(span)
        try:
            yield
        except BaseException as error:
            span.fail(type(error).__name__)  # its message may quote the document
            raise
        finally:
            self._current.reset(token)
            span.end()

    def past(self, name: str, begin: float, seconds: float) -> None:
        """A part of the current span that is over."""
        parent = self._current.get()
        if parent is None:
            return
        start = time.time_ns() - int((time.monotonic() - begin) * _NANOSECONDS)
        context = self._in_context(parent.span)
        span = self._tracer.start_span(name, context, start_time=start)
        span.end(start + int(seconds * _NANOSECONDS))

    def begin(self, name: str, traceparent: str | None) -> Span:
        """A span of its own that somebody ends later."""
        context = self._propagator.extract({"traceparent": traceparent} if traceparent else {})
        return OtlpSpan(self._tracer.start_span(name, context))

    @contextmanager
    def within(self, span: Span) -> Iterator[None]:
        """What begins inside is a part of the span."""
        token = self._current.set(span if isinstance(span, OtlpSpan) else None)
        try:
            yield
        finally:
            self._current.reset(token)

    @property
    def traceparent(self) -> str | None:
        """The current span, for somebody who goes on with the trace later."""
        span = self._current.get()
        carrier: dict[str, str] = {}
        if span is not None:
            self._propagator.inject(carrier, self._in_context(span.span))
        return carrier.get("traceparent")

    async def close(self) -> None:
        """Send what there still is, as long as that is quick."""
        sending = asyncio.ensure_future(in_daemon_thread(self._provider.shutdown))
        await asyncio.wait({sending}, timeout=_CLOSING_SECONDS)
        sending.cancel()
