"""What the benchmark knows of its server, and the process that asks ``/health``."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from benchmarks.probes import LATENCY_COLUMNS, latency_cells, probing
from benchmarks.server import Server, ServerFailed, extract, running_server
from benchmarks.simulated import STEADY_ENGINE, small_image
from benchmarks.workers.health_prober import EVERY_SECONDS
from tests.support.server import ECHO_ENGINE
from tests.support.waiting import eventually

MIB = 2**20


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("server") / "server.log"
    settings = {"MAX_QUEUED_REQUESTS": "3", "SIMULATED_LEAK_MIB": "40"}
    with running_server(STEADY_ENGINE, 1, log, **settings) as server:
        yield server


def test_settings_reach_the_server_and_its_engine(server: Server) -> None:
    assert server.health()["queue"]["capacity"] < 32
    with server.client() as client:
        extract(client, "one.png", small_image())
        before = server.resident_bytes()[1]
        extract(client, "two.png", small_image())
    assert server.resident_bytes()[1] - before > 30 * MIB


def test_memory_of_engines_is_theirs_alone(server: Server) -> None:
    with server.client() as client:
        extract(client, "one.png", small_image())
    api, engines = server.resident_bytes()
    (process,) = server.health()["engine"]["processes"]
    assert abs(engines / MIB - process["rss_mb"]) < 2
    assert api > 20 * MIB


def test_waiting_for_what_is_so(server: Server) -> None:
    assert server.wait_until("healthy", lambda health: health["status"] == "healthy") < 5


def test_waiting_for_what_never_comes(server: Server) -> None:
    with pytest.raises(ServerFailed, match=r"the server was not purple within 0\.1 seconds"):
        server.wait_until("purple", lambda health: False, most_seconds=0.1)


def test_health_is_asked_until_the_context_ends(server: Server) -> None:
    with probing(server.port) as latencies:
        assert latencies == []
        time.sleep(5 * EVERY_SECONDS)
    assert 1 <= len(latencies) <= 50
    assert all(latency > 0 for latency in latencies)
    cells = latency_cells(latencies)
    assert len(cells) == len(LATENCY_COLUMNS)
    assert cells[0] == str(len(latencies))


class StallsOnce(BaseHTTPRequestHandler):
    """Lets the third request wait for 0.3 seconds."""

    protocol_version = "HTTP/1.1"
    asked = 0

    def do_GET(self) -> None:
        StallsOnce.asked += 1
        time.sleep(0.3 if StallsOnce.asked == 3 else 0)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        pass


def test_who_should_have_asked_during_a_stall_has_waited_too() -> None:
    with HTTPServer(("127.0.0.1", 0), StallsOnce) as stalling:
        thread = threading.Thread(target=stalling.serve_forever, args=(0.01,))
        thread.start()
        with probing(stalling.server_port) as latencies:
            time.sleep(0.6)
        stalling.shutdown()
        thread.join()
    assert max(latencies) >= 0.3
    assert sum(latency > 0.1 for latency in latencies) >= 5


def test_latency_cells() -> None:
    latencies = [number / 1000 for number in range(1, 201)]
    assert latency_cells(latencies) == ("200", "100.0 ms", "198.0 ms", "200.0 ms")


def probe_while_it_dies(server: Server) -> None:
    with probing(server.port):
        server.process.kill()
        assert eventually(lambda: server.process.poll() is not None)
        time.sleep(5 * EVERY_SECONDS)


def test_a_server_that_dies_ends_the_measurement(tmp_path: Path) -> None:
    with (
        running_server(ECHO_ENGINE, 1, tmp_path / "server.log") as server,
        pytest.raises(ServerFailed, match="/health could not be asked"),
    ):
        probe_while_it_dies(server)


def test_a_server_that_is_unhealthy_is_not_measured(tmp_path: Path) -> None:
    engine = "tests.support.broken_engines:NeverLoads"
    log = tmp_path / "server.log"
    with running_server(engine, 1, log, PRELOAD_MODEL="true") as server:
        server.wait_until("unhealthy", lambda health: health["status"] == "unhealthy")
        with pytest.raises(ServerFailed, match="/health answered 503"), probing(server.port):
            pass
