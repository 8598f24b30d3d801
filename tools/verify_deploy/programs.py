"""Starting other programs, with a deadline, and saying what they said where they fail."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tools.verify_deploy.steps import NotSo

_LAST_LINES = 25


def run(
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    seconds: float = 120,
) -> str:
    """What a program says on both outputs.

    Raises:
        NotSo: It fails, or takes longer.
    """
    status, said = attempt(command, environment=environment, folder=folder, seconds=seconds)
    if status:
        raise NotSo(f"`{' '.join(command[:6])} ...` ended with {status}:\n{_end(said)}")
    return said


def attempt(
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    seconds: float = 120,
) -> tuple[int, str]:
    """A program's exit status and what it says on both outputs.

    Raises:
        NotSo: It takes longer.
    """
    try:
        done = subprocess.run(
            command,
            env={**os.environ, **(environment or {})},
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            encoding="utf-8",
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise NotSo(f"`{' '.join(command[:6])} ...` took longer than {seconds:.0f} s") from error
    return done.returncode, done.stdout


def until(holds: Callable[[], bool], seconds: float, otherwise: str, pause: float = 0.5) -> float:
    """Wait until something holds; the seconds that took.

    Raises:
        NotSo: It does not come to hold in time.
    """
    started = time.monotonic()
    while not holds():
        if time.monotonic() - started > seconds:
            raise NotSo(f"{otherwise} within {seconds:.0f} s")
        time.sleep(pause)
    return time.monotonic() - started


def _end(text: str) -> str:
    return "\n".join(text.splitlines()[-_LAST_LINES:])
