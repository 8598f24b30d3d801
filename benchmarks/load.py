"""Pages a second of single-threaded engine processes, called directly and through HTTP.

And how fast ``/health`` answers meanwhile.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import Empty, SimpleQueue

import httpx

from benchmarks.comparison import MIB
from benchmarks.pages import Page
from benchmarks.probes import LATENCY_COLUMNS, latency_cells, probing
from benchmarks.readers import ReaderProcess, embedded, running
from benchmarks.report import Goal, Part, Table
from benchmarks.server import Server, confined_to, extract, running_server
from benchmarks.setup import Setup
from benchmarks.spread import Spread, pair_ratios, percentile
from benchmarks.workers.health_prober import EVERY_SECONDS

_GOAL_SHARE = 0.95
_GOAL_MILLISECONDS = 50.0
_SETTINGS = {
    "MAX_CONCURRENT_SHORT_REQUESTS": "128",
    "MAX_QUEUED_REQUESTS": "128",
    "PRELOAD_MODEL": "true",
    "REQUEST_TIMEOUT_SECONDS": "3600",
}


@dataclass(frozen=True)
class Plan:
    """How many clients, and how much is read.

    Attributes:
        clients: One comparison each.
        pages_a_process: Read in a run at least, by every process that has work.
        short_run: Pages; longer runs are repeated less often.
    """

    clients: tuple[int, ...] = (1, 4, 16, 64)
    pages_a_process: int = 4
    short_run: int = 8

    def pages(self, clients: int, processes: int) -> int:
        """Pages of a run; every client sends at least one."""
        return max(clients, self.pages_a_process * min(clients, processes))

    def rounds(self, pages: int, rounds: int) -> int:
        """How often runs with so many pages are made when short ones are made ``rounds`` times."""
        return max(1, min(rounds, rounds * self.short_run // pages))


PLAN = Plan()


@dataclass(frozen=True)
class Run:
    """All pages as fast as they go, and the seconds of each answer of ``/health`` meanwhile."""

    pages_per_second: float
    cpu_seconds_per_page: float
    health_seconds: list[float]


@dataclass(frozen=True)
class Pair:
    """The same pages read directly and through HTTP, one right after the other."""

    direct: Run
    http: Run


def measure(setup: Setup) -> Part:
    """Read the same pages without and with HTTP, for several numbers of clients."""
    specs = [embedded(setup.engine, 1, like_the_service=True)] * setup.processes
    log = setup.logs / "load-server.log"
    # With as many CPUs as processes the service gives each of them one thread.
    with (
        confined_to(setup.processes),
        running(specs, setup.logs) as readers,
        running_server(setup.engine, setup.processes, log, **_SETTINGS) as server,
        server.client() as client,
    ):
        server.wait_until("loaded", lambda health: bool(health["pipeline_ready"]))
        bench = _Bench(server, client, readers)
        bench.warm_up(setup.pages)
        pairs = {clients: _pairs(bench, setup, clients) for clients in PLAN.clients}
        peaks = sorted(server.peak_bytes())
    raw = {f"{clients} clients": [asdict(pair) for pair in each] for clients, each in pairs.items()}
    return Part(
        (_throughput_table(setup, pairs, peaks), _health_table(pairs)),
        (*_share_goals(pairs), *_health_goals(pairs)),
        raw={**raw, "server_peak_bytes": peaks},
    )


def pages_of_a_run(pages: Sequence[Page], count: int) -> list[Path]:
    """So many, repeated where there are not enough.

    Those with the most ink first, so that no long page is left alone at the end.
    """
    paths = itertools.islice(itertools.cycle(page.path for page in pages), count)
    return sorted(paths, key=lambda path: path.stat().st_size, reverse=True)


class _Bench:
    """Readers and a server with the same engine; only one of the two works at a time.

    ``/health`` is asked all the time, so that what this costs is the same both ways.
    """

    def __init__(
        self, server: Server, client: httpx.Client, readers: Sequence[ReaderProcess]
    ) -> None:
        self._server = server
        self._client = client
        self._readers = readers

    def warm_up(self, pages: Sequence[Page]) -> None:
        """Every process reads a page or two, and nobody looks at the time."""
        paths = pages_of_a_run(pages, 2 * len(self._readers))
        self.directly(paths, len(self._readers))
        self.over_http(paths, len(paths))

    def directly(self, paths: Sequence[Path], clients: int) -> Run:
        """As many readers as there would be clients take the pages, as far as there are any."""
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

        readers = self._readers[:clients]
        with probing(self._server.port) as health, ThreadPoolExecutor(len(readers)) as pool:
            started = time.perf_counter()
            cpu = sum(pool.map(work, readers))
            seconds = time.perf_counter() - started
        return Run(len(paths) / seconds, cpu / len(paths), health)

    def over_http(self, paths: Sequence[Path], clients: int) -> Run:
        """Every client sends the next page as soon as its last one was answered."""
        contents = [(path.name, path.read_bytes()) for path in paths]
        with probing(self._server.port) as health, ThreadPoolExecutor(clients) as pool:
            cpu, started = self._server.cpu_seconds(), time.perf_counter()
            for done in [pool.submit(extract, self._client, *content) for content in contents]:
                done.result()
            seconds = time.perf_counter() - started
            cpu = self._server.cpu_seconds() - cpu
        return Run(len(paths) / seconds, cpu / len(paths), health)


def _pairs(bench: _Bench, setup: Setup, clients: int) -> list[Pair]:
    """Both ways again and again; who begins changes."""
    count = PLAN.pages(clients, setup.processes)
    rounds = PLAN.rounds(count, setup.rounds)
    paths = pages_of_a_run(setup.pages, count)
    pairs = []
    for number in range(rounds):
        setup.tell(f"{_clients(clients)}, run {number + 1} of {rounds}, {count} pages each way")
        if number % 2:
            http, direct = bench.over_http(paths, clients), bench.directly(paths, clients)
        else:
            direct, http = bench.directly(paths, clients), bench.over_http(paths, clients)
        pairs.append(Pair(direct, http))
    return pairs


def _shares(pairs: Sequence[Pair]) -> Spread:
    return Spread.of(
        pair_ratios(
            [pair.http.pages_per_second for pair in pairs],
            [pair.direct.pages_per_second for pair in pairs],
        )
    )


def _health(runs: Sequence[Run]) -> list[float]:
    return [seconds for run in runs for seconds in run.health_seconds]


def _throughput_table(setup: Setup, pairs: dict[int, list[Pair]], peaks: Sequence[int]) -> Table:
    rows = []
    for clients, each in pairs.items():
        direct, http = [pair.direct for pair in each], [pair.http for pair in each]
        pages = PLAN.pages(clients, setup.processes)
        rows.append(
            (
                str(clients),
                f"{len(each)} x {pages} pages",
                Spread.of(run.pages_per_second for run in direct).shown(),
                Spread.of(run.pages_per_second for run in http).shown(),
                _shares(each).shown(),
                Spread.of(run.cpu_seconds_per_page for run in direct).shown(),
                Spread.of(run.cpu_seconds_per_page for run in http).shown(),
            )
        )
    return Table(
        f"Throughput of {setup.processes} engine processes with one thread each",
        (
            "Clients",
            "Runs",
            "Directly, pages/s",
            "HTTP, pages/s",
            "HTTP / directly",
            "Directly, CPU s/page",
            "HTTP, CPU s/page",
        ),
        tuple(rows),
        "Median (lowest–highest) of the runs. Directly: as many engines as there are clients, at "
        f"most {setup.processes}, each in a process of its own, without service and HTTP; the "
        "same pages are read both ways right after each other, and the load generator and the "
        f"asking for /health run on the same {setup.processes} CPUs. CPU seconds over HTTP "
        "are those of all processes of the server, its answers to /health included. The most "
        "memory that the server's processes held: "
        f"{', '.join(f'{peak / MIB:.0f}' for peak in peaks)} MiB, "
        f"{sum(peaks) / MIB:.0f} MiB together (API, readers, engines).",
    )


def _health_table(pairs: dict[int, list[Pair]]) -> Table:
    everything = [pair.direct for each in pairs.values() for pair in each]
    rows = [("0, engines busy beside the server", *latency_cells(_health(everything)))]
    for clients, each in pairs.items():
        rows.append((str(clients), *latency_cells(_health([pair.http for pair in each]))))
    return Table(
        "/health under load",
        ("Clients", *LATENCY_COLUMNS),
        tuple(rows),
        f"Asked every {EVERY_SECONDS * 1000:g} ms over one connection by a process of its own; "
        "time to wait behind an earlier answer that is late counts. Engine processes (niceness 5) "
        "keep the CPUs busy, and the load generator and the one that asks run on them too, so "
        "that some of this is waiting for a CPU.",
    )


def _share_goals(pairs: dict[int, list[Pair]]) -> list[Goal]:
    return [
        Goal(
            f"Pages a second, HTTP / directly, {_clients(clients)}",
            _GOAL_SHARE,
            _shares(each).median,
            bound="at least",
        )
        for clients, each in pairs.items()
    ]


def _health_goals(pairs: dict[int, list[Pair]]) -> list[Goal]:
    return [
        Goal(
            f"99 % of /health answers within, {_clients(clients)}",
            _GOAL_MILLISECONDS,
            percentile(_health([pair.http for pair in each]), 99) * 1000,
            " ms",
            1,
        )
        for clients, each in pairs.items()
    ]


def _clients(number: int) -> str:
    return f"{number} client{'s' if number > 1 else ''}"
