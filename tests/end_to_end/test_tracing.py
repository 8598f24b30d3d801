"""Traces of the real server, at a collector on the loopback."""

import socket
from pathlib import Path

import pytest

from tests.support import documents, job_client
from tests.support.echo_engine import RAISE
from tests.support.otlp_receiver import receiver
from tests.support.server import running_server, start_server
from tests.support.waiting import eventually

TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = {"traceparent": f"00-{TRACE}-{CALLER}-01"}
ROUTE = "POST /api/v1/ocr/extract-document"
PATH = "/api/v1/ocr/extract-document"
WITHOUT_THE_EXTRA = """
import sys

class Hidden:
    def find_spec(name, path=None, target=None):
        if name.startswith("opentelemetry.exporter"):
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Hidden)
"""
STAGES = {"intake", "queue", "engine"}


def test_a_request_its_pages_and_their_stages_are_one_trace(tmp_path: Path) -> None:
    with receiver() as collector:
        settings = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer xyzzy",
            "OTEL_SERVICE_NAME": "ocr-in-test",
        }
        with running_server(tmp_path, **settings) as server, server.client() as client:
            upload = {"file": ("secret-name.tiff", documents.tiff([documents.WHITE, RAISE]))}
            answer = client.post(PATH, files=upload, data={"password": "hunter2"}, headers=PARENT)
            assert answer.status_code == 200
            for path in ("/health", "/health/ready", "/metrics"):
                client.get(path)
            client.get("/nothing/secret-name")
        # What the server had when it was stopped is there.
        (request,) = collector.named(ROUTE)
        assert (request.trace, request.parent, request.kind) == (TRACE, CALLER, 2)
        assert request.attributes == {
            "request_id": answer.headers["x-request-id"],
            "http.request.method": "POST",
            "http.route": PATH,
            "http.response.status_code": 200,
        }
        assert collector.below(request) == {"intake", "admission", "page", "assembly"}
        read, failed = sorted(
            collector.named("page"), key=lambda span: span.attributes["page.number"]
        )
        assert collector.below(read) == STAGES
        assert (failed.failed, failed.attributes["error.type"]) == (True, "page-failed")
        assert not request.failed
        assert all(span.nanoseconds >= 0 for span in collector.spans)
        assert {span.trace for span in collector.spans} - {TRACE} == {
            span.trace for span in collector.named("GET other")
        }
        assert collector.service_names == {"ocr-in-test"}
        assert all(each["authorization"] == "Bearer xyzzy" for each in collector.headers)
        for body in collector.bodies:
            for word in (b"secret-name", b"hunter2", b"64x48", b"xyzzy"):
                assert word not in body


def test_a_job_goes_on_with_the_trace_of_whoever_sent_it(tmp_path: Path) -> None:
    with receiver() as collector:
        with (
            running_server(tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url) as server,
            server.client() as client,
        ):
            upload = {"file": ("a.tiff", documents.tiff([documents.WHITE] * 2))}
            key = {"Idempotency-Key": "once"}
            sent = client.post("/api/v1/jobs", files=upload, headers={**PARENT, **key})
            again = client.post("/api/v1/jobs", files=upload, headers=key)  # in another trace
            assert again.json()["id"] == sent.json()["id"]
            job_client.finished(server, sent.json()["id"])
        job = collector.named("job")[0]
        assert job.trace == TRACE
        (taken, _) = collector.named("POST /api/v1/jobs")
        assert job.parent == taken.id
        assert job.attributes == {"job.id": sent.json()["id"]}
        assert collector.below(job) == {"intake", "page", "assembly"}
        assert all(collector.below(page) == STAGES for page in collector.named("page"))


def test_the_embedded_engine_s_stages_are_spans(tmp_path: Path) -> None:
    with receiver() as collector:
        with running_server(tmp_path, "onnx", OTEL_EXPORTER_OTLP_ENDPOINT=collector.url) as server:
            done = server.extract("a.pdf", documents.pdf(["Hello there"]), text_source="ocr")
            assert done.status_code == 200
        (page,) = collector.named("page")
        assert collector.below(page) == {*STAGES, "layout", "recognition"}


def test_only_a_share_is_traced_where_that_is_wanted(tmp_path: Path) -> None:
    with receiver() as collector:
        settings = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "OTEL_TRACES_SAMPLER_ARG": "0",
        }
        with running_server(tmp_path, **settings) as server, server.client() as client:
            upload = {"file": ("a.png", documents.image())}
            client.post(PATH, files=upload)
            client.post(PATH, files=upload, headers=PARENT)
        assert {span.trace for span in collector.spans} == {TRACE}


@pytest.mark.parametrize("state", ["hangs", "away"])
def test_a_collector_in_trouble_harms_nobody(tmp_path: Path, state: str) -> None:
    with receiver(hangs=True) as collector, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # and nobody listens
        away = f"http://127.0.0.1:{closed.getsockname()[1]}"
        url = collector.url if state == "hangs" else away
        with running_server(tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=url) as server:
            for _ in range(20):
                assert server.extract("a.png", documents.image()).status_code == 200
            if state == "hangs":
                assert eventually(lambda: collector.bodies != [], 20)
                assert server.extract("a.png", documents.image()).status_code == 200
            with server.client() as client:
                assert client.get("/health").json()["status"] == "healthy"
            assert server.stop(20) == 0
            assert "Traceback" not in server.log()


def test_without_the_extra_the_service_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(WITHOUT_THE_EXTRA, "utf-8")
    server = start_server(
        tmp_path,
        "onnx",
        OTEL_EXPORTER_OTLP_ENDPOINT="http://collector:4318",
        PYTHONPATH=str(tmp_path),
    )
    assert server.process.wait(30) == 2
    assert "pip install 'paddleocr-vl-service[tracing]'" in server.log()
    assert "Traceback" not in server.log()
