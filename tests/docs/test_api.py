"""docs/api.md says what the HTTP API is."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel

from paddleocr_vl_service.intake.sniffing import EXTENSIONS
from paddleocr_vl_service.models import api_models, errors, job_models
from paddleocr_vl_service.models.document import ElementType
from paddleocr_vl_service.observability.middleware import REQUEST_ID_HEADER, SECURITY_HEADERS
from paddleocr_vl_service.routers.problems import status_of
from tests.docs import pages

PAGE = "docs/api.md"
SOURCE = pages.ROOT / "src/paddleocr_vl_service"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
MODELS: dict[str, type[BaseModel]] = {
    "success": api_models.ExtractResponse,
    "service": api_models.HealthResponse,
    "name": api_models.VersionResponse,
    "detail": api_models.ProblemDetails,
    "progress": job_models.JobModel,
    "jobs": api_models.ReadinessResponse,
}
"""Which model an example is of, by a field that no other has."""


def documented_endpoints() -> set[tuple[str, str]]:
    found = (re.fullmatch(r"`(\w+) (/\S*)`", heading) for heading in pages.headings(PAGE))
    return {(each[1], each[2]) for each in found if each}


def described_endpoints(app: FastAPI) -> set[tuple[str, str]]:
    return {
        (method.upper(), path)
        for path, operations in app.openapi()["paths"].items()
        for method in operations
    }


def test_every_endpoint_is_documented(app: FastAPI) -> None:
    assert described_endpoints(app) <= documented_endpoints()


async def test_every_documented_endpoint_exists(app: FastAPI) -> None:
    for method, path in documented_endpoints() - described_endpoints(app):
        assert method in METHODS
        assert (await ask(app, method, path)).status_code == 200, path


async def ask(app: FastAPI, method: str, path: str) -> httpx.Response:
    """The answer of the application, which is not started."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        return await client.request(method, path)


def test_every_field_is_documented(app: FastAPI) -> None:
    text = pages.read(PAGE)
    for name, schema in app.openapi()["components"]["schemas"].items():
        for field in schema.get("properties", {}):
            assert f"`{field}`" in text, f"{name}.{field}"


def test_every_status_is_documented(app: FastAPI) -> None:
    documented = {
        code for row in pages.table(PAGE, "Status") for code in re.findall(r"\d+", row[0])
    }
    operations = app.openapi()["paths"]["/api/v1/ocr/extract-document"]["post"]
    assert set(operations["responses"]) <= documented


def test_every_type_header_and_extension_is_documented() -> None:
    text = pages.read(PAGE)
    assert [row[0].strip("`") for row in pages.table(PAGE, "Type")] == [
        t.value for t in ElementType
    ]
    for word in (*EXTENSIONS, *SECURITY_HEADERS, REQUEST_ID_HEADER):
        assert f"`{word}`" in text, word


def test_types_that_the_embedded_engine_never_answers_are_named() -> None:
    source = "\n".join(path.read_text("utf-8") for path in (SOURCE / "engines/onnx").glob("*.py"))
    never = [kind.value for kind in ElementType if f"ElementType.{kind.name}" not in source]
    named = " or ".join(f"`{kind}`" for kind in never)
    assert f"The embedded engine never answers {named}:" in pages.read(PAGE)


def every_error() -> Iterator[type[errors.ServiceError]]:
    yield from errors._subclasses(errors.ServiceError)


def test_every_error_code_is_documented_with_its_status() -> None:
    documented = {code.strip("`"): status for code, status, *_ in pages.table(PAGE, "Code")}
    expected = {kind.code: str(status_of(kind("."))) for kind in every_error()}
    assert {code: documented.get(code) for code in expected} == expected


async def test_no_error_code_is_made_up(app: FastAPI) -> None:
    documented = {row[0].strip("`") for row in pages.table(PAGE, "Code")}
    literals = string_literals()
    known = {kind.code for kind in every_error()}
    for method, path in [("GET", "/nothing"), ("PUT", "/health")]:
        known.add((await ask(app, method, path)).json()["code"])
    for code in documented - known:
        assert code in literals, code


def test_every_warning_code_is_documented() -> None:
    documented = {row[0].strip("`") for row in pages.table(PAGE, "Warning")}
    assert documented == set(notice_codes())


def notice_codes() -> Iterator[str]:
    """First argument of every ``Notice(...)`` in the source."""
    for tree in trees():
        constants = {
            target.id: node.value.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _name(node.func) == "Notice":
                given = {keyword.arg: keyword.value for keyword in node.keywords}
                code = node.args[0] if node.args else given["code"]
                yield str(code.value if isinstance(code, ast.Constant) else constants[_name(code)])


def string_literals() -> set[str]:
    return {
        node.value
        for tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def trees() -> Iterator[ast.Module]:
    for path in sorted(SOURCE.rglob("*.py")):
        yield ast.parse(path.read_text("utf-8"))


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")


def json_examples() -> list[Any]:
    """Every JSON example; what was left out of one is marked by a line of dots."""
    return [
        pytest.param(block.text, id=f"{page}-{number}")
        for page in ("README.md", PAGE)
        for number, block in enumerate(pages.blocks(page, "json"))
    ]


@pytest.mark.parametrize("example", json_examples())
def test_every_json_example_is_an_answer_of_the_service(example: str) -> None:
    answer, complete = pages.whole_json(example)
    (model,) = (model for field, model in MODELS.items() if field in answer)
    if complete:
        assert model.model_validate(answer).model_dump(mode="json", exclude_unset=True) == answer
    else:
        assert set(answer) <= set(model.model_fields)
        for element in answer.get("elements", []):
            api_models.ElementModel.model_validate(element)


def test_there_are_examples_of_every_answer() -> None:
    text = "\n".join(block.text for block in pages.blocks(PAGE, "json"))
    for field in MODELS:
        assert f'"{field}": ' in text


def test_the_source_is_where_these_tests_look() -> None:
    assert Path(errors.__file__).is_relative_to(SOURCE)
