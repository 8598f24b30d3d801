from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import psutil
import pytest

from paddleocr_vl_service.engines.outside_program import ProgramFailed, run_program
from tests.support.waiting import eventually

SHELL = "/bin/sh"
WAITS_FOR_A_PROGRAM = """
import sys
from paddleocr_vl_service.engines.outside_program import run_program
with open("/dev/null", "rb") as nothing:
    run_program(
        ["/bin/sh", "-c", "echo $$ > $0; exec sleep 600", sys.argv[1]],
        nothing, seconds=600, most_bytes=9, environment={},
    )
"""


@pytest.fixture
def stdin() -> Iterator[BinaryIO]:
    with tempfile.TemporaryFile() as file:
        file.write(b"what it is given")
        file.seek(0)
        yield file


def run(stdin: BinaryIO, script: str, *, seconds: float = 20, most_bytes: int = 1 << 20) -> bytes:
    return run_program(
        [SHELL, "-c", script],
        stdin,
        seconds=seconds,
        most_bytes=most_bytes,
        environment={"GREETING": "hello"},
    )


def test_it_gets_its_input_and_its_environment_and_what_it_says_comes_back(stdin: BinaryIO) -> None:
    assert run(stdin, 'cat; echo " $GREETING"') == b"what it is given hello\n"


def test_much_output_comes_back_whole(stdin: BinaryIO) -> None:
    assert run(stdin, "head -c 900000 /dev/zero") == bytes(900_000)


def test_standard_error_goes_nowhere(stdin: BinaryIO, capfd: pytest.CaptureFixture[str]) -> None:
    run(stdin, "echo document text >&2")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "script", ["exec sleep 600", "exec sleep 600 >&-", "yes | head -c 9; exec sleep 600"]
)
def test_one_that_takes_too_long_is_killed(stdin: BinaryIO, script: str) -> None:
    started = time.monotonic()
    with pytest.raises(ProgramFailed, match="took too long"):
        run(stdin, script, seconds=0.5)
    assert time.monotonic() - started < 10


def test_one_that_says_too_much_is_killed(stdin: BinaryIO) -> None:
    with pytest.raises(ProgramFailed, match="said too much"):
        run(stdin, "yes", most_bytes=100_000)


def test_one_that_fails_says_how(stdin: BinaryIO) -> None:
    with pytest.raises(ProgramFailed, match="ended with code 3"):
        run(stdin, "echo half; exit 3")


def test_one_that_is_not_there_fails(stdin: BinaryIO) -> None:
    with pytest.raises(ProgramFailed):
        run_program(["/no/such"], stdin, seconds=9, most_bytes=9, environment={})


def test_it_is_gone_when_its_parent_is(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    parent = subprocess.Popen([sys.executable, "-c", WAITS_FOR_A_PROGRAM, str(told)])
    try:
        assert eventually(lambda: told.exists() and told.read_text().strip() != "", 20)
        child = psutil.Process(int(told.read_text()))
        assert child.is_running()
        os.kill(parent.pid, signal.SIGKILL)
    finally:
        parent.kill()
        parent.wait()
    assert eventually(lambda: not _runs(child), 30)


def _runs(process: psutil.Process) -> bool:
    """Whether it does anything; in a container nobody may collect the dead."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_nothing_of_a_killed_program_stays(stdin: BinaryIO) -> None:
    before = set(psutil.Process().children())
    with pytest.raises(ProgramFailed):
        run(stdin, "exec sleep 600", seconds=0.3)
    assert set(psutil.Process().children()) == before


def test_input_is_read_from_where_it_stands() -> None:
    with tempfile.TemporaryFile() as file:
        file.write(b"skipped, read")
        file.flush()
        file.seek(len(b"skipped, "), io.SEEK_SET)
        assert run(file, "cat") == b"read"
