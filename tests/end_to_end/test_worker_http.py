"""A `worker` says how it is where `WORKER_PORT` is set, and answers nothing else."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.support.metrics import scrape
from tests.support.server import ECHO_ENGINE, REPOSITORY
from tests.support.waiting import eventually

_PORT = re.compile(r'"Answering health checks".*"port": (\d+)')


def command(folder: Path, **settings: str) -> tuple[list[str], dict[str, str]]:
    variables = {
        "ENGINE": ECHO_ENGINE,
        "APP_HOST": "127.0.0.1",
        "TMP_DIR": str(folder / "tmp"),
        "USE_GPU": "false",
        "PYTHONPATH": str(REPOSITORY),
        **settings,
    }
    program = [sys.executable, "-m", "paddleocr_vl_service.cli", "worker"]
    return program, {**os.environ, **variables}


@contextmanager
def running_worker(folder: Path, **settings: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """The process, and its address."""
    program, environment = command(folder, **settings)
    log = folder / "worker.log"
    with log.open("wb") as file:
        process = subprocess.Popen(program, stderr=file, env=environment, cwd=folder)
    try:
        assert eventually(lambda: _PORT.search(log.read_text("utf-8")) is not None, 30)
        found = _PORT.search(log.read_text("utf-8"))
        assert found is not None
        yield process, f"http://127.0.0.1:{found[1]}"
    finally:
        process.kill()
        process.wait()


def test_it_can_be_scraped_and_asked_how_it_is(tmp_path: Path) -> None:
    with (
        running_worker(tmp_path, WORKER_PORT="0") as (process, url),
        httpx.Client(base_url=url, timeout=30) as client,
    ):
        assert client.get("/health/live").json() == {"status": "alive"}
        assert eventually(lambda: client.get("/health/ready").status_code == 200, 20)
        assert client.get("/health").json()["status"] == "healthy"
        assert client.get("/version").json()["name"] == "paddleocr-vl-service"
        assert scrape(client).value("jobs_database_up") == 1
        for path in ("/api/v1/jobs", "/docs"):
            assert client.get(path).json()["code"] == "not-found"
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_a_port_that_is_taken_is_a_clear_error(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        program, environment = command(tmp_path, WORKER_PORT=str(taken.getsockname()[1]))
        done = subprocess.run(
            program, env=environment, cwd=tmp_path, capture_output=True, encoding="utf-8"
        )
    assert done.returncode == 2
    assert "WORKER_PORT=" in done.stderr
    assert "Traceback" not in done.stderr


def test_metrics_can_be_switched_off_there_too(tmp_path: Path) -> None:
    with running_worker(tmp_path, WORKER_PORT="0", METRICS="false") as (_, url):
        assert httpx.get(f"{url}/metrics", timeout=30).status_code == 404
