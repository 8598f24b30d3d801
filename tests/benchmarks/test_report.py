from pathlib import Path

import pytest

from benchmarks.places import PERFORMANCE_PAGE
from benchmarks.report import Goal, Part, Report, Table
from benchmarks.report_text import as_markdown, as_text, write_into_page

START_IN_MARKDOWN = """\
### Start

| Step | Seconds |
|---|---|
| a \\| b | 1.00 |
| cc | 20.00 |

A note."""

REPORT = Report(
    "2025-01-15 10:30:00 UTC",
    {"Processor": "abacus"},
    {
        "start": Part(
            (Table("Start", ("Step", "Seconds"), (("a | b", "1.00"), ("cc", "20.00")), "A note."),),
            (Goal("Start", 2.0, 1.0, " s"),),
            {"echo": "1.0"},
            {"start": [1.0, 20.0]},
        )
    },
)


@pytest.mark.parametrize(
    ("figure", "verdict"), [(0.6, "met"), (0.61, "MISSED"), (None, "not measured")]
)
def test_verdicts(figure: float | None, verdict: str) -> None:
    assert Goal("ratio", 0.6, figure).verdict == verdict


@pytest.mark.parametrize(("figure", "verdict"), [(0.95, "met"), (1.2, "met"), (0.94, "MISSED")])
def test_verdicts_of_what_should_be_large(figure: float, verdict: str) -> None:
    goal = Goal("share", 0.95, figure, bound="at least")
    assert goal.row() == ("share", "at least 0.95", f"{figure:.2f}", verdict)


def test_goals_show_their_unit() -> None:
    assert Goal("Start", 2.0, 1.234, " s", 1).row() == ("Start", "at most 2 s", "1.2 s", "met")
    assert Goal("Start", 2.0, None).row()[2] == "–"


def test_text() -> None:
    start = as_text(REPORT).split("\n\n")[1].splitlines()
    assert start == [
        "Start",
        "=====",
        "Step   Seconds",
        "-----  -------",
        "a | b  1.00",
        "cc     20.00",
        "A note.",
    ]


def test_markdown() -> None:
    assert START_IN_MARKDOWN in as_markdown(REPORT)


def test_everything_is_told() -> None:
    text = as_text(REPORT)
    for told in ("Goals", "met", "abacus", "echo", REPORT.started):
        assert told in text


def test_empty_tables_are_left_out() -> None:
    report = Report("now", {}, {"pages": Part((Table("Nothing", ("A",), ()),))})
    assert "Nothing" not in as_text(report)
    assert "Goals" not in as_markdown(report)


def test_json_goes_both_ways() -> None:
    assert Report.from_json(REPORT.to_json()) == REPORT
    with pytest.raises(ValueError, match="parts"):
        Report.from_json(b'{"started": "now", "facts": {}}')


def test_the_page_gets_the_figures_and_keeps_the_rest(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- measured: benchmark -->\nold\n<!-- /measured -->\nafter\n")
    for _ in range(2):
        write_into_page(page, REPORT)
    text = page.read_text("utf-8")
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "old" not in text
    assert text.count("### Start") == 1


def test_a_page_without_the_markers(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing")
    with pytest.raises(ValueError, match="markers"):
        write_into_page(page, REPORT)
    assert page.read_text() == "nothing"


def test_the_documentation_has_the_markers(tmp_path: Path) -> None:
    copy = tmp_path / "performance.md"
    copy.write_text(PERFORMANCE_PAGE.read_text("utf-8"), "utf-8")
    write_into_page(copy, REPORT)
    assert "abacus" in copy.read_text("utf-8")
