"""The parent's end of one child process."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import Any

from paddleocr_vl_service.config.logging_config import current_logging
from paddleocr_vl_service.models.errors import error_from_code
from paddleocr_vl_service.observability.request_context import request_id_var
from paddleocr_vl_service.processes import wire
from paddleocr_vl_service.processes.child import UNEXPECTED
from paddleocr_vl_service.processes.errors import (
    WorkerDied,
    WorkerFailed,
    WorkerStartFailed,
    WorkerTimedOut,
)
from paddleocr_vl_service.processes.within import within

logger = logging.getLogger(__name__)

_HANG_UP_SECONDS = 2.0
_DYING_SECONDS = 0.5


@dataclass(frozen=True)
class WorkerSpec:
    """What a child process is to be.

    Attributes:
        name: For people, in log lines.
        factory: ``module:callable``; called in the child with `config`, returns its handler.
        config: JSON.
        nice: Added to the child's niceness, so that HTTP stays responsive under load.
        start_timeout: Seconds until the child must take calls.
        environment: Variables added to the child's environment.
    """

    name: str
    factory: str
    config: dict[str, Any] = field(default_factory=dict)
    nice: int = 0
    start_timeout: float = 60.0
    environment: dict[str, str] = field(default_factory=dict)


class Worker:
    """One child process; takes one call at a time."""

    def __init__(
        self,
        name: str,
        process: asyncio.subprocess.Process,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.name = name
        self.started_at = time.monotonic()
        self._number = 0
        self._process = process
        self._reader = reader
        self._writer = writer
        self._broken = False

    @classmethod
    async def start(cls, spec: WorkerSpec) -> Worker:
        """Spawn a child and wait until its handler is made.

        Raises:
            ServiceError: the one that the handler's factory raised.
            WorkerStartFailed: it raised anything else, died, or took too long.
        """
        ours, theirs = socket.socketpair()
        try:
            process = await _spawn(spec, theirs)
        except BaseException:
            ours.close()
            raise
        try:
            reader, writer = await asyncio.open_unix_connection(sock=ours)
        except BaseException:
            ours.close()
            process.kill()
            raise
        worker = cls(spec.name, process, reader, writer)
        hello = {
            "factory": spec.factory,
            "config": spec.config,
            "nice": spec.nice,
            "logging": asdict(current_logging()),
        }
        try:
            await worker._exchange(hello, spec.start_timeout)
        except (WorkerDied, WorkerTimedOut, WorkerFailed) as error:
            await worker.kill()
            raise WorkerStartFailed(f"{spec.name} did not start: {error}") from error
        except BaseException:
            await worker.kill()
            raise
        return worker

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it can take another call."""
        return not self._broken and self._process.returncode is None

    async def call(self, method: str, payload: Any, *, timeout: float) -> Any:
        """Have the child's handler do something.

        Raises:
            ServiceError: the one that the handler raised.
            WorkerFailed: the handler raised anything else.
            WorkerDied: the child ended before it answered.
            WorkerTimedOut: no answer within ``timeout`` seconds; the child was killed.
        """
        call = {"method": method, "payload": payload, "request_id": request_id_var.get()}
        return await self._exchange(call, timeout)

    async def _exchange(self, message: dict[str, Any], timeout: float) -> Any:
        # An answer repeats its call's number: one that comes unasked would otherwise be taken
        # for that to the next call, which may be about another document.
        self._number += 1
        message["number"] = self._number
        try:
            frame = wire.encode(message)
        except wire.MessageTooLarge as error:
            raise WorkerFailed("the call is too large") from error
        try:
            answer = await within(timeout, self._send_and_receive(frame))
        except asyncio.TimeoutError:
            await self.kill()
            raise WorkerTimedOut(f"no answer within {timeout:g} seconds") from None
        except (
            asyncio.IncompleteReadError,
            ConnectionError,
            ValueError,
            RecursionError,
            wire.MessageTooLarge,
        ) as error:
            # One that died by itself is noticed first; its exit code would be lost otherwise.
            await self._ended_within(_DYING_SECONDS if self._reader.at_eof() else 0)
            await self.kill()
            raise WorkerDied(
                f"it ended with code {self._process.returncode} ({type(error).__name__})"
            ) from error
        except BaseException:
            self._broken = True  # an answer may still come, to nobody
            raise
        if not _is_answer(answer, self._number):
            await self.kill()
            raise WorkerDied("it answered out of turn")
        return _result(answer)

    async def _send_and_receive(self, frame: bytes) -> Any:
        self._writer.write(frame)
        await self._writer.drain()
        return await wire.read_message(self._reader)

    async def wait(self) -> None:
        """Return when the child has ended, whoever ended it."""
        await self._process.wait()

    async def stop(self) -> None:
        """Hang up and give an idle child a moment to leave by itself."""
        self._broken = True
        self._writer.close()
        await self._ended_within(_HANG_UP_SECONDS)
        await self.kill()

    async def kill(self) -> None:
        """End the child now, whatever it does."""
        self._broken = True
        self._writer.close()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)  # the child and whatever it has started
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()

    async def _ended_within(self, seconds: float) -> None:
        with contextlib.suppress(asyncio.TimeoutError):
            await within(seconds, self.wait())


async def _spawn(spec: WorkerSpec, theirs: socket.socket) -> asyncio.subprocess.Process:
    """Start the child with its end of the socket pair, which is closed here."""
    with theirs:
        # The kernel's parent-death signal follows the thread that spawns, so this has to be the
        # event loop's thread and not one of a pool.
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "paddleocr_vl_service.processes.child",
            str(theirs.fileno()),
            str(os.getpid()),
            spec.name,  # for whoever looks at the list of processes
            pass_fds=[theirs.fileno()],
            start_new_session=True,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=2,  # nothing a library prints may reach our standard output
            env={**os.environ, **spec.environment},
        )


def _is_answer(answer: Any, number: int) -> bool:
    """Whether it has the form of an answer; a child that was taken over may say anything."""
    if not isinstance(answer, dict) or len(answer) != 2 or answer.get("number") != number:
        return False
    if "result" in answer:
        return True
    error = answer.get("error")
    return isinstance(error, dict) and all(
        isinstance(error.get(key), str) for key in ("code", "detail")
    )


def _result(answer: Any) -> Any:
    error = answer.get("error")
    if error is None:
        return answer["result"]
    if error["code"] == UNEXPECTED:
        raise WorkerFailed(error["detail"])
    raise error_from_code(error["code"], error["detail"])
