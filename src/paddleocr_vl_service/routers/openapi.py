"""What FastAPI cannot find out by itself for the OpenAPI description."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from paddleocr_vl_service.models.api_models import ExtractForm, ProblemDetails
from paddleocr_vl_service.models.job_models import JobForm

_MODELS: tuple[type[BaseModel], ...] = (ExtractForm, JobForm, ProblemDetails)


def describe(app: FastAPI) -> None:
    """Add the schemas that endpoints refer to by name: the upload's form, and the errors."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schemas = generate().setdefault("components", {}).setdefault("schemas", {})
            for model in _MODELS:
                schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
                schemas |= schema.pop("$defs", {})
                schemas[model.__name__] = schema
        assert app.openapi_schema is not None  # noqa: S101 - for the type checker
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
