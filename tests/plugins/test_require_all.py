from __future__ import annotations

import pytest

from tests.plugins.require_all import ALLOWED_SKIPS, RequireAll

SKIPS = """
    import pytest

    @pytest.mark.skip(reason="not here")
    def test_skipped():
        pass

    @pytest.mark.xfail(reason="known", strict=True)
    def test_expected_to_fail():
        assert False
"""
SKIPPED = "test_skips.py::test_skipped"


@pytest.fixture(autouse=True)
def no_other_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


@pytest.mark.parametrize(
    ("require_all", "exit_code"),
    [("1", pytest.ExitCode.TESTS_FAILED), ("", pytest.ExitCode.OK)],
)
def test_fails_a_skipping_run_where_asked_for(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, require_all: str, exit_code: int
) -> None:
    monkeypatch.setenv("REQUIRE_ALL", require_all)
    pytester.makepyfile(test_skips=SKIPS)

    result = pytester.runpytest_inprocess("-p", "tests.plugins.require_all")

    result.assert_outcomes(skipped=1, xfailed=1)
    assert result.ret == exit_code
    assert (SKIPPED in result.outlines) == (require_all == "1")


def test_lets_an_allowed_skip_pass(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_skips=SKIPS)

    result = pytester.inline_run(plugins=[RequireAll({SKIPPED: "a reason"})])

    assert result.ret == pytest.ExitCode.OK


def test_a_module_skipped_as_a_whole_counts(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("import pytest; pytest.skip('not here', allow_module_level=True)")
    pytester.makepyfile(test_passes="def test_passes(): pass")

    result = pytester.inline_run(plugins=[RequireAll({})])

    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_a_failing_run_keeps_its_exit_code(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_passes(): pass")
    pytester.makeconftest("def pytest_collection_modifyitems(): raise KeyboardInterrupt")

    result = pytester.inline_run(plugins=[RequireAll({})], no_reraise_ctrlc=True)

    assert result.ret == pytest.ExitCode.INTERRUPTED


def test_every_allowed_skip_has_a_reason() -> None:
    assert all(reason.strip() for reason in ALLOWED_SKIPS.values())
