"""Every part of the benchmark with the echo engine on one tiny page; never how long it takes."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import __main__ as program
from benchmarks import (
    born_digital,
    comparison,
    fairness,
    jobs,
    journey,
    leak,
    load,
    machine,
    overhead,
    rivals,
)
from benchmarks.pages import Page
from benchmarks.readers import Reading, embedded
from benchmarks.report import Report
from benchmarks.server import ServerFailed, extract, running_server
from benchmarks.setup import Setup
from tests.support.server import ECHO_ENGINE


def reading(seconds: float) -> Reading:
    return Reading(seconds, seconds / 2, 3 * 2**20, "x" * 10)


def test_the_whole_program(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(machine, "_BUSY_SECONDS", 0.05)
    monkeypatch.setattr(load, "PLAN", load.Plan(clients=(1, 3), pages_a_process=1))
    monkeypatch.setattr(journey, "PLAN", journey.Plan(calls=3, width=20, height=20))
    monkeypatch.setattr(fairness, "PLAN", fairness.Plan(1, 6, images=2, page_seconds=0.2))
    monkeypatch.setattr(born_digital, "_MOST_PAGES", 1)
    plan = jobs.Plan(1, 2, 0.01, submissions=2, jobs=3, clients=2, long_pages=3)
    monkeypatch.setattr(jobs, "PLAN", plan)
    monkeypatch.setattr(leak, "PLAN", leak.Plan(2, 2, 2, limits=((leak.BY_PAGES, 2),), row_every=2))
    few = ["--limit", "1", "--rounds", "1", "--starts", "1", "--pairs", "1", "--processes", "2"]
    arguments = ["--engine", ECHO_ENGINE, "--rivals", "--folder", str(tmp_path), "--dpi", "20"]
    assert program.main([*arguments, *few]) == 0
    (kept,) = tmp_path.glob("benchmark-*.json")
    report = Report.from_json(kept.read_bytes())
    assert [*report.parts] == [*program.PARTS]
    for part in report.parts.values():
        assert all(table.rows for table in part.tables)
        assert part.raw
    assert len(report.parts["load"].raw["server_peak_bytes"]) >= 3
    assert (tmp_path / ".gitignore").read_text() == "*\n"
    shown = capsys.readouterr().out
    assert "Start to a healthy answer" in shown
    assert program.main(["--report", str(kept), "--folder", str(tmp_path)]) == 0
    assert capsys.readouterr().out == shown


def test_no_pages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert program.main(["--images", str(empty), "--folder", str(tmp_path)]) == 1
    assert "Error: there are no pages to measure" in capsys.readouterr().err


def test_an_engine_that_does_not_load(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(machine, "_BUSY_SECONDS", 0.05)
    engine = "tests.support.broken_engines:NeverLoads"
    few = ["--limit", "1", "--dpi", "20", "--rivals", "--folder", str(tmp_path)]
    assert program.main(["--engine", engine, *few]) == 1
    assert "failed while starting: RuntimeError: no weights" in capsys.readouterr().err


def test_rivals_are_set_beside_ours(monkeypatch: pytest.MonkeyPatch, setup: Setup) -> None:
    """The echo engine plays rapidocr; tesseract is missing."""

    def prepare(rival: str, folder: Path) -> object:
        if rival == rivals.TESSERACT:
            raise rivals.RivalMissing("not installed")
        return replace(embedded(ECHO_ENGINE, 1), name="rapidocr, defaults")

    monkeypatch.setattr(rivals, "prepare", prepare)
    part = comparison.measure(replace(setup, rivals=rivals.RIVALS, rounds=2))
    programs, pairs = part.tables
    assert ["tesseract", "not installed"] in [[*row[:2]] for row in programs.rows]
    assert [row[0] for row in pairs.rows] == ["generated 1", "all pairs"]
    assert part.goals[0].figure is not None
    assert part.versions["rapidocr runs with"].startswith("engine echo")
    assert {len(rounds) for rounds in part.raw.values()} == {2}


def test_a_goal_whose_rival_is_missing_is_not_met(
    monkeypatch: pytest.MonkeyPatch, setup: Setup
) -> None:
    def prepare(rival: str, folder: Path) -> object:
        raise rivals.RivalMissing("no network")

    monkeypatch.setattr(rivals, "prepare", prepare)
    part = comparison.measure(replace(setup, rivals=(rivals.RAPIDOCR,)))
    assert [goal.verdict for goal in part.goals] == ["not measured"]
    assert part.tables[0].rows[-1][:2] == ("rapidocr", "no network")


def test_ratios_are_of_the_same_page_and_round() -> None:
    ours = [[reading(1), reading(4)], [reading(2), reading(4)]]
    theirs = [[reading(2), reading(4)], [reading(2), reading(2)]]
    assert comparison.ratios_by_pair(ours, theirs) == [0.5, 1, 1, 2]
    pages = [Page(name, Path(name), 1, 1) for name in "ab"]
    table = comparison.ratio_table(pages, ours, theirs)
    assert [row[3] for row in table.rows] == [
        "0.75 (0.50–1.00)",
        "1.50 (1.00–2.00)",
        "1.00 (0.50–2.00)",
    ]


def test_a_program_s_row() -> None:
    rounds = [[reading(1), reading(3)], [reading(2), reading(4)]]
    row = comparison.program_row("ours", 0.5, rounds)
    assert row == ("ours", "2.50 (2.00–3.00)", "1.25 (1.00–1.50)", "3 MiB", "0.50", "20")


def test_pages_for_the_overhead_are_spread_out() -> None:
    pages = [Page(str(number), Path(), 1, 1) for number in range(10)]
    assert [page.name for page in overhead.chosen(pages, 4)] == ["0", "2", "5", "7"]
    assert overhead.chosen(pages[:2], 4) == pages[:2]


def test_an_answer_that_is_no_success(tmp_path: Path) -> None:
    with (
        running_server(ECHO_ENGINE, 1, tmp_path / "server.log") as server,
        server.client() as client,
        pytest.raises(ServerFailed, match=r"a\.png: 400"),
    ):
        extract(client, "a.png", b"nothing")


def test_a_server_that_does_not_start(tmp_path: Path) -> None:
    with (
        pytest.raises(ServerFailed, match="the server ended: Error: ENGINE=nonsense"),
        running_server("nonsense", 1, tmp_path / "server.log"),
    ):
        pass
