import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from paddleocr_vl_service.models.errors import DocumentCorrupt
from paddleocr_vl_service.observability.request_context import request_id_var
from paddleocr_vl_service.processes import wire
from paddleocr_vl_service.processes.errors import (
    WorkerDied,
    WorkerFailed,
    WorkerStartFailed,
    WorkerTimedOut,
)
from paddleocr_vl_service.processes.worker import Worker, WorkerSpec
from tests.support.waiting import eventually

OBEDIENT = "tests.support.handlers:Obedient"


@pytest.fixture
async def worker() -> AsyncIterator[Worker]:
    worker = await Worker.start(WorkerSpec("test", OBEDIENT))
    yield worker
    await worker.stop()
    assert not psutil.pid_exists(worker.pid)


async def test_answers_calls_in_a_process_of_its_own(worker: Worker) -> None:
    payload = {"text": "Grüße 你好 \ud800", "numbers": [1, 2.5, None, True]}
    assert await worker.call("echo", payload, timeout=5) == payload
    facts = await worker.call("facts", None, timeout=5)
    assert facts["pid"] == worker.pid != os.getpid()
    assert facts["calls"] == 2


async def test_carries_the_request_id(worker: Worker) -> None:
    token = request_id_var.set("abc-1")
    try:
        assert (await worker.call("facts", None, timeout=5))["request_id"] == "abc-1"
    finally:
        request_id_var.reset(token)
    assert (await worker.call("facts", None, timeout=5))["request_id"] is None


async def test_is_spawned_not_forked_niced_and_has_its_environment() -> None:
    spec = WorkerSpec("test", OBEDIENT, nice=3, environment={"GREETING": "hello"})
    worker = await Worker.start(spec)
    facts = await worker.call("facts", None, timeout=5)
    await worker.stop()
    assert facts["nice"] == os.nice(0) + 3
    assert facts["greeting"] == "hello"
    assert __name__ not in facts["modules"]


async def test_service_errors_cross_the_boundary(worker: Worker) -> None:
    with pytest.raises(DocumentCorrupt, match="The file is corrupt"):
        await worker.call("refuse", None, timeout=5)
    assert await worker.call("echo", 1, timeout=5) == 1


async def test_other_errors_cross_without_details(
    capfd: pytest.CaptureFixture[str],
) -> None:
    worker = await Worker.start(WorkerSpec("test", OBEDIENT))
    with pytest.raises(WorkerFailed) as caught:
        await worker.call("stumble", "secret", timeout=5)
    assert "secret" not in str(caught.value)
    log = capfd.readouterr().err
    assert "ZeroDivisionError" in log
    assert "in stumble" in log
    assert "secret" not in log
    assert await worker.call("echo", 1, timeout=5) == 1
    await worker.stop()


@pytest.mark.parametrize("method", ["die", "crash"])
async def test_death_is_noticed(worker: Worker, method: str) -> None:
    with pytest.raises(WorkerDied):
        await worker.call(method, None, timeout=5)
    assert not worker.alive


async def test_a_deadline_kills_even_a_stopped_process(worker: Worker) -> None:
    os.kill(worker.pid, signal.SIGSTOP)
    with pytest.raises(WorkerTimedOut):
        await worker.call("echo", 1, timeout=0.2)
    assert not psutil.pid_exists(worker.pid)


async def test_an_answer_that_is_too_large_is_refused_by_the_child(worker: Worker) -> None:
    with pytest.raises(WorkerFailed):
        await worker.call("babble", wire.MAX_MESSAGE_BYTES + 1, timeout=20)
    assert await worker.call("echo", 1, timeout=5) == 1


async def test_a_cancelled_call_breaks_the_worker(worker: Worker) -> None:
    task = asyncio.create_task(worker.call("sleep", 0.3, timeout=5))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not worker.alive


async def test_what_a_library_prints_does_not_reach_standard_output(
    capfd: pytest.CaptureFixture[str],
) -> None:
    worker = await Worker.start(WorkerSpec("test", OBEDIENT))
    await worker.call("print", "noise", timeout=5)
    await worker.stop()
    captured = capfd.readouterr()
    assert captured.out == ""
    assert "noise" in captured.err


async def test_an_idle_child_closes_its_handler_when_told_to_stop(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    worker = await Worker.start(WorkerSpec("test", OBEDIENT, {"closed_file": str(closed)}))
    await worker.stop()
    assert closed.read_text() == "closed"


@pytest.mark.parametrize("factory", ["stumble_at_start", "exit_at_start", "no_such_name"])
async def test_a_failed_start_is_told_and_leaves_nothing(factory: str) -> None:
    with pytest.raises(WorkerStartFailed, match="test did not start"):
        await Worker.start(WorkerSpec("test", f"tests.support.handlers:{factory}"))
    assert psutil.Process().children() == []


async def test_a_start_that_hangs_meets_its_deadline() -> None:
    factory = "tests.support.handlers:hang_at_start"
    with pytest.raises(WorkerStartFailed):
        await Worker.start(WorkerSpec("test", factory, start_timeout=0.5))
    assert psutil.Process().children() == []


async def test_a_start_may_be_refused_with_a_service_error() -> None:
    with pytest.raises(DocumentCorrupt, match="No start today"):
        await Worker.start(WorkerSpec("test", "tests.support.handlers:refuse_to_start"))


@pytest.mark.parametrize(
    "answer",
    [
        None,
        1,
        [],
        {},
        {"x": 1},
        {"error": "x"},
        {"error": {}},
        {"error": {"code": "a"}},
        {"error": {"code": 1, "detail": "d"}},
        {"result": 1, "error": None},
    ],
)
async def test_a_child_that_answers_out_of_turn_is_ended(
    worker: Worker, monkeypatch: pytest.MonkeyPatch, answer: object
) -> None:
    async def taken_over(reader: asyncio.StreamReader) -> object:
        return answer

    monkeypatch.setattr(wire, "read_message", taken_over)
    with pytest.raises(WorkerDied):
        await worker.call("echo", 1, timeout=5)
    assert not worker.alive


_PARENT = """
import asyncio, sys
from paddleocr_vl_service.processes.worker import Worker, WorkerSpec
async def main():
    worker = await Worker.start(WorkerSpec("test", "tests.support.handlers:Obedient"))
    print(worker.pid, flush=True)
    await worker.call("sleep", 600, timeout=600)
asyncio.run(main())
"""


def test_a_hung_child_ends_with_its_killed_parent() -> None:
    parent = subprocess.Popen([sys.executable, "-c", _PARENT], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert psutil.pid_exists(child)
    parent.kill()
    parent.communicate()
    assert eventually(lambda: not psutil.pid_exists(child))


async def test_a_second_answer_to_one_call_is_never_taken_for_that_to_the_next() -> None:
    worker = await Worker.start(WorkerSpec("test", OBEDIENT))
    assert await worker.call("repeat_yourself", "first", timeout=5) == "first"
    with pytest.raises(WorkerDied):
        await worker.call("echo", "second", timeout=5)
    assert not worker.alive


async def test_what_a_child_has_started_ends_with_it() -> None:
    worker = await Worker.start(WorkerSpec("test", OBEDIENT))
    grandchild = psutil.Process(await worker.call("start_another", None, timeout=5))
    await worker.kill()
    assert eventually(lambda: not grandchild.is_running() or grandchild.status() == "zombie")


async def test_a_call_too_large_to_send_costs_no_process(worker: Worker) -> None:
    with pytest.raises(WorkerFailed):
        await worker.call("echo", "x" * wire.MAX_MESSAGE_BYTES, timeout=5)
    assert await worker.call("echo", "small", timeout=5) == "small"
