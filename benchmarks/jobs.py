"""What it costs to have a document read as a job, and how many jobs go through."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from statistics import median, quantiles

import httpx

from benchmarks.comparison import MIB
from benchmarks.report import Goal, Part, Table
from benchmarks.server import Server, ServerFailed, extract, running_server
from benchmarks.setup import Setup
from benchmarks.simulated import STEADY_ENGINE, small_document, small_image

_JOBS = "/api/v1/jobs"
_GOAL_OVERHEAD = 5.0
_GOAL_GROWTH_MIB = 32.0
_LOOK_SECONDS = 0.02


@dataclass(frozen=True)
class Plan:
    """What is sent.

    Attributes:
        rounds: Of the same document, once waited for and once as a job.
        pages: Of that document.
        page_seconds: That the simulated engine takes for a page of it.
        submissions: Of one page, one after the other.
        jobs: Of one page, at once.
        clients: That send those.
        long_pages: Of one job.
    """

    rounds: int = 3
    pages: int = 40
    page_seconds: float = 0.3
    submissions: int = 200
    jobs: int = 1000
    clients: int = 8
    long_pages: int = 500


PLAN = Plan()


@dataclass(frozen=True)
class Measured:
    """All figures; seconds, and bytes."""

    waited_for: tuple[float, ...]
    as_jobs: tuple[float, ...]
    submitted: tuple[float, ...]
    all_jobs: float
    api_before: int
    api_after: int
    first_page: float

    @property
    def overhead_percent(self) -> float:
        """How much longer a job takes, of pairs that were measured beside each other."""
        pairs = zip(self.as_jobs, self.waited_for, strict=True)
        return 100 * (median(job / waited for job, waited in pairs) - 1)


def measure(setup: Setup) -> Part:
    """Have documents read as jobs by a simulated engine."""
    slow = {"SIMULATED_PAGE_SECONDS": str(PLAN.page_seconds), "PRELOAD_MODEL": "true"}
    with running_server(STEADY_ENGINE, 1, setup.logs / "jobs-slow.log", **slow) as server:
        waited_for, as_jobs = _by_turns(setup, server)
    fast = {"SIMULATED_PAGE_SECONDS": "0", "PRELOAD_MODEL": "true", "MAX_QUEUED_JOBS": "5000"}
    with running_server(STEADY_ENGINE, 2, setup.logs / "jobs-fast.log", **fast) as server:
        setup.tell(f"{PLAN.submissions} jobs, one after the other")
        submitted = _submissions(server)
        setup.tell(f"{PLAN.jobs} jobs at once")
        all_jobs = _many(server)
        setup.tell(f"a job of {PLAN.long_pages} pages")
        before, after, first = _long(server)
    measured = Measured(waited_for, as_jobs, submitted, all_jobs, before, after, first)
    goals = (
        Goal("A job more than its document", _GOAL_OVERHEAD, measured.overhead_percent, " %", 1),
        Goal(
            f"API process, growth over a job of {PLAN.long_pages} pages",
            _GOAL_GROWTH_MIB,
            (measured.api_after - measured.api_before) / MIB,
            " MiB",
            1,
        ),
    )
    return Part((_table(measured),), goals, raw=asdict(measured))


def _by_turns(setup: Setup, server: Server) -> tuple[tuple[float, ...], tuple[float, ...]]:
    document = small_document(PLAN.pages)
    waited_for, as_jobs = [], []
    with server.client() as client:
        _wait(client, _submit(client, "a.png", small_image()))
        for number in range(PLAN.rounds):
            setup.tell(f"{PLAN.pages} pages waited for and as a job, {number + 1}")
            waited_for.append(extract(client, "a.tiff", document))
            started = time.perf_counter()
            _wait(client, _submit(client, "a.tiff", document))
            as_jobs.append(time.perf_counter() - started)
    return tuple(waited_for), tuple(as_jobs)


def _submissions(server: Server) -> tuple[float, ...]:
    image, seconds = small_image(), []
    with server.client() as client:
        for _ in range(PLAN.submissions):
            started = time.perf_counter()
            job_id = _submit(client, "a.png", image)
            seconds.append(time.perf_counter() - started)
        _wait(client, job_id)
    return tuple(seconds)


def _many(server: Server) -> float:
    image = small_image()
    started = time.perf_counter()
    with server.client() as client, ThreadPoolExecutor(PLAN.clients) as clients:
        ids = list(clients.map(lambda _: _submit(client, "a.png", image), range(PLAN.jobs)))
        while any(_count(client, status) for status in ("queued", "running")):
            time.sleep(_LOOK_SECONDS)
        seconds = time.perf_counter() - started
        _wait(client, ids[-1])
    return seconds


def _long(server: Server) -> tuple[int, int, float]:
    """Memory of the API process before and after a long job, and seconds to its first page."""
    with server.client() as client:
        before = server.resident_bytes()[0]
        started = time.perf_counter()
        job_id = _submit(client, "a.tiff", small_document(PLAN.long_pages))
        while _job(client, job_id)["progress"]["pages_done"] == 0:
            time.sleep(_LOOK_SECONDS)
        first = time.perf_counter() - started
        _wait(client, job_id)
        return before, server.resident_bytes()[0], first


def _submit(client: httpx.Client, name: str, content: bytes) -> str:
    answer = client.post(_JOBS, files={"file": (name, content)})
    if answer.status_code != 202:
        raise ServerFailed(f"a job was not taken: {answer.status_code} {answer.text[:300]}")
    job_id: str = answer.json()["id"]
    return job_id


def _job(client: httpx.Client, job_id: str) -> dict[str, dict[str, int]]:
    answer: dict[str, dict[str, int]] = client.get(f"{_JOBS}/{job_id}").json()
    return answer


def _wait(client: httpx.Client, job_id: str) -> None:
    """Follow a job to its end, as a client would."""
    kind = ""
    with client.stream("GET", f"{_JOBS}/{job_id}/events") as stream:
        for line in stream.iter_lines():
            kind = line.removeprefix("event: ") if line.startswith("event: ") else kind
    if kind != "done":
        raise ServerFailed(f"a job ended with {kind}")


def _count(client: httpx.Client, status: str) -> int:
    return len(client.get(_JOBS, params={"status": status, "limit": 1}).json()["jobs"])


def _table(measured: Measured) -> Table:
    *_, p99 = quantiles(measured.submitted, n=100)
    rows = (
        (f"{PLAN.pages} pages, waited for", _spread(measured.waited_for)),
        (f"{PLAN.pages} pages, as a job", _spread(measured.as_jobs)),
        ("POST of a job, median", f"{median(measured.submitted) * 1000:.1f} ms"),
        ("POST of a job, 99 %", f"{p99 * 1000:.1f} ms"),
        (f"{PLAN.jobs} jobs of one page", f"{measured.all_jobs:.1f} s"),
        ("jobs a second", f"{PLAN.jobs / measured.all_jobs:.1f}"),
        (f"first page of {PLAN.long_pages}", f"{measured.first_page:.2f} s"),
    )
    return Table(
        "Jobs",
        ("What", "Measured"),
        rows,
        f"A simulated engine that takes {PLAN.page_seconds * 1000:g} ms for any page in the first "
        f"two rows, by turns, and none afterwards; SQLite, files on a local disk, and all of it "
        f"followed by the job's events.",
    )


def _spread(seconds: Sequence[float]) -> str:
    return f"{median(seconds):.2f} s ({min(seconds):.2f}–{max(seconds):.2f})"
