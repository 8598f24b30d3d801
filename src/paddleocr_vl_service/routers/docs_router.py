"""``GET /docs``: the OpenAPI description as a page, without anything from another host."""

from __future__ import annotations

from importlib.resources import files

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse, Response
from fastapi.staticfiles import StaticFiles

router = APIRouter(include_in_schema=False)

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="{base}/docs/assets/favicon-32x32.png">
<link rel="stylesheet" href="{base}/docs/assets/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="{base}/docs/assets/swagger-ui-bundle.js"></script>
<script src="{base}/docs/start.js"></script>
</body>
</html>
"""

_START = """\
SwaggerUIBundle({{
  url: "{base}/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null,
}});
"""


def mount_assets(app: FastAPI) -> None:
    """Serve Swagger UI's files from the package that brings them."""
    folder = str(files("fastapi_swagger") / "resources")
    app.mount("/docs/assets", StaticFiles(directory=folder), name="docs-assets")


@router.get("/docs")
async def docs(request: Request) -> Response:
    """The page."""
    return HTMLResponse(_PAGE.format(title="PaddleOCR-VL Service API", base=_base(request)))


@router.get("/docs/start.js")
async def start_script(request: Request) -> Response:
    """Its script, in a file of its own because the Content-Security-Policy forbids inline ones."""
    return Response(_START.format(base=_base(request)), media_type="text/javascript")


def _base(request: Request) -> str:
    root: str = request.scope.get("root_path", "")
    return root.rstrip("/")
