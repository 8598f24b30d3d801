"""The parts that measure the engine host, each tiny; never how long anything takes."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import fairness, journey, leak, load
from benchmarks.leak import BY_MEMORY, BY_PAGES, Course, Sample
from benchmarks.pages import Page
from benchmarks.setup import Setup

MIB = 2**20


def test_load(monkeypatch: pytest.MonkeyPatch, setup: Setup) -> None:
    monkeypatch.setattr(load, "PLAN", load.Plan(clients=(1, 40), pages_a_process=2))
    said: list[str] = []
    part = load.measure(replace(setup, processes=2, rounds=2, tell=said.append))
    throughput, health = part.tables
    assert [row[:2] for row in throughput.rows] == [("1", "2 x 2 pages"), ("40", "1 x 40 pages")]
    assert [row[0] for row in health.rows] == ["0, engines busy beside the server", "1", "40"]
    assert said[-1] == "40 clients, run 1 of 1, 40 pages each way"
    shares, latencies = part.goals[:2], part.goals[2:]
    assert [(goal.bound, goal.limit) for goal in shares] == [("at least", 0.95)] * 2
    assert [(goal.bound, goal.limit) for goal in latencies] == [("at most", 50)] * 2
    assert "40 clients" in shares[1].what
    (pair,) = part.raw["40 clients"]
    assert pair["http"]["pages_per_second"] > 0
    assert shares[1].figure == pytest.approx(
        pair["http"]["pages_per_second"] / pair["direct"]["pages_per_second"]
    )
    assert all(seconds > 0 for seconds in pair["http"]["health_seconds"])
    assert len(part.raw["server_peak_bytes"]) >= 3


def test_pages_and_rounds_of_a_load() -> None:
    plan = load.Plan()
    pages = [plan.pages(clients, 2) for clients in plan.clients]
    assert pages == [4, 8, 16, 64]
    assert [plan.rounds(count, 3) for count in pages] == [3, 3, 1, 1]
    assert plan.pages(4, 16) == 16


def test_long_pages_come_first(tmp_path: Path) -> None:
    pages = []
    for number, size in enumerate((10, 30, 20)):
        path = tmp_path / f"{number}.png"
        path.write_bytes(bytes(size))
        pages.append(Page(str(number), path, 1, 1))
    names = [path.stem for path in load.pages_of_a_run(pages, 5)]
    assert names == ["1", "1", "2", "0", "0"]
    assert [path.stem for path in load.pages_of_a_run(pages, 1)] == ["0"]


def test_fairness(monkeypatch: pytest.MonkeyPatch, setup: Setup) -> None:
    plan = fairness.Plan(documents=2, pages=60, images=3, page_seconds=0.1)
    monkeypatch.setattr(fairness, "PLAN", plan)
    part = fairness.measure(setup)
    (table,) = part.tables
    assert [(row[0], row[-1]) for row in table.rows] == [
        ("alone", "3"),
        ("beside 2 documents", "3"),
    ]
    (goal,) = part.goals
    assert (goal.bound, goal.limit) == ("at most", 3)
    assert goal.figure == pytest.approx(max(part.raw["beside"]) / 0.1)
    assert min(part.raw["alone"]) >= 0.1
    assert 3 <= part.raw["pages_read"] < 60  # they were given up, and nobody read on


def test_leak(monkeypatch: pytest.MonkeyPatch, setup: Setup) -> None:
    limits = ((BY_PAGES, 3), (BY_MEMORY, 100))
    plan = leak.Plan(4, 6, 2, 0.02, 20, limits, row_every=12, look_every=0.02)
    monkeypatch.setattr(leak, "PLAN", plan)
    part = leak.measure(setup)
    (table,) = part.tables
    assert [row[:2] for row in table.rows] == [("12", "240 MiB"), ("24", "480 MiB")]
    assert [goal.bound for goal in part.goals] == ["at most"] * 4
    assert [name in part.goals[2].what for name in (BY_PAGES, BY_MEMORY)] == [False, True]
    for name in (BY_PAGES, BY_MEMORY):
        course = part.raw[name]
        assert course["recycles"] >= 1
        assert course["loaded"] > 10 * MIB
        assert [sample["pages"] for sample in course["samples"]][-1] == 24
        assert max(sample["engines"] for sample in course["samples"]) > course["loaded"] + 20 * MIB


def test_the_course_of_a_leak() -> None:
    samples = (
        Sample(0, 50 * MIB, 40 * MIB),
        Sample(60, 60 * MIB, 400 * MIB),
        Sample(120, 62 * MIB, 100 * MIB),
        Sample(200, 63 * MIB, 500 * MIB),
    )
    course = Course((BY_PAGES, 50), samples, loaded=40 * MIB, recycles=3)
    plan = leak.Plan(documents=10, page_seconds=0.15)
    assert course.api_mib(100) == 62
    assert [course.engines_mib(pages) for pages in (100, 200)] == [400, 500]
    assert course.allowed_mib(plan) == (40 + 50 * 8) + 40 + 10 * 8
    by_memory = replace(course, limit=(BY_MEMORY, 300))
    assert by_memory.allowed_mib(plan) == 300 + 40 + 10 * 8
    table = leak.curve_table(plan, [course])
    assert table.rows == (
        ("100", "800 MiB", "62 MiB", "400 MiB"),
        ("200", "1600 MiB", "63 MiB", "500 MiB"),
    )
    assert "3 times with ENGINE_MAX_PAGES=50" in table.note


def test_journey(monkeypatch: pytest.MonkeyPatch, setup: Setup) -> None:
    monkeypatch.setattr(journey, "PLAN", journey.Plan(calls=4, width=40, height=60))
    part = journey.measure(setup)
    (table,) = part.tables
    assert [row[0] for row in table.rows] == [
        "reads the page's file, then answers at once",
        "answers at once",
    ]
    assert {engine: len(seconds) for engine, seconds in part.raw.items()} == {
        journey.READING: 4,
        journey.AT_ONCE: 4,
    }
    (goal,) = part.goals
    assert goal.figure == pytest.approx(sorted(part.raw[journey.READING])[1] * 1000)
