"""After the whole suite: no process, no thread and no temporary file of it is left."""

import os
import tempfile
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.waiting import eventually

_MARK = "PADDLEOCR_VL_SERVICE_TEST_RUN"


@pytest.fixture(scope="session", autouse=True)
def nothing_is_left_behind() -> Iterator[None]:
    """Marks every process that the suite starts, however indirectly, and looks for it later."""
    run = uuid.uuid4().hex
    os.environ[_MARK] = run
    files, threads = _temporary_files(), len(_threads())
    yield
    assert eventually(lambda: _marked(run) == [], 10), _marked(run)
    assert eventually(lambda: len(_threads()) <= threads), _threads()
    assert _temporary_files() - files == set()


def _threads() -> list[threading.Thread]:
    """All but the one thread that fsspec keeps for all of its stores."""
    return [thread for thread in threading.enumerate() if thread.name != "fsspecIO"]


def _marked(run: str) -> list[str]:
    others = (process for process in psutil.process_iter() if process.pid != os.getpid())
    return [command for command in (_command(process, run) for process in others) if command]


def _command(process: psutil.Process, run: str) -> str | None:
    try:
        return " ".join(process.cmdline()) if process.environ().get(_MARK) == run else None
    except psutil.Error:
        return None


def _temporary_files() -> set[Path]:
    """What dead services left where they store things by default; others may be at work there."""
    folders = (Path(tempfile.gettempdir()) / "paddleocr-vl-service").glob("instance-*")
    return {each for each in folders if not psutil.pid_exists(int(each.name.split("-")[1]))}
