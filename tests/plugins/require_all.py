"""With `REQUIRE_ALL=1` a skipped test fails the run, unless it is allowed to be skipped here."""

from __future__ import annotations

import os

import pytest

ALLOWED_SKIPS: dict[str, str] = {
    "tests/packaging/test_other_pythons.py::test_wheel_works[none]": (
        "a machine with a single supported Python has no other to try the wheel on"
    ),
    **{
        f"tests/end_to_end/test_transformers_engine.py::{name}": (
            "its libraries are six gigabytes, which not every machine can have"
        )
        for name in (
            "test_regions_are_found_and_read",
            "test_a_whole_page_is_read_as_what_was_asked_for",
            "test_paddlepaddle_is_not_there",
        )
    },
}


def pytest_configure(config: pytest.Config) -> None:
    """Watch the run where the environment asks for it."""
    if os.environ.get("REQUIRE_ALL") == "1":
        config.pluginmanager.register(RequireAll(ALLOWED_SKIPS), "require-all-watch")


class RequireAll:
    """Collects what was skipped, and fails the run if any of it had to run."""

    def __init__(self, allowed: dict[str, str]) -> None:
        self.allowed = allowed
        self.skipped: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a skipped test; an expected failure is reported as skipped, and is none."""
        if report.skipped and not hasattr(report, "wasxfail"):
            self._note(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a module that was skipped as a whole."""
        if report.skipped:
            self._note(report.nodeid)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Turn a run that would pass into one that fails."""
        if self.skipped and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say why."""
        if self.skipped:
            terminalreporter.section("skipped, though REQUIRE_ALL=1", red=True)
            for nodeid in self.skipped:
                terminalreporter.line(nodeid)

    def _note(self, nodeid: str) -> None:
        if nodeid not in self.allowed:
            self.skipped.append(nodeid)
