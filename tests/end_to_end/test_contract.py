"""CONTRACT.md, line by line, over HTTP."""

import re
from typing import Any

import httpx
import pytest

from paddleocr_vl_service import __version__
from tests.support import documents
from tests.support.server import Server

PATH = "/api/v1/ocr/extract-document"
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def problem_of(response: httpx.Response, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert set(body) == {"type", "title", "status", "detail", "code", "request_id"}
    assert body["status"] == status
    assert body["request_id"] == response.headers["x-request-id"]
    assert re.fullmatch(r"[A-Z][^\n]*\.", body["detail"])
    for leak in ("Traceback", "/tmp", "site-packages", ".py"):
        assert leak not in response.text
    return body


def test_health(server: Server) -> None:
    with server.client() as client:
        response = client.get("/health")
    body = response.json()
    assert response.status_code == 200
    assert list(body)[:6] == [
        "status",
        "service",
        "version",
        "gpu_enabled",
        "pipeline_ready",
        "timestamp",
    ]
    assert body["status"] == "healthy"
    assert body["service"] == "PaddleOCR-VL Service"
    assert body["version"] == "1.0.0"
    assert body["gpu_enabled"] is False
    assert isinstance(body["pipeline_ready"], bool)
    assert TIMESTAMP.fullmatch(body["timestamp"])


def test_health_can_be_asked_without_a_body(server: Server) -> None:
    with server.client() as client:
        response = client.head("/health")
    assert (response.status_code, response.content) == (200, b"")


def test_version_tells_the_package_s_own(server: Server) -> None:
    with server.client() as client:
        assert client.get("/version").json() == {
            "name": "paddleocr-vl-service",
            "version": __version__,
        }


def test_the_answer_has_the_contract_s_form(server: Server) -> None:
    response = server.extract("scan.png", documents.image((64, 48)))
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert list(body)[:6] == [
        "success",
        "message",
        "processing_time",
        "elements",
        "markdown",
        "timestamp",
    ]
    assert body["success"] is True
    assert body["message"] == "Document processed successfully. Found 1 elements."
    assert body["processing_time"] >= 0
    assert body["markdown"] == "# Document OCR Results\n\n64x48 (255, 255, 255)\n"
    assert TIMESTAMP.fullmatch(body["timestamp"])
    assert body["elements"] == [
        {
            "index": 0,
            "content": {"text": "64x48 (255, 255, 255)", "type": "text"},
            "metadata": {
                "bbox": [0, 0, 64, 48],
                "confidence": None,
                "page": 1,
                "order": 0,
                "layout_confidence": None,
                "recognition_confidence": None,
                "text_source": None,
            },
        }
    ]
    assert body["schema_version"] == "1.0"
    assert body["engine"] == {"name": "echo", "model": "none", "revision": "1"}
    assert body["pages"] == [{"page": 1, "width": 64, "height": 48, "rotation": 0}]
    assert (body["warnings"], body["errors"]) == ([], [])


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.jpg", "JPEG"),
        ("a.JPEG", "JPEG"),
        ("a.png", "PNG"),
        ("a.Bmp", "BMP"),
        ("a.tiff", "TIFF"),
        ("a.TIF", "TIFF"),
    ],
)
def test_reads_every_image_kind(server: Server, name: str, kind: str) -> None:
    response = server.extract(name, documents.image(kind=kind))
    assert response.status_code == 200
    assert response.json()["warnings"] == []


def test_reads_a_pdf_page_by_page(server: Server) -> None:
    body = server.extract("a.PDF", documents.pdf(["one", "two", "three"])).json()
    assert [page["page"] for page in body["pages"]] == [1, 2, 3]
    assert [element["index"] for element in body["elements"]] == [0, 1, 2]
    assert body["page_count"] == 3


def test_reads_the_pages_asked_for_in_that_order(server: Server) -> None:
    content = documents.pdf([str(number) for number in range(10)])
    body = server.extract("a.pdf", content, pages="8, 1-3,8").json()
    assert [page["page"] for page in body["pages"]] == [8, 1, 2, 3]
    assert body["page_count"] == 10


def test_the_heading_can_be_left_out(server: Server) -> None:
    body = server.extract("a.png", documents.image(), heading="false").json()
    assert body["markdown"] == "64x48 (255, 255, 255)\n"


def test_markdown_is_answered_to_whom_wants_it(server: Server) -> None:
    with server.client() as client:
        response = client.post(
            PATH,
            files={"file": ("a.png", documents.image())},
            headers={"Accept": "text/markdown"},
        )
    assert response.headers["content-type"] == "text/markdown; charset=utf-8"
    assert response.text == "64x48 (255, 255, 255)\n"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.pdf", b"", "document-empty"),
        ("a.docx", b"PK\x03\x04", "document-type-unsupported"),
        ("a", documents.image(), "document-type-unsupported"),
        ("a.png", b"GIF89a", "document-type-unsupported"),
        ("a.png", documents.pdf(), "document-type-mismatch"),
        ("a.pdf", documents.image(), "document-type-mismatch"),
        ("a.png", documents.image()[:60], "document-truncated"),
        ("a.pdf", b"%PDF-1.7\n" + b"garbage " * 99 + b"\n%%EOF\n", "document-corrupt"),
        ("a.png", documents.image((2000, 2000)), "document-too-many-pixels"),
        ("a.pdf", documents.pdf(["x"] * 21), "document-too-many-pages"),
    ],
)
def test_400_says_what_is_wrong_with_the_file(
    server: Server, name: str, content: bytes, code: str
) -> None:
    assert problem_of(server.extract(name, content), 400)["code"] == code


def test_400_for_pages_that_the_document_does_not_have(server: Server) -> None:
    body = problem_of(server.extract("a.pdf", documents.pdf(), pages="2"), 400)
    assert body["code"] == "page-range-outside"


def test_an_image_under_another_image_s_name_is_read_with_a_warning(server: Server) -> None:
    body = server.extract("a.png", documents.image(kind="JPEG")).json()
    assert [warning["code"] for warning in body["warnings"]] == ["image-kind-differs"]


@pytest.mark.parametrize(
    "fields",
    [
        {"pages": "x"},
        {"pages": "3-1"},
        {"heading": "perhaps"},
        {"text_source": "both"},
        {"layout_detection": "perhaps"},
        {"images": "all"},
        {"page": "1"},
    ],
)
def test_422_says_what_is_wrong_with_the_request(server: Server, fields: dict[str, str]) -> None:
    problem_of(server.extract("a.png", documents.image(), **fields), 422)


@pytest.mark.parametrize("headers", [{}, {"Content-Type": "application/json"}])
def test_422_without_a_form(server: Server, headers: dict[str, str]) -> None:
    with server.client() as client:
        problem_of(client.post(PATH, content=b"{}", headers=headers), 422)


def test_413_over_the_limit(server: Server) -> None:
    body = problem_of(server.extract("a.png", b"x" * 200_001), 413)
    assert "200000 bytes" in body["detail"]


def test_500_when_no_page_could_be_read(server: Server) -> None:
    body = problem_of(server.extract("a.png", documents.image(order=documents.RAISE)), 500)
    assert body["code"] == "no-page-read"


@pytest.mark.parametrize("trouble", [documents.RAISE, documents.CRASH, documents.HANG])
def test_a_page_that_fails_is_named_and_the_others_come_back(
    server: Server, trouble: tuple[int, int, int]
) -> None:
    pages = [documents.WHITE, trouble, documents.WHITE]
    body = server.extract("a.tiff", documents.tiff(pages)).json()
    assert body["success"] is True
    assert body["message"] == (
        "Document processed, but 1 of 3 pages could not be read. Found 2 elements."
    )
    assert [page["page"] for page in body["pages"]] == [1, 3]
    assert [error["page"] for error in body["errors"]] == [2]


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nothing", 404), ("GET", PATH, 405)]
)
def test_other_mistakes_are_problems_too(
    server: Server, method: str, path: str, status: int
) -> None:
    with server.client() as client:
        problem_of(client.request(method, path), status)


def test_a_request_id_is_taken_or_made_and_in_every_log_line(server: Server) -> None:
    with server.client() as client:
        response = client.post(
            PATH,
            files={"file": ("a.png", documents.image(order=documents.RAISE))},
            headers={"X-Request-ID": "mine-42"},
        )
        assert response.headers["x-request-id"] == "mine-42"
        assert len(client.get("/health").headers["x-request-id"]) == 32
    lines = [line for line in server.log_lines() if line.get("request_id") == "mine-42"]
    messages = {line["message"] for line in lines}
    assert {"Received a document", "A child process failed", "Answered"} <= messages


def test_a_file_name_reaches_the_log_cleaned(server: Server) -> None:
    server.extract("../../etc/pass\u202ewd\n.png", documents.image())
    names = [line["document"] for line in server.log_lines() if "document" in line]
    assert names[-1] == "passwd.png" or "/" not in names[-1]
    assert "\u202e" not in server.log()


def test_document_text_never_reaches_the_log(server: Server) -> None:
    marker = (12, 34, 56)
    body = server.extract("a.png", documents.image(colour=marker)).json()
    assert str(marker) in body["markdown"]
    assert str(marker) not in server.log()
