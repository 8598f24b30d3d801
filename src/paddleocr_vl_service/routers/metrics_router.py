"""``GET /metrics``."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from paddleocr_vl_service.observability.scrape import CONTENT_TYPE, Scraper

router = APIRouter(tags=["health"])


@router.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=Response,
    responses={
        200: {
            "description": "Prometheus's text format.",
            "content": {"text/plain": {"schema": {"type": "string"}}},
        }
    },
)
async def metrics(request: Request) -> Response:
    """Counts, sizes and times; nothing of any document."""
    scraper: Scraper = request.app.state.scraper
    return Response(await scraper.text(), headers={"Content-Type": CONTENT_TYPE})
