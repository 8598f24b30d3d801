"""`/health/live` and `/health/ready`: what makes documents go elsewhere, and what does not."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from paddleocr_vl_service.config.settings import Settings
from paddleocr_vl_service.main import create_app
from tests.support import documents
from tests.support.server import ECHO_ENGINE

READY = {"status": "ready", "reason": None, "jobs": None}
NEVER_LOADS = "tests.support.broken_engines:NeverLoads"


@asynccontextmanager
async def opened(folder: Path, **settings: Any) -> AsyncIterator[tuple[FastAPI, httpx.AsyncClient]]:
    defaults: dict[str, Any] = {"engine": ECHO_ENGINE, "use_gpu": False}
    places = {"tmp_dir": folder / "tmp", "data_dir": folder / "data"}
    app = create_app(Settings(_env_file=None, **{**places, **defaults, **settings}))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            assert (await client.get("/health/live")).json() == {"status": "alive"}
            yield app, client
            assert (await client.get("/health/live")).json() == {"status": "alive"}


async def asked(client: httpx.AsyncClient) -> tuple[int, dict[str, Any]]:
    response = await client.get("/health/ready")
    head = await client.head("/health/ready")
    assert (head.status_code, head.content) == (response.status_code, b"")
    return response.status_code, response.json()


async def until(client: httpx.AsyncClient, wanted: Callable[[int, dict[str, Any]], bool]) -> bool:
    """Whether the answer became what is wanted; jobs are asked for to let time pass."""
    for _ in range(200):
        if wanted(*await asked(client)):
            return True
        await client.get("/api/v1/jobs")
    return False


async def test_ready_before_the_engine_is_loaded(tmp_path: Path) -> None:
    async with opened(tmp_path) as (_, client):
        await client.get("/api/v1/jobs")
        assert await asked(client) == (200, READY)


async def test_a_shutdown_sends_documents_elsewhere(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, client):
        await client.get("/api/v1/jobs")
        app.state.service.admission.stop()
        status, body = await asked(client)
        assert (status, body["status"]) == (503, "not-ready")
        assert body["reason"] == "The service is shutting down."
        metrics = (await client.get("/metrics")).text
        assert 'paddleocr_vl_unhealthy{cause="stopping"} 1.0' in metrics
        assert 'paddleocr_vl_unhealthy{cause="engine"} 0.0' in metrics


async def test_an_engine_that_does_not_load_does_so_too(tmp_path: Path) -> None:
    async with opened(tmp_path, engine=NEVER_LOADS) as (_, client):
        upload = {"file": ("a.png", documents.image())}
        answer = await client.post("/api/v1/ocr/extract-document", files=upload)
        assert answer.json()["code"] == "engine-unavailable"
        status, body = await asked(client)
        assert (status, body["status"]) == (503, "not-ready")
        assert "could not be loaded" in body["reason"]
        assert 'paddleocr_vl_unhealthy{cause="engine"} 1.0' in (await client.get("/metrics")).text


async def test_with_a_preload_nobody_is_sent_before_it_is_done(tmp_path: Path) -> None:
    async with opened(tmp_path, preload_model=True) as (app, client):
        status, body = await asked(client)
        assert (status, body["reason"]) == (503, "The engine is being loaded.")
        assert await until(client, lambda status, body: status == 200)
        app.state.service._host._supervisors[0].process._worker._process.kill()
        assert await until(client, lambda status, body: status == 200)  # it is only replaced


async def test_jobs_that_cannot_be_taken_are_said_and_documents_come_all_the_same(
    tmp_path: Path,
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "jobs.db").write_bytes(b"this is no database" * 100)
    async with opened(tmp_path) as (_, client):
        status, body = await asked(client)
        assert (status, body["status"], body["reason"]) == (200, "ready", None)
        assert body["jobs"]
        upload = {"file": ("a.png", documents.image())}
        answer = await client.post("/api/v1/ocr/extract-document", files=upload)
        assert answer.status_code == 200
        assert "paddleocr_vl_jobs_database_up 0.0" in (await client.get("/metrics")).text
