"""docs/verification.md, from what the steps found."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from tools.verify_deploy.steps import Outcome

_HEAD = """\
# What was verified

Written by `make verify-deploy`, which does what this page says and needs root: it brings a Docker
engine of its own, builds the Dockerfile, runs what it built and breaks it. What one can check
without root and in seconds is in `make test`.
"""
_MARKS = {"passed": "passed", "skipped": "**skipped**", "failed": "**FAILED**"}


def report(outcomes: Sequence[Outcome], facts: dict[str, str], unverified: Sequence[str]) -> str:
    """The page.

    Args:
        outcomes: Of all steps.
        facts: About the machine and what was verified, by name.
        unverified: What no step can show, a sentence each.
    """
    lines = [_HEAD, *(f"- {name}: {value}" for name, value in facts.items()), ""]
    lines += ["| Step | Outcome | Seconds |", "|---|---|---|"]
    lines += [f"| {each.title} | {_MARKS[each.state]} | {each.seconds:.0f} |" for each in outcomes]
    for each in outcomes:
        lines += ["", f"## {each.title}", ""]
        lines += [f"- {finding}" for finding in each.findings]
        if each.reason:
            first = each.reason.strip().splitlines()[0]
            lines.append(f"- {_MARKS[each.state]}: {first}")
    lines += ["", "## What stays unverified", "", *(f"- {each}" for each in unverified)]
    return "\n".join(lines) + "\n"


def machine_facts() -> dict[str, str]:
    """When, and on what kind of machine."""
    system = platform.freedesktop_os_release().get("PRETTY_NAME", "unknown")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "Date": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "Machine": f"{system}, Linux {platform.release().split('-')[0]}, {platform.machine()}, "
        f"{os.cpu_count()} CPUs, {memory:.0f} GiB, no GPU"
        + (" (`/dev/nvidiactl` is there)" if Path("/dev/nvidiactl").exists() else ""),
    }
