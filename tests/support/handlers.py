"""Handlers of child processes that do as they are told."""

import os
import signal
import subprocess
import sys
import time
from typing import Any

from paddleocr_vl_service.models.errors import DocumentCorrupt
from paddleocr_vl_service.observability.request_context import request_id_var
from paddleocr_vl_service.processes import wire


class Obedient:
    def __init__(self, config: dict[str, Any]) -> None:
        self._config = config
        self._calls = 0

    def handle(self, method: str, payload: Any) -> Any:
        self._calls += 1
        return getattr(self, method)(payload)

    def close(self) -> None:
        if path := self._config.get("closed_file"):
            with open(path, "w") as file:  # noqa: PTH123
                file.write("closed")

    def echo(self, payload: Any) -> Any:
        return payload

    def facts(self, payload: Any) -> dict[str, Any]:
        return {
            "pid": os.getpid(),
            "calls": self._calls,
            "nice": os.nice(0),
            "request_id": request_id_var.get(),
            "greeting": os.environ.get("GREETING"),
            "modules": sorted(name for name in sys.modules if name.startswith("tests")),
        }

    def sleep(self, payload: float) -> int:
        time.sleep(payload)
        return os.getpid()

    def refuse(self, payload: Any) -> None:
        raise DocumentCorrupt("The file is corrupt.")

    def stumble(self, payload: Any) -> None:
        raise ZeroDivisionError(payload)

    def die(self, payload: Any) -> None:
        os._exit(7)

    def crash(self, payload: Any) -> None:
        os.kill(os.getpid(), signal.SIGSEGV)

    def babble(self, payload: int) -> str:
        return "x" * payload

    def repeat_yourself(self, payload: Any) -> Any:
        """Answer this call twice, as right as once."""
        encode = wire.encode
        wire.encode = lambda message: encode(message) * 2
        return payload

    def start_another(self, payload: Any) -> int:
        """A process that would go on for long."""
        return subprocess.Popen(["sleep", "600"]).pid

    def print(self, payload: str) -> None:
        print(payload, flush=True)  # noqa: T201


def refuse_to_start(config: dict[str, Any]) -> Obedient:
    raise DocumentCorrupt("No start today.")


def stumble_at_start(config: dict[str, Any]) -> Obedient:
    raise ZeroDivisionError


def exit_at_start(config: dict[str, Any]) -> Obedient:
    os._exit(3)


def hang_at_start(config: dict[str, Any]) -> Obedient:
    time.sleep(3600)
    raise AssertionError
