"""Pages a second of single-threaded engine processes: called directly, and through HTTP."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import Empty, SimpleQueue

import httpx

from benchmarks.comparison import MIB
from benchmarks.readers import ReaderProcess, embedded, running
from benchmarks.report import Part, Table
from benchmarks.server import Server, confined_to, extract, running_server
from benchmarks.setup import Setup
from benchmarks.spread import Spread


@dataclass(frozen=True)
class Run:
    """All pages as fast as they go."""

    pages_per_second: float
    cpu_seconds_per_page: float


def measure(setup: Setup) -> Part:
    """Runs without and with HTTP, turn by turn."""
    # Those with the most ink first, so that no long page is left alone at the end.
    paths = sorted((page.path for page in setup.pages), key=_size, reverse=True)
    direct, http = [], []
    clients = setup.processes + 1
    specs = [embedded(setup.engine, 1)] * setup.processes
    log = setup.logs / "throughput-server.log"
    # With as many CPUs as processes the service gives each of them one thread.
    first = paths * (clients // len(paths) + 1)
    with (
        confined_to(setup.processes),
        running(specs, setup.logs) as readers,
        running_server(setup.engine, setup.processes, log) as server,
        server.client() as client,
    ):
        _run_directly(readers, first[: setup.processes])
        _run_over_http(server, client, first[:clients], clients)
        for number in range(setup.rounds):
            setup.tell(f"run {number + 1} of {setup.rounds}, {len(paths)} pages each way")
            direct.append(_run_directly(readers, paths))
            http.append(_run_over_http(server, client, paths, clients))
        peaks = sorted(server.peak_bytes())
    shares = Spread.of(
        one.pages_per_second / other.pages_per_second
        for one, other in zip(http, direct, strict=True)
    )
    rows = (
        _row("called directly", direct),
        _row(f"HTTP, {clients} clients", http),
        ("HTTP / direct", shares.shown(), ""),
    )
    table = Table(
        f"Throughput of {setup.processes} engine processes with one thread each",
        ("Way", "Pages a second", "CPU seconds a page"),
        rows,
        f"{len(paths)} pages a run; median (lowest–highest) of the runs. The most memory that the "
        f"server's processes held: {', '.join(f'{peak / MIB:.0f}' for peak in peaks)} MiB, "
        f"{sum(peaks) / MIB:.0f} MiB together (API, readers, engines).",
    )
    raw = {"direct": [asdict(run) for run in direct], "http": [asdict(run) for run in http]}
    return Part((table,), raw={**raw, "server_peak_bytes": peaks})


def _run_directly(readers: Sequence[ReaderProcess], paths: Sequence[Path]) -> Run:
    waiting: SimpleQueue[Path] = SimpleQueue()
    for path in paths:
        waiting.put(path)

    def work(reader: ReaderProcess) -> float:
        cpu = 0.0
        while True:
            try:
                path = waiting.get_nowait()
            except Empty:
                return cpu
            cpu += reader.read(path).cpu_seconds

    started = time.perf_counter()
    with ThreadPoolExecutor(len(readers)) as pool:
        cpu = sum(pool.map(work, readers))
    return Run(len(paths) / (time.perf_counter() - started), cpu / len(paths))


def _run_over_http(
    server: Server, client: httpx.Client, paths: Sequence[Path], clients: int
) -> Run:
    contents = [(path.name, path.read_bytes()) for path in paths]
    cpu, started = server.cpu_seconds(), time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        for done in [pool.submit(extract, client, *content) for content in contents]:
            done.result()
    seconds = time.perf_counter() - started
    return Run(len(paths) / seconds, (server.cpu_seconds() - cpu) / len(paths))


def _size(path: Path) -> int:
    return path.stat().st_size


def _row(way: str, runs: Sequence[Run]) -> tuple[str, ...]:
    return (
        way,
        Spread.of(run.pages_per_second for run in runs).shown(),
        Spread.of(run.cpu_seconds_per_page for run in runs).shown(),
    )
