"""The child's end: ``python -m paddleocr_vl_service.processes.child FD PARENT_PID NAME``.

The first message says which handler to make; every further one is a call, answered in turn. The
process ends when the parent closes its end of the socket, and the kernel kills it when the parent
dies, so that not even a hung handler outlives the service.
"""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import socket
import sys
import traceback
from contextlib import suppress
from importlib import import_module
from typing import Any, Protocol

from paddleocr_vl_service.config.logging_config import LoggingConfig, configure_logging
from paddleocr_vl_service.models.errors import ServiceError
from paddleocr_vl_service.observability.request_context import RequestIdFilter, request_id_var
from paddleocr_vl_service.processes import wire
from paddleocr_vl_service.processes.garbage import collect_seldom

logger = logging.getLogger(__name__)

UNEXPECTED = "unexpected"
"""Error code of whatever is no `ServiceError`."""

_PR_SET_PDEATHSIG = 1


class Handler(Protocol):
    """Does the work of a child process, one call at a time."""

    def handle(self, method: str, payload: Any) -> Any:
        """Answer one call with a JSON value.

        A `ServiceError` reaches the caller as its code and its sentence; anything else is logged
        here and reaches the caller as a failure without details.
        """
        ...

    def close(self) -> None:
        """Release what the operating system would not."""
        ...


def main(arguments: list[str]) -> None:
    """Serve calls until the parent hangs up."""
    _die_with_parent(int(arguments[1]))
    # Service managers signal every process of a service; it is the parent that ends us.
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    connection = socket.socket(fileno=int(arguments[0]))
    with connection, suppress(EOFError, ConnectionError):
        _serve(connection)


def _serve(connection: socket.socket) -> None:
    hello = wire.receive_message(connection)
    handler = _make_handler(connection, hello)
    if handler is None:
        return
    try:
        while True:
            call = wire.receive_message(connection)
            request_id_var.set(call["request_id"])
            connection.sendall(_answer(handler, call))
    finally:
        handler.close()


def _make_handler(connection: socket.socket, hello: dict[str, Any]) -> Handler | None:
    configure_logging(LoggingConfig(**hello["logging"]), [RequestIdFilter()])
    if hello["nice"]:
        os.nice(hello["nice"])
    module, _, name = hello["factory"].partition(":")
    try:
        handler: Handler = getattr(import_module(module), name)(hello["config"])
    except Exception as error:  # noqa: BLE001 - whatever it is, the parent must hear of it
        connection.sendall(_error(hello["number"], error))
        return None
    collect_seldom()
    connection.sendall(wire.encode({"number": hello["number"], "result": None}))
    return handler


def _answer(handler: Handler, call: dict[str, Any]) -> bytes:
    number = call["number"]
    try:
        result = handler.handle(call["method"], call["payload"])
        return wire.encode({"number": number, "result": result})
    except Exception as error:  # noqa: BLE001 - whatever it is, the parent must hear of it
        return _error(number, error)


def _error(number: int, error: Exception) -> bytes:
    if isinstance(error, ServiceError):
        code, detail = error.code, error.detail
    else:
        code, detail = UNEXPECTED, type(error).__name__
        # Not the exception's message: a decoder's may quote the document.
        trace = "".join(traceback.format_tb(error.__traceback__))
        logger.error("A child process failed", extra={"error": detail, "traceback": trace})
    return wire.encode({"number": number, "error": {"code": code, "detail": detail}})


def _die_with_parent(parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the kernel was told
        sys.exit()


if __name__ == "__main__":
    main(sys.argv[1:])
