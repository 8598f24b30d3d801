"""A collector of traces: takes OTLP over HTTP on a loopback port and decodes it."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.support.loopback import QuietHandler, serving


@dataclass(frozen=True)
class Span:
    """A span as it was received."""

    name: str
    trace: str
    id: str
    parent: str
    kind: int
    failed: bool
    nanoseconds: int
    attributes: dict[str, str | int | float]


@dataclass
class Receiver:
    """What a collector has received.

    Attributes:
        url: Its endpoint.
        bodies: As they came, unpacked.
        headers: Of the requests.
        service_names: That were said.
    """

    url: str = ""
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    service_names: set[str] = field(default_factory=set)
    spans: list[Span] = field(default_factory=list)

    def take(self, body: bytes, headers: dict[str, str]) -> None:
        request = ExportTraceServiceRequest.FromString(body)
        self.bodies.append(body)
        self.headers.append(headers)
        for resource in request.resource_spans:
            self.service_names |= {
                each.value.string_value
                for each in resource.resource.attributes
                if each.key == "service.name"
            }
            for scope in resource.scope_spans:
                self.spans += [
                    Span(
                        name=span.name,
                        trace=span.trace_id.hex(),
                        id=span.span_id.hex(),
                        parent=span.parent_span_id.hex(),
                        kind=span.kind,
                        failed=span.status.code == 2,
                        nanoseconds=span.end_time_unix_nano - span.start_time_unix_nano,
                        attributes={each.key: _value(each.value) for each in span.attributes},
                    )
                    for span in scope.spans
                ]

    def named(self, name: str) -> list[Span]:
        return [span for span in self.spans if span.name == name]

    def below(self, parent: Span) -> set[str]:
        """Names of a span's parts."""
        return {span.name for span in self.spans if span.parent == parent.id}


def _value(value: object) -> str | int | float:
    kind = value.WhichOneof("value")  # type: ignore[attr-defined]
    found: str | int | float = getattr(value, kind)
    return found


@contextmanager
def receiver(*, hangs: bool = False) -> Iterator[Receiver]:
    """A collector; one that hangs takes everything and answers nothing before it is closed."""
    received = Receiver()
    closed = threading.Event()

    class Handler(QuietHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if hangs:
                received.bodies.append(body)
                closed.wait(60)
                return
            packed = self.headers.get("Content-Encoding") == "gzip"
            assert self.path == "/v1/traces"
            received.take(gzip.decompress(body) if packed else body, dict(self.headers))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

    handler: type[BaseHTTPRequestHandler] = Handler
    with serving(handler) as url:
        received.url = url
        try:
            yield received
        finally:
            closed.set()
