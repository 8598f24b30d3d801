"""Long documents of the fault engine, and servers that are killed while they read them."""

from __future__ import annotations

from pathlib import Path

from tests.support.fault_documents import FAULT_ENGINE, pdf, read_pages
from tests.support.fault_engine import PageOrder, marker
from tests.support.job_client import ask
from tests.support.server import Server, start_server, wait_for_url
from tests.support.waiting import eventually


def book(number: int, pages: int) -> bytes:
    return pdf([PageOrder(number, page) for page in range(1, pages + 1)])


def whole(number: int, pages: int) -> dict[int, str]:
    """What is read in a `book`."""
    return {page: marker(number, page) for page in range(1, pages + 1)}


def result(server: Server, job_id: str) -> dict[int, str]:
    return read_pages(ask(server, f"{job_id}/result").json())


def made(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder


_STARTED: list[Server] = []


def started(folder: Path, engine: str = FAULT_ENGINE, **settings: str) -> Server:
    """A server that takes jobs; whoever starts it ends it, or else `end_all` does."""
    server = start_server(made(folder), engine, **settings)
    _STARTED.append(server)
    server.url = wait_for_url(server)
    server.wait_for_jobs()
    return server


def kill(server: Server) -> None:
    """As the kernel does when memory is short, or a power cut."""
    children = server.descendants()
    server.process.kill()
    server.process.wait()
    assert eventually(lambda: not any(child.is_running() for child in children))


def end_all() -> None:
    """Kill the servers that a test which failed has left running."""
    while _STARTED:
        server = _STARTED.pop()
        if server.process.poll() is None:
            kill(server)
