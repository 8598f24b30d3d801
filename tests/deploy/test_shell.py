"""Every shell script of the repository."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.deploy.files import ROOT, run


def scripts() -> list[str]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    names = [name for name in listed.split("\0") if name and (ROOT / name).is_file()]
    return sorted(name for name in names if name.endswith(".sh") or _has_a_shells_first_line(name))


def _has_a_shells_first_line(name: str) -> bool:
    with (ROOT / name).open("rb") as file:
        first = file.readline(80)
    return first.startswith(b"#!") and first.split()[-1].rpartition(b"/")[2] in (b"sh", b"bash")


def test_there_are_scripts() -> None:
    assert {".ci/run", "deploy/image/install-system.sh"} <= set(scripts())


@pytest.mark.parametrize("script", scripts())
def test_shellcheck_finds_nothing(script: str) -> None:
    done = run("shellcheck", "--external-sources", script)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("seeded", "rule"),
    [
        ("#!/bin/sh\nrm $1\n", "SC2086"),
        ("#!/bin/sh\ncd /somewhere\nrm x\n", "SC2164"),
        ("#!/bin/sh\nif [[ $1 ]]; then :; fi\n", "SC3010"),
        ("#!/usr/bin/env bash\nif true; then\n", "SC1073"),
    ],
)
def test_shellcheck_finds_what_is_wrong(tmp_path: Path, seeded: str, rule: str) -> None:
    (tmp_path / "seeded.sh").write_text(seeded)
    done = run("shellcheck", str(tmp_path / "seeded.sh"))
    assert done.returncode != 0
    assert rule in done.stdout
