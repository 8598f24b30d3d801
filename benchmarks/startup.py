"""How long it takes until the service answers, and what its first page costs."""

from __future__ import annotations

from benchmarks.report import Goal, Part, Table
from benchmarks.server import extract, running_server
from benchmarks.setup import Setup
from benchmarks.spread import Spread

_GOAL = 2.0
_WITH_PAGES = 3


def measure(setup: Setup) -> Part:
    """Start the server some times; let some of them read the first page twice."""
    page = setup.pages[0]
    content = page.path.read_bytes()
    starts: list[float] = []
    first: list[float] = []
    second: list[float] = []
    for number in range(setup.starts):
        setup.tell(f"start {number + 1} of {setup.starts}")
        with (
            running_server(setup.engine, 1, setup.logs / "start-up-server.log") as server,
            server.client() as client,
        ):
            starts.append(server.start_seconds)
            if number < _WITH_PAGES:
                first.append(extract(client, page.path.name, content))
                second.append(extract(client, page.path.name, content))
    table = Table(
        "Start",
        ("Step", "Seconds", "Times"),
        (
            _row("process started, until /health says healthy", starts),
            _row("first request: reader and engine start, models load, one page", first),
            _row("second request: the same page", second),
        ),
        "Median (lowest–highest); files are in the system's cache. PRELOAD_MODEL=true moves the "
        "loading from the first request to the start, without delaying /health.",
    )
    goal = Goal("Start to a healthy answer", _GOAL, Spread.of(starts).median, " s")
    raw = {"start": starts, "first_request": first, "second_request": second}
    return Part((table,), (goal,), raw=raw)


def _row(step: str, seconds: list[float]) -> tuple[str, ...]:
    return (step, Spread.of(seconds).shown(), str(len(seconds)))
