"""A container of the service, talked to as a client does: with curl, from inside its network."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.verify_deploy.bench import Bench
from tools.verify_deploy.programs import attempt, run, until
from tools.verify_deploy.steps import NotSo

HARDENED = ("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges")
FINAL = ("succeeded", "failed", "cancelled")


@dataclass(frozen=True)
class Service:
    """The service in a container.

    Attributes:
        bench: Whose engine runs it.
        name: The container's.
        port: Where it answers.
    """

    bench: Bench
    name: str
    port: int

    def curl(self, path: str, *arguments: str, seconds: float = 120) -> tuple[int, str]:
        """The status of an answer and its body; status 0 where there is no answer."""
        command = [
            *self.bench.engine.inside(),
            *("curl", "--silent", "--max-time", str(seconds), "--write-out", "\n%{http_code}"),
            *arguments,
            f"http://127.0.0.1:{self.port}{path}",
        ]
        _, said = attempt(command, seconds=seconds + 10)
        body, _, status = said.rpartition("\n")
        return int(status or 0), body

    def json(self, path: str, *arguments: str, expected: int = 200) -> Any:
        """An answer that has to have a status."""
        status, body = self.curl(path, *arguments)
        if status != expected:
            raise NotSo(f"{path} was answered {status}: {body[:300]}\n{self.log()[-4000:]}")
        return json.loads(body)

    def extract(self, file: Path) -> Any:
        """What the service reads in a document."""
        return self.json("/api/v1/ocr/extract-document", "-F", f"file=@{file}")

    def submit(self, file: Path) -> str:
        """Have a document taken as a job; its id."""
        return str(self.json("/api/v1/jobs", "-F", f"file=@{file}", expected=202)["id"])

    def job(self, job_id: str) -> Any:
        """A job as it stands."""
        return self.json(f"/api/v1/jobs/{job_id}")

    def pages_read(self, job_id: str) -> int:
        """How many pages of a job are read."""
        return int(self.job(job_id)["progress"]["pages_done"])

    def finished(self, job_id: str, seconds: float = 240) -> Any:
        """A job when it is finished."""
        until(
            lambda: self.job(job_id)["status"] in FINAL, seconds, f"{job_id} is not finished", 1.0
        )
        return self.job(job_id)

    def state(self) -> str:
        """What the engine's health check says."""
        return self.bench.engine.docker(
            "inspect", "--format", "{{.State.Health.Status}}", self.name
        ).strip()

    def healthy(self, seconds: float = 120) -> float:
        """Wait for the health check; the seconds that took."""

        def look() -> bool:
            running = self.bench.engine.docker(
                "inspect", "--format", "{{.State.Running}}", self.name
            ).strip()
            if running != "true":
                raise NotSo(f"{self.name} ended:\n{self.log()[-2000:]}")
            return self.state() == "healthy"

        return until(look, seconds, f"{self.name} is not healthy")

    def run_inside(self, command: str) -> str:
        """What a shell says in the container, as the service's user."""
        return self.bench.engine.docker("exec", self.name, "sh", "-c", command)

    def engine_pids(self) -> list[int]:
        """Of the engine's processes, as the container counts them."""
        processes = self.json("/health")["engine"]["processes"]
        return [each["pid"] for each in processes if each["pid"]]

    def log(self) -> str:
        """All that it has logged."""
        return self.bench.engine.docker("logs", self.name)


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    import socket  # noqa: PLC0415 - for this one line

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def start(bench: Bench, image: str, name: str, *options: str, command: str = "serve") -> Service:
    """Run an image hardened, in this machine's network, on a free port."""
    bench.engine.start(isolated=False)
    port = free_port()
    words = ["run", "--detach", "--name", name, *HARDENED, "--network", "host"]
    bench.engine.docker(*words, "--env", f"APP_PORT={port}", *options, image, command)
    return Service(bench, name, port)


def processes(bench: Bench, name: str) -> str:
    """What runs in a container, as this machine sees it."""
    return run(["docker", "top", name, "-eo", "pid,args"], environment=bench.engine.environment)
