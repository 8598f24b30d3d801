"""One API process a service: a second uvicorn worker is refused."""

from __future__ import annotations

import fcntl
import logging
import multiprocessing
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

logger = logging.getLogger(__name__)

REASON = (
    "The service runs as one process: start it without --workers and scale by ENGINE_PROCESSES "
    "and replicas"
)


class SecondWorkerRefused(RuntimeError):
    """Another worker of the same server is running already."""


@contextmanager
def refuse_second_worker(folder: Path) -> Iterator[None]:
    """Hold the place of the server's only worker, where the server runs workers at all.

    Engine, queue and places are counted in one process; a second one would double the engine's
    memory and lose track of who waits. A server that runs workers restarts those that end, so
    the server itself is told to stop.

    Args:
        folder: Where the place is marked; all workers of a server see the same one.

    Raises:
        SecondWorkerRefused: The place is taken.
    """
    server = multiprocessing.parent_process()
    if server is None or server.pid is None:
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    marker = folder / f"worker-of-{server.pid}"
    lock = os.open(marker, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            logger.critical(REASON)
            os.kill(server.pid, signal.SIGTERM)
            raise SecondWorkerRefused(REASON) from None
        try:
            yield
        finally:
            marker.unlink(missing_ok=True)
    finally:
        os.close(lock)
