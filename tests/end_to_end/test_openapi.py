"""The OpenAPI description, held against the running service."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.server import Server

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")


@pytest.fixture(scope="module")
def description(server: Server) -> dict[str, Any]:
    with server.client() as client:
        body: dict[str, Any] = client.get("/openapi.json").json()
    return body


def test_answers_are_as_described(server: Server, tmp_path: Path) -> None:
    command = [str(SCHEMATHESIS), "run", f"{server.url}/openapi.json", "--no-color"]
    # A description cannot say which bytes are a document and which pages it has.
    # Every value of a form is a string on the wire, also one that should not be; and a job that
    # was deleted was cancelled, and can still be asked about.
    excluded = "positive_data_acceptance,negative_data_rejection,use_after_free"
    command += ["--checks", "all", "--exclude-checks", excluded]
    command += ["--max-examples", "40", "--seed", "1"]
    result = subprocess.run(
        command, capture_output=True, text=True, cwd=tmp_path, timeout=120, check=False
    )
    assert result.returncode == 0, result.stdout
    assert "13 selected / 13 total" in result.stdout


def test_every_field_is_described_with_an_example(description: dict[str, Any]) -> None:
    for name, schema in description["components"]["schemas"].items():
        assert schema.get("description"), name
        for field, about in schema.get("properties", {}).items():
            refers = "$ref" in json.dumps(about)
            assert about.get("description") or refers, f"{name}.{field}"
            assert about.get("examples") or refers or "file" in field, f"{name}.{field}"


def test_the_form_and_every_error_are_described(description: dict[str, Any]) -> None:
    operation = description["paths"]["/api/v1/ocr/extract-document"]["post"]
    assert set(operation["responses"]) == {"200", "400", "413", "422", "500", "503", "504"}
    assert set(operation["responses"]["200"]["content"]) == {"application/json", "text/markdown"}
    assert "multipart/form-data" in operation["requestBody"]["content"]
