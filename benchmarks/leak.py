"""Memory of the API process and of the engine processes while the engine leaks."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

import httpx

from benchmarks.comparison import MIB
from benchmarks.report import Goal, Part, Table
from benchmarks.server import Server, extract, running_server
from benchmarks.setup import Setup
from benchmarks.simulated import STEADY_ENGINE, small_document

BY_PAGES, BY_MEMORY = "ENGINE_MAX_PAGES", "ENGINE_MAX_RSS_MB"

_GOAL_API_MIB = 16.0
_LOADING_SECONDS = 1.5


@dataclass(frozen=True)
class Plan:
    """What is sent to what.

    Attributes:
        documents: In all.
        pages: Of each of them.
        clients: That send them at the same time.
        page_seconds: That the simulated engine takes for any page.
        leak_mib: That it does not give back, each page.
        limits: What `ENGINE_MAX_PAGES` is in one run, and `ENGINE_MAX_RSS_MB` in the other.
        row_every: Pages from one row of the table to the next; the first row is where the API
            process has met everything once.
        look_every: Seconds.
    """

    documents: int = 30
    pages: int = 20
    clients: int = 4
    page_seconds: float = 0.05
    leak_mib: int = 8
    limits: tuple[tuple[str, int], ...] = ((BY_PAGES, 50), (BY_MEMORY, 300))
    row_every: int = 100
    look_every: float = 0.1

    @property
    def all_pages(self) -> int:
        """Of all documents."""
        return self.documents * self.pages

    @property
    def rows(self) -> range:
        """Numbers of pages at which the table has a row."""
        return range(self.row_every, self.all_pages + 1, self.row_every)


PLAN = Plan()


@dataclass(frozen=True)
class Sample:
    """Memory at one moment, in bytes, and how many pages had been answered."""

    pages: int
    api: int
    engines: int


@dataclass(frozen=True)
class Course:
    """One run.

    Attributes:
        limit: The setting that ends an engine process, and its value.
        samples: In order; the last was taken when all pages were answered.
        loaded: What an engine process held before its first page, in bytes.
        recycles: Engine processes that were replaced.
    """

    limit: tuple[str, int]
    samples: tuple[Sample, ...]
    loaded: int
    recycles: int

    def api_mib(self, pages: int) -> float:
        """Memory of the API process when so many pages had been answered."""
        return next(each.api for each in self.samples if each.pages >= pages) / MIB

    def engines_mib(self, pages: int) -> float:
        """The most that the engine processes held together until then."""
        end = next(index for index, each in enumerate(self.samples) if each.pages >= pages)
        return max(each.engines for each in self.samples[: end + 1]) / MIB

    def allowed_mib(self, plan: Plan) -> float:
        """What the engine processes may hold together.

        The process that has reached its limit reads on while its successor loads, and the
        successor reads while its predecessor leaves.
        """
        name, value = self.limit
        loaded = self.loaded / MIB
        full = value if name == BY_MEMORY else loaded + value * plan.leak_mib
        return full + loaded + _LOADING_SECONDS / plan.page_seconds * plan.leak_mib


def measure(setup: Setup) -> Part:
    """Let a leaking engine read many pages, with either way to recycle it."""
    courses = []
    for limit in PLAN.limits:
        setup.tell(f"{PLAN.all_pages} pages with {limit[0]}={limit[1]}")
        courses.append(_run(setup, PLAN, limit))
    last, first = PLAN.rows[-1], PLAN.rows[0]
    goals: list[Goal] = []
    for course in courses:
        name = course.limit[0]
        growth = course.api_mib(last) - course.api_mib(first)
        what = f"API process, growth from page {first} to page {last} ({name})"
        goals.append(Goal(what, _GOAL_API_MIB, growth, " MiB", 1))
        what = f"Leaking engine processes together, highest ({name})"
        allowed = float(round(course.allowed_mib(PLAN)))
        goals.append(Goal(what, allowed, course.engines_mib(last), " MiB", 0))
    raw = {course.limit[0]: asdict(course) for course in courses}
    return Part((curve_table(PLAN, courses),), tuple(goals), raw=raw)


def curve_table(plan: Plan, courses: list[Course]) -> Table:
    """Memory by pages answered."""
    columns = ["Pages", "Leaked so far"]
    for course in courses:
        columns += [f"API, {course.limit[0]}", "engines' highest so far"]
    rows = [
        (
            str(pages),
            f"{pages * plan.leak_mib} MiB",
            *(
                f"{mib:.0f} MiB"
                for course in courses
                for mib in (course.api_mib(pages), course.engines_mib(pages))
            ),
        )
        for pages in plan.rows
    ]
    told = " and ".join(
        f"{course.recycles} times with {course.limit[0]}={course.limit[1]}" for course in courses
    )
    return Table(
        "Memory beside an engine that leaks",
        tuple(columns),
        tuple(rows),
        f"One simulated engine process that takes {plan.page_seconds * 1000:g} ms for any page and "
        f"leaks {plan.leak_mib} MiB; documents of {plan.pages} pages, {plan.clients} clients. "
        f"Memory is the resident set, looked at every {plan.look_every * 1000:g} ms. The engine "
        f"process was replaced {told}. It reads on while its successor loads, so the goal for "
        f"both together is the limit, a second loaded process, and what leaks in "
        f"{_LOADING_SECONDS:g} s.",
    )


def _run(setup: Setup, plan: Plan, limit: tuple[str, int]) -> Course:
    settings = {
        limit[0]: str(limit[1]),
        "PRELOAD_MODEL": "true",
        "MAX_CONCURRENT_REQUESTS": str(plan.clients),
        "SIMULATED_PAGE_SECONDS": str(plan.page_seconds),
        "SIMULATED_LEAK_MIB": str(plan.leak_mib),
    }
    with (
        running_server(STEADY_ENGINE, 1, setup.logs / "leak-server.log", **settings) as server,
        server.client() as client,
    ):
        server.wait_until("loaded", lambda health: bool(health["pipeline_ready"]))
        loaded = server.resident_bytes()[1]
        samples = _sampled_while_sending(server, client, plan)
        processes = server.health()["engine"]["processes"]
    return Course(limit, tuple(samples), loaded, sum(each["recycles"] for each in processes))


def _sampled_while_sending(server: Server, client: httpx.Client, plan: Plan) -> list[Sample]:
    """Send all documents; look at the memory all the time, and once more at the end."""
    document = small_document(plan.pages)
    answered: list[int] = []
    everything_answered = threading.Event()

    def sample() -> Sample:
        return Sample(sum(answered), *server.resident_bytes())

    def send(number: int) -> None:
        extract(client, f"{number}.tiff", document)
        answered.append(plan.pages)

    def look() -> list[Sample]:
        samples = [sample()]
        while not everything_answered.wait(plan.look_every):
            samples.append(sample())
        return [*samples, sample()]

    with ThreadPoolExecutor(1) as observer, ThreadPoolExecutor(plan.clients) as clients:
        looking = observer.submit(look)
        try:
            for done in [clients.submit(send, number) for number in range(plan.documents)]:
                done.result()
        finally:
            everything_answered.set()
        return looking.result()
