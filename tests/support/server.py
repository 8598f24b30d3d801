"""The real server in a process of its own, on a free loopback port."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

REPOSITORY = Path(__file__).parents[2]
ECHO_ENGINE = "tests.support.echo_engine:EchoEngine"

_RUNNING = re.compile(r"Uvicorn running on (http://[0-9.]+:\d+)")


@dataclass
class Server:
    """A running server; its log is in ``log_file``, its temporary files below ``tmp_dir``."""

    process: subprocess.Popen[bytes]
    log_file: Path
    tmp_dir: Path
    url: str = ""
    settings: dict[str, str] = field(default_factory=dict)

    def client(self, **options: Any) -> httpx.Client:
        return httpx.Client(base_url=self.url, **{"timeout": 120.0, **options})

    def extract(self, name: str, content: bytes, **fields: str) -> httpx.Response:
        with self.client() as client:
            return client.post(
                "/api/v1/ocr/extract-document", files={"file": (name, content)}, data=fields
            )

    def send(self, name: str, content: bytes, only: int | None = None) -> socket.socket:
        """Upload a document and leave the answer to whoever has the connection.

        Args:
            name: Of the file.
            content: Of the file.
            only: So many bytes of the form are sent, and no more.
        """
        request = httpx.Request(
            "POST",
            f"{self.url}/api/v1/ocr/extract-document",
            files={"file": (name, content)},
        )
        head = [f"{request.method} {request.url.path} HTTP/1.1"]
        head += [f"{key}: {value}" for key, value in request.headers.items()]
        connection = socket.create_connection((request.url.host, request.url.port or 80))
        connection.sendall("\r\n".join([*head, "", ""]).encode() + request.read()[:only])
        return connection

    def queue(self) -> dict[str, int]:
        with self.client() as client:
            queue: dict[str, int] = client.get("/health").json()["queue"]
        return queue

    def documents_running(self) -> int:
        return self.queue()["running"]

    def log(self) -> str:
        return self.log_file.read_text("utf-8")

    def log_lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log().splitlines() if line.startswith("{")]

    def temporary_files(self) -> list[Path]:
        # Not Path.rglob, which does not bear that folders go while it walks.
        files = (Path(root) / name for root, _, names in os.walk(self.tmp_dir) for name in names)
        return [path for path in files if path.name != "lock"]

    def descendants(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def children_named(self, name: str) -> list[psutil.Process]:
        """Child processes of a name: ``document-reader``, ``engine-onnx``, ..."""
        return [child for child in self.descendants() if _last_argument(child).startswith(name)]

    def wait_for_jobs(self) -> None:
        """Until jobs are taken; they are opened while the service answers already."""
        with self.client() as client:
            assert client.get("/api/v1/jobs").status_code == 200

    def stop(self, timeout: float = 20.0) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout)


@contextmanager
def running_server(
    folder: Path,
    engine: str = ECHO_ENGINE,
    python: Path = Path(sys.executable),
    /,
    **settings: str,
) -> Iterator[Server]:
    """Start a server, wait until it answers, stop it afterwards.

    Args:
        folder: For its log and its ``TMP_DIR``.
        engine: ``ENGINE``.
        python: Of the environment to run it in.
        settings: More settings by name.
    """
    server = start_server(folder, engine, python, **settings)
    try:
        server.url = wait_for_url(server)
        yield server
    finally:
        if server.process.poll() is None:
            server.process.send_signal(signal.SIGTERM)
            try:
                server.process.wait(30)
            except subprocess.TimeoutExpired:
                server.process.kill()
                server.process.wait()
                raise


def start_server(
    folder: Path, engine: str, python: Path = Path(sys.executable), /, **settings: str
) -> Server:
    """Start a server and do not wait for it."""
    log_file, tmp_dir = folder / "server.log", folder / "tmp"
    variables = {
        "ENGINE": engine,
        "APP_HOST": "127.0.0.1",
        "APP_PORT": "0",
        "TMP_DIR": str(tmp_dir),
        "USE_GPU": "false",
        **settings,
    }
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), **variables}
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [str(python), "-m", "paddleocr_vl_service.cli", "serve"],
            stderr=log,
            stdout=log,
            stdin=subprocess.DEVNULL,
            env=environment,
            cwd=folder,
        )
    return Server(process, log_file, tmp_dir, settings=variables)


def wait_for_url(server: Server, seconds: float = 30.0) -> str:
    """The address at which the server listens, from its own log line."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = _RUNNING.search(server.log())
        if found:
            return found[1]
        if server.process.poll() is not None:
            raise AssertionError(f"the server ended:\n{server.log()}")
        time.sleep(0.02)
    raise AssertionError(f"the server did not start:\n{server.log()}")


def _last_argument(process: psutil.Process) -> str:
    try:
        return process.cmdline()[-1]
    except (psutil.Error, IndexError):  # it has just ended
        return ""
