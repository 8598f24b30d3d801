"""The real server as a process of its own, started for the benchmark."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from benchmarks.places import ROOT
from benchmarks.workers.protocol import peak_bytes_of

_START_SECONDS = 60.0
_STOP_SECONDS = 30.0
_ANSWER_SECONDS = 900.0
_LOOK_EVERY = 0.005
_ASK_EVERY = 0.05
_EXTRACT = "/api/v1/ocr/extract-document"
_FIELDS = {"text_source": "ocr"}
_NO_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=None)


class ServerFailed(Exception):
    """The server did not start, or answered something else than the page's text."""


@dataclass(frozen=True)
class Server:
    """A server that answers.

    Attributes:
        process: The API process; its children are found through it.
        port: On the loopback interface.
        start_seconds: From the start of the process to the first healthy answer.
    """

    process: subprocess.Popen[bytes]
    port: int
    start_seconds: float

    def client(self) -> httpx.Client:
        """A client that keeps its connections and may be used by several threads."""
        return httpx.Client(
            base_url=self._url, timeout=_ANSWER_SECONDS, limits=_NO_LIMITS, trust_env=False
        )

    def async_client(self) -> httpx.AsyncClient:
        """A client whose requests can be given up."""
        return httpx.AsyncClient(base_url=self._url, timeout=_ANSWER_SECONDS, trust_env=False)

    def health(self) -> dict[str, Any]:
        """What ``/health`` tells now."""
        answer: dict[str, Any] = httpx.get(f"{self._url}/health", trust_env=False).json()
        return answer

    def wait_until(
        self,
        what: str,
        condition: Callable[[dict[str, Any]], bool],
        most_seconds: float = _START_SECONDS,
    ) -> float:
        """Ask ``/health`` until its answer is as it should be; returns the seconds that this took.

        Raises:
            ServerFailed: It did not come to that; the message says what should have been so.
        """
        started = time.monotonic()
        while not condition(self.health()):
            if time.monotonic() - started > most_seconds:
                raise ServerFailed(f"the server was not {what} within {most_seconds:g} seconds")
            time.sleep(_ASK_EVERY)
        return time.monotonic() - started

    def cpu_seconds(self) -> float:
        """CPU time that the server and its children have taken since they were started."""
        times = [process.cpu_times() for process in self._processes()]
        return sum(each.user + each.system for each in times)

    def peak_bytes(self) -> list[int]:
        """Most memory that each process has held: the API process, then its children."""
        return [peak_bytes_of(process.pid) for process in self._processes()]

    def resident_bytes(self) -> tuple[int, int]:
        """Memory that the API process holds now, and that all engine processes hold together."""
        api, *children = self._processes()
        engines = sum(_engine_bytes(child) for child in children)
        return api.memory_info().rss, engines

    @property
    def _url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _processes(self) -> list[psutil.Process]:
        api = psutil.Process(self.process.pid)
        return [api, *api.children(recursive=True)]


def extract(client: httpx.Client, name: str, content: bytes) -> float:
    """Send one page image; returns the seconds until its whole answer was there.

    Raises:
        ServerFailed: The answer is not a success.
    """
    started = time.perf_counter()
    answer = client.post(_EXTRACT, files={"file": (name, content)}, data=_FIELDS)
    seconds = time.perf_counter() - started
    _check(name, answer)
    return seconds


async def extract_async(client: httpx.AsyncClient, name: str, content: bytes) -> float:
    """As `extract`, for whoever wants to do something else meanwhile, or to give up.

    Raises:
        ServerFailed: The answer is not a success.
    """
    started = time.perf_counter()
    answer = await client.post(_EXTRACT, files={"file": (name, content)}, data=_FIELDS)
    seconds = time.perf_counter() - started
    _check(name, answer)
    return seconds


def _check(name: str, answer: httpx.Response) -> None:
    if answer.status_code != 200 or not answer.json()["success"]:
        raise ServerFailed(f"{name}: {answer.status_code} {answer.text[:300]}")


def _engine_bytes(process: psutil.Process) -> int:
    """What an engine process holds; 0 for other processes and for those that have just gone."""
    try:
        if "".join(process.cmdline()[-1:]).startswith("engine-"):
            return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        pass
    return 0


@contextmanager
def running_server(
    engine: str, processes: int, log_file: Path, **settings: str
) -> Iterator[Server]:
    """Start a server, wait until it is healthy, stop it afterwards.

    Args:
        engine: As ``ENGINE``.
        processes: As ``ENGINE_PROCESSES``.
        log_file: Gets its log.
        settings: More settings by name, and whatever its engine wants to find in the environment.

    Raises:
        ServerFailed: It does not become healthy.
    """
    with tempfile.TemporaryDirectory(prefix="paddleocr-vl-bench-") as folder:
        port = _free_port()
        variables = {
            "ENGINE": engine,
            "ENGINE_PROCESSES": str(processes),
            "APP_HOST": "127.0.0.1",
            "APP_PORT": str(port),
            "TMP_DIR": str(Path(folder) / "tmp"),
            "USE_GPU": "false",
            **settings,
        }
        started = time.perf_counter()
        with log_file.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "paddleocr_vl_service.cli", "serve"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
            )
        try:
            _wait_until_healthy(process, port, log_file)
            yield Server(process, port, time.perf_counter() - started)
        finally:
            _stop(process)


@contextmanager
def confined_to(cpus: int) -> Iterator[None]:
    """Let processes that are started inside use only so many CPUs, where there are more."""
    if not hasattr(os, "sched_getaffinity"):
        yield
        return
    all_of_them = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(all_of_them)[:cpus])
    try:
        yield
    finally:
        os.sched_setaffinity(0, all_of_them)


def _wait_until_healthy(process: subprocess.Popen[bytes], port: int, log_file: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            said = log_file.read_text("utf-8", "replace").strip().splitlines()
            raise ServerFailed(f"the server ended: {said[-1] if said else 'silently'}")
        if _health_status(port) == 200:
            return
        time.sleep(_LOOK_EVERY)
    raise ServerFailed(f"the server was not healthy within {_START_SECONDS:g} seconds")


def _health_status(port: int) -> int | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _stop(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
