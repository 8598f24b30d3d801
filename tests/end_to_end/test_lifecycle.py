"""Start, stop, trouble: the service as an operator sees it."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support import documents
from tests.support.server import (
    ECHO_ENGINE,
    REPOSITORY,
    Server,
    running_server,
    start_server,
    wait_for_url,
)
from tests.support.waiting import eventually

BROKEN = "tests.support.broken_engines"


def health(server: Server) -> tuple[int, dict[str, Any]]:
    with server.client() as client:
        response = client.get("/health")
        return response.status_code, response.json()


def test_the_engine_is_loaded_by_the_first_document(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        assert health(server)[1]["pipeline_ready"] is False
        assert server.descendants() == []
        server.extract("a.png", documents.image())
        body = health(server)[1]
        assert body["pipeline_ready"] is True
        engine = body["engine"]
        (process,) = engine.pop("processes")
        assert engine == {"name": "echo", "model": "none", "revision": "1", "starts": 1}
        assert process["pid"] == server.children_named("engine-")[0].pid
        assert (body["device"], body["scripts"]) == ("cpu", ["Latn"])


def test_many_first_documents_load_one_engine(tmp_path: Path) -> None:
    engine = f"{BROKEN}:SlowToLoad"
    with (
        running_server(tmp_path, engine, ENGINE_PROCESSES="1") as server,
        ThreadPoolExecutor(10) as threads,
    ):
        uploads = [threads.submit(server.extract, "a.png", documents.image()) for _ in range(10)]
        assert {upload.result().status_code for upload in uploads} == {200}
        assert health(server)[1]["engine"]["starts"] == 1


def test_preloading_loads_it_at_once(tmp_path: Path) -> None:
    with running_server(tmp_path, PRELOAD_MODEL="true") as server:
        assert eventually(lambda: health(server)[1]["pipeline_ready"] is True)


@pytest.mark.parametrize("preload", ["false", "true"])
def test_an_engine_that_does_not_load_is_an_error_and_no_fallback(
    tmp_path: Path, preload: str
) -> None:
    engine = f"{BROKEN}:NeverLoads"
    with running_server(tmp_path, engine, PRELOAD_MODEL=preload) as server:
        if preload == "false":
            assert health(server)[0] == 200
            response = server.extract("a.png", documents.image())
            assert response.status_code == 503
            assert int(response.headers["retry-after"]) > 0
            assert "secret" not in response.text
        assert eventually(lambda: health(server)[0] == 503)
        body = health(server)[1]
        assert body["status"] == "unhealthy"
        assert "could not be loaded" in str(body["reason"])


def test_an_engine_that_loads_later_makes_the_service_healthy_again(tmp_path: Path) -> None:
    allowed = tmp_path / "allowed"
    engine = f"{BROKEN}:LoadsWhenAllowed"
    with running_server(tmp_path, engine, ALLOW_FILE=str(allowed)) as server:
        assert server.extract("a.png", documents.image()).status_code == 503
        assert health(server)[0] == 503
        allowed.touch()
        assert eventually(lambda: health(server)[0] == 200)
        assert server.extract("a.png", documents.image()).status_code == 200


def test_an_unknown_engine_is_refused_at_startup_in_one_sentence(tmp_path: Path) -> None:
    for engine, sentence in (("nonsense", "is not known"), ("no.such:Engine", "cannot be found")):
        server = start_server(tmp_path, engine)
        assert server.process.wait(20) == 2
        assert server.log().startswith(f"Error: ENGINE={engine} {sentence}")
        assert server.log().count("\n") == 1


def test_a_killed_engine_is_replaced(tmp_path: Path) -> None:
    with running_server(tmp_path, ENGINE_PROCESSES="1") as server:
        server.extract("a.png", documents.image())
        for process in server.descendants():
            process.kill()
        assert server.extract("a.png", documents.image()).status_code == 200
        with ThreadPoolExecutor() as threads:
            upload = threads.submit(server.extract, "a.png", documents.image(order=documents.SLOW))
            assert eventually(lambda: server.documents_running() == 1)
            time.sleep(0.2)
            for process in server.descendants():
                process.kill()
            assert upload.result().status_code == 200  # tried once more in a fresh process


def test_a_reader_that_hangs_or_dies_is_an_error_of_its_document_only(tmp_path: Path) -> None:
    with running_server(tmp_path, PAGE_TIMEOUT_SECONDS="2") as server:
        assert server.extract("a.pdf", documents.pdf()).status_code == 200
        with ThreadPoolExecutor() as threads:
            for trouble in (signal.SIGSTOP, signal.SIGKILL):
                (reader,) = server.children_named("document-reader")
                reader.send_signal(signal.SIGSTOP)
                upload = threads.submit(server.extract, "a.pdf", documents.pdf())
                assert eventually(lambda: server.queue()["waiting"] == 1)
                assert server.extract("a.png", documents.image()).status_code == 200
                reader.send_signal(trouble)
                response = upload.result()
                assert response.status_code == 400
                assert response.json()["code"] == "document-unreadable"
                for other in server.children_named("document-reader")[1:]:
                    other.kill()
        assert server.extract("a.pdf", documents.pdf()).status_code == 200


def test_kill_9_leaves_no_descendant_and_the_next_start_sweeps(tmp_path: Path) -> None:
    server = start_server(tmp_path, ECHO_ENGINE)
    server.url = wait_for_url(server)
    server.extract("a.png", documents.image())
    with ThreadPoolExecutor() as threads:
        upload = threads.submit(server.extract, "a.png", documents.image(order=documents.HANG))
        assert eventually(lambda: server.temporary_files() != [])
        descendants = server.descendants()
        assert descendants
        server.process.kill()
        server.process.wait()
        assert upload.exception() is not None
    assert eventually(lambda: not any(process.is_running() for process in descendants))
    assert server.temporary_files() != []
    with running_server(tmp_path) as successor:
        assert successor.temporary_files() == []


def test_sigterm_lets_running_work_finish_and_exits_with_0(tmp_path: Path) -> None:
    with running_server(tmp_path, ENGINE_PROCESSES="1") as server, ThreadPoolExecutor() as threads:
        server.extract("a.png", documents.image())
        content = documents.tiff([documents.SLOW] * 4)
        upload = threads.submit(server.extract, "a.tiff", content)
        assert eventually(lambda: server.documents_running() == 1)
        descendants = server.descendants()
        assert server.stop() == 0
        assert upload.result().status_code == 200
    assert not any(process.is_running() for process in descendants)
    assert list(server.tmp_dir.iterdir()) == []


def test_sigterm_does_not_wait_longer_than_its_grace(tmp_path: Path) -> None:
    settings = {"SHUTDOWN_GRACE_SECONDS": "1"}
    with running_server(tmp_path, **settings) as server, ThreadPoolExecutor() as threads:
        upload = threads.submit(server.extract, "a.png", documents.image(order=documents.HANG))
        assert eventually(lambda: server.documents_running() == 1)
        assert server.stop(timeout=15) == 0
        assert upload.result().status_code == 503
        assert upload.result().json()["code"] == "service-stopping"
    assert list(server.tmp_dir.iterdir()) == []


def test_a_second_ctrl_c_does_not_wait(tmp_path: Path) -> None:
    with running_server(tmp_path) as server, ThreadPoolExecutor() as threads:
        upload = threads.submit(server.extract, "a.png", documents.image(order=documents.HANG))
        assert eventually(lambda: server.documents_running() == 1)
        descendants = server.descendants()
        server.process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        server.process.send_signal(signal.SIGINT)
        server.process.wait(8)
        assert upload.exception() is not None or upload.result().status_code == 503
    assert not any(process.is_running() for process in descendants)
    assert "Traceback" not in server.log()
    assert list(server.tmp_dir.iterdir()) == []


def test_504_after_the_deadline_and_nothing_left(tmp_path: Path) -> None:
    settings = {"REQUEST_TIMEOUT_SECONDS": "1.5", "ENGINE_PROCESSES": "1"}
    with running_server(tmp_path, **settings) as server:
        response = server.extract("a.tiff", documents.tiff([documents.SLOW] * 20))
        assert response.status_code == 504
        assert response.json()["detail"] == "The document took longer than 1.5 seconds."
        assert eventually(lambda: server.temporary_files() == [])
        assert server.documents_running() == 0


def test_a_missing_gpu_is_told(tmp_path: Path) -> None:
    with running_server(tmp_path, USE_GPU="true") as server:
        messages = [(line["level"], line["message"]) for line in server.log_lines()]
        assert ("WARNING", "GPU not available, using CPU") in messages
        assert health(server)[1]["gpu_enabled"] is False


def test_gpu_enabled_tells_what_the_loaded_engine_really_uses(tmp_path: Path) -> None:
    with running_server(tmp_path, f"{BROKEN}:SaysItUsesTheGpu") as server:
        assert health(server)[1]["gpu_enabled"] is False
        server.extract("a.png", documents.image())
        assert health(server)[1]["gpu_enabled"] is True


def test_text_logs_have_the_contract_s_form(tmp_path: Path) -> None:
    with running_server(tmp_path, LOG_FORMAT="text") as server:
        server.extract("a.png", documents.image(order=documents.RAISE))
        lines = server.log().splitlines()
    form = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d - [\w.]+ - [A-Z]+ - .+")
    assert any(" - main - INFO - Starting up" in line for line in lines)
    assert any(" - uvicorn.error - INFO - " in line for line in lines)
    heads = [line for line in lines if re.match(r"\d{4}-", line)]
    assert all(form.fullmatch(line) for line in heads)


def test_json_logs_are_json_and_nothing_else(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        server.extract("a.png", documents.image(order=documents.CRASH))
        lines = server.log().splitlines()
    for line in lines:
        assert {"timestamp", "level", "logger", "message"} <= set(json.loads(line))


def test_dotenv_is_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("APP_NAME=From dotenv\n")
    with running_server(tmp_path) as server:
        assert health(server)[1]["service"] == "From dotenv"


def test_a_second_worker_is_refused_with_the_reason(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "PYTHONPATH": str(REPOSITORY),
        "ENGINE": ECHO_ENGINE,
        "TMP_DIR": str(tmp_path / "tmp"),
    }
    command = [sys.executable, "-m", "uvicorn", "--factory", "--workers", "2", "--port", "0"]
    result = subprocess.run(
        [*command, "paddleocr_vl_service.main:create_app"],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "The service runs as one process" in result.stderr


def test_descriptors_and_children_do_not_add_up(tmp_path: Path) -> None:
    with running_server(tmp_path, ENGINE_PROCESSES="1") as server:
        process = psutil.Process(server.process.pid)
        for _ in range(3):
            server.extract("a.png", documents.image(order=documents.CRASH))
        server.wait_for_jobs()
        before = (process.num_fds(), len(process.children()))
        for _ in range(10):
            server.extract("a.png", documents.image(order=documents.CRASH))
            server.extract("a.pdf", documents.pdf())
            server.extract("a.pdf", b"%PDF-broken")
        # A few connections of a pool may not have been there before.
        assert eventually(lambda: process.num_fds() <= before[0] + 12)
        assert len(process.children()) <= before[1] + 1


def test_a_signal_during_start_ends_the_start(tmp_path: Path) -> None:
    server = start_server(tmp_path, ECHO_ENGINE)
    time.sleep(0.4)
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(20) in (0, -signal.SIGTERM)
