"""What `/health` says when something inside has died. The rest is in tests/end_to_end."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from paddleocr_vl_service.config.settings import Settings
from paddleocr_vl_service.main import create_app
from tests.support import documents
from tests.support.server import ECHO_ENGINE


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[FastAPI]:
    settings = Settings(
        _env_file=None, engine=ECHO_ENGINE, engine_processes=2, use_gpu=False, tmp_dir=tmp_path
    )
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        yield app


async def test_a_dead_supervisor_turns_it_503_while_the_others_work_on(app: FastAPI) -> None:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        assert (await client.get("/health")).status_code == 200
        first, second = app.state.service._host._tasks
        first.cancel()
        await _ended(first)
        response = await client.get("/health")
        assert (response.status_code, response.json()["status"]) == (503, "unhealthy")
        assert "has to be restarted" in response.json()["reason"]
        assert response.json()["engine"]["processes"][0]["state"] == "stopped"
        upload = {"file": ("a.png", documents.image())}
        path = "/api/v1/ocr/extract-document"
        assert (await client.post(path, files=upload)).status_code == 200
        second.cancel()
        await _ended(second)
        answer = await client.post(path, files=upload)
        assert (answer.status_code, answer.json()["code"]) == (503, "engine-unavailable")


async def _ended(task: asyncio.Task[None]) -> None:
    await asyncio.wait({task})
    await asyncio.sleep(0)
