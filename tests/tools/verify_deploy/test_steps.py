"""How steps are chosen, run and reported; what they verify needs root and a Docker engine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tools.verify_deploy.__main__ import STEPS, UNVERIFIED
from tools.verify_deploy.report import report
from tools.verify_deploy.steps import NotHere, Outcome, Step, chosen, expect, run_steps


def found(things: list[str]) -> Iterator[str]:
    yield f"{len(things)} things"


def missing(things: list[str]) -> Iterator[str]:
    if not things:
        raise NotHere("there is no engine")
    yield "an engine"


def wrong(things: list[str]) -> Iterator[str]:
    yield "the first holds"
    expect(things, "there is nothing")


def broken(things: list[str]) -> Iterator[str]:
    yield things[7]


STEPS_HERE = (
    Step("found", "Found", found),
    Step("missing", "Missing", missing),
    Step("wrong", "Wrong", wrong),
    Step("broken", "Broken", broken),
    Step("after", "After", found, ("found", "missing")),
    Step("after-wrong", "After wrong", found, ("wrong",)),
)


def outcomes(*names: str) -> dict[str, Outcome]:
    said: list[str] = []
    steps = chosen(STEPS_HERE, names)
    return {each.name: each for each in run_steps(steps, list[str](), said.append)}


def test_each_step_says_what_it_found_or_why_not() -> None:
    got = outcomes()
    assert (got["found"].state, got["found"].findings) == ("passed", ["0 things"])
    assert (got["missing"].state, got["missing"].reason) == ("skipped", "there is no engine")
    assert (got["wrong"].state, got["wrong"].reason) == ("failed", "there is nothing")
    assert got["wrong"].findings == ["the first holds"]
    assert got["broken"].state == "failed"


def test_a_step_goes_with_those_that_it_needs() -> None:
    got = outcomes()
    assert (got["after"].state, got["after"].reason) == ("skipped", "it needs missing")
    assert (got["after-wrong"].state, got["after-wrong"].reason) == ("skipped", "it needs wrong")


def test_a_chosen_step_brings_what_it_needs() -> None:
    assert list(outcomes("after")) == ["found", "missing", "after"]
    with pytest.raises(ValueError, match="there is no step nothing"):
        chosen(STEPS_HERE, ["nothing"])


def test_the_report_tells_all_of_it() -> None:
    page = report(list(outcomes().values()), {"Date": "today"}, ["A GPU."])
    for line in (
        "- Date: today",
        "| Found | passed | 0 |",
        "| Missing | **skipped** | 0 |",
        "| Wrong | **FAILED** | 0 |",
        "- the first holds",
        "- **FAILED**: there is nothing",
        "- **skipped**: there is no engine",
        "- A GPU.",
    ):
        assert line in page.splitlines()


def test_the_real_steps_fit_together() -> None:
    names = [step.name for step in STEPS]
    assert len(set(names)) == len(names)
    for number, step in enumerate(STEPS):
        assert set(step.needs) <= set(names[:number]), step.name
    assert all(sentence.endswith(".") for sentence in UNVERIFIED)
