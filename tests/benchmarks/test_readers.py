"""Workers: ours, and what happens when one fails."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.pages import Page
from benchmarks.places import ROOT
from benchmarks.readers import ReaderFailed, ReaderProcess, ReaderSpec, embedded, running
from benchmarks.workers import protocol
from tests.support.server import ECHO_ENGINE

NOISY = """
from benchmarks.workers.protocol import serve

def read(path):
    print("noise")
    return path

serve(lambda: ({}, read))
"""

ASKS_FOR_THREADS = """
import os
from benchmarks.workers.protocol import serve
serve(lambda: ({"threads": os.environ.get("OMP_NUM_THREADS", "none")}, str))
"""


def spec(code: str) -> ReaderSpec:
    return ReaderSpec("a program", (sys.executable, "-c", code))


def test_our_engine(page: Page, tmp_path: Path) -> None:
    with running([embedded(ECHO_ENGINE, 1)], tmp_path) as (reader,):
        reading = reader.read(page.path)
    assert reader.spec.name == f"{ECHO_ENGINE}, 1 thread"
    assert reader.versions["engine"] == "echo, none"
    assert reading.characters == len(f"{page.width}x{page.height} (255, 255, 255)")
    assert reading.seconds > 0
    assert reading.peak_bytes > 1_000_000


def test_what_a_library_prints_is_no_answer(tmp_path: Path) -> None:
    with running([spec(NOISY)], tmp_path) as (reader,):
        assert reader.read(Path("1234")).text == "1234"
    assert (tmp_path / "a-program.log").read_text() == "noise\n"


def test_thread_variables_of_the_caller_do_not_reach_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    with running([spec(ASKS_FOR_THREADS)], tmp_path) as (reader,):
        assert reader.versions == {"threads": "none"}


def test_one_that_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(ReaderFailed, match="a program failed while starting: ZeroDivisionError"):
        ReaderProcess(spec("1 / 0"), tmp_path)


def test_one_that_fails_on_a_page(tmp_path: Path) -> None:
    code = "from benchmarks.workers.protocol import serve; serve(lambda: ({}, int))"
    with (
        running([spec(code)], tmp_path) as (reader,),
        pytest.raises(ReaderFailed, match=r"a program failed on page\.png: ValueError"),
    ):
        reader.read(Path("page.png"))


def test_peak_memory_of_a_process() -> None:
    assert protocol.peak_bytes_of(os.getpid()) > 1_000_000
    assert protocol.peak_bytes_of(2**22 + 1) == 0


def test_cpu_of_children_counts() -> None:
    before = protocol.cpu_seconds()
    subprocess.run([sys.executable, "-c", "sum(range(10**6))"], check=True)
    assert protocol.cpu_seconds() > before


def test_workers_of_other_environments_need_nothing_of_ours() -> None:
    """They start where neither our package nor anything that it needs is installed."""
    command = [sys.executable, "-S", "-c", "import benchmarks.workers.rapidocr_reader"]
    environment = {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
    assert done.stderr == ""
    assert done.returncode == 0
