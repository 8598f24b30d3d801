"""A real Prometheus with this repository's configuration, in front of one server."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.support.server import REPOSITORY
from tests.support.waiting import eventually

PROGRAM = shutil.which("prometheus")
_CONFIG = REPOSITORY / "deploy/monitoring"


@contextmanager
def prometheus(folder: Path, target: str) -> Iterator[httpx.Client]:
    """Its API, once it has asked the server; it asks every second instead of every 15.

    Args:
        folder: For its configuration and its database.
        target: Host and port of the server.
    """
    config = (_CONFIG / "prometheus.yml").read_text("utf-8")
    for old, new in (
        ("paddleocr-vl-service:8000", target),
        ("15s", "1s"),
        ("scrape_timeout: 10s", "scrape_timeout: 1s"),
    ):
        assert old in config
        config = config.replace(old, new)
    (folder / "prometheus.yml").write_text(config, "utf-8")
    shutil.copy(_CONFIG / "alerts.yml", folder)
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [
        str(PROGRAM),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'database'}",
        f"--web.listen-address={address}",
    ]
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(command, stderr=log, stdout=log)
    try:
        with httpx.Client(base_url=f"http://{address}", timeout=10) as client:
            up = 'up{job="paddleocr-vl-service"} == 1'
            assert eventually(lambda: _asked(client, up), 60), (
                folder / "prometheus.log"
            ).read_text()
            yield client
    finally:
        process.terminate()
        process.wait(30)


def query(client: httpx.Client, expression: str) -> list[dict[str, Any]]:
    """What the expression is now; fails where Prometheus does not understand it."""
    answer = client.get("/api/v1/query", params={"query": expression}).json()
    assert answer["status"] == "success", answer
    result: list[dict[str, Any]] = answer["data"]["result"]
    return result


def _asked(client: httpx.Client, expression: str) -> bool:
    try:
        return query(client, expression) != []
    except (httpx.TransportError, ValueError):  # it answers with a plain sentence while it starts
        return False
