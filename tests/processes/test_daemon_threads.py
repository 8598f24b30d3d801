"""What hangs is left behind: it keeps nobody waiting, and no program from ending."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from paddleocr_vl_service.processes.daemon_threads import DaemonThreads, in_daemon_thread

LEAVES_A_THREAD_BEHIND = """
import asyncio, threading
from paddleocr_vl_service.processes.daemon_threads import DaemonThreads
async def main():
    try:
        await DaemonThreads(1).run(threading.Event().wait, 0.1)
    except asyncio.TimeoutError:
        print("left behind")
asyncio.run(main())
"""


@pytest.fixture
def hang() -> Iterator[Callable[[], object]]:
    """Some work that hangs until the test is over."""
    over = threading.Event()
    yield over.wait
    over.set()


async def test_a_thread_brings_what_was_returned_or_raised() -> None:
    assert await in_daemon_thread(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        await in_daemon_thread(lambda: 1 // 0)


async def test_a_thread_that_hangs_can_be_left() -> None:
    release = threading.Event()
    waiting = asyncio.create_task(in_daemon_thread(release.wait))
    await asyncio.sleep(0.01)
    waiting.cancel()
    assert isinstance((await asyncio.gather(waiting, return_exceptions=True))[0], BaseException)
    release.set()


async def test_whoever_waits_for_one_that_hangs_is_told_and_others_go_on(
    hang: Callable[[], object],
) -> None:
    threads = DaemonThreads(2)
    with pytest.raises(asyncio.TimeoutError):
        await threads.run(hang, 0.02)
    assert await threads.run(lambda: 7, 5) == 7
    with pytest.raises(ZeroDivisionError):
        await threads.run(lambda: 1 // 0, 5)


async def test_there_are_no_more_than_may_be(hang: Callable[[], object]) -> None:
    threads = DaemonThreads(2)
    started: list[int] = []

    def begin() -> None:
        started.append(1)
        hang()

    waiting = [asyncio.create_task(threads.run(begin, 0.1)) for _ in range(5)]
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(each) for each in outcomes] == [asyncio.TimeoutError] * 5
    assert len(started) == 2


async def test_a_place_is_free_again_when_the_work_ends_late() -> None:
    threads, release = DaemonThreads(1), threading.Event()
    with pytest.raises(asyncio.TimeoutError):
        await threads.run(release.wait, 0.02)
    release.set()
    assert await threads.run(lambda: 7, 5) == 7


def test_a_program_ends_though_a_thread_hangs() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LEAVES_A_THREAD_BEHIND], capture_output=True, timeout=30, check=True
    )
    assert done.stdout == b"left behind\n"
