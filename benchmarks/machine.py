"""What the figures were measured on, and with."""

from __future__ import annotations

import platform
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

import psutil

from benchmarks.places import ROOT
from paddleocr_vl_service.services.cpus import usable_cpus

_TELLING_FLAGS = ("avx2", "avx512f", "avx_vnni", "avx512_vnni", "avx512_bf16", "amx_tile", "asimd")
_BUSY_SECONDS = 2.0
_QUIET_PERCENT = 5.0


def machine_facts() -> dict[str, str]:
    """The computer, by what is told of it."""
    memory = psutil.virtual_memory().total / 2**30
    return {
        "Processor": f"{_processor()}, {usable_cpus()} CPUs usable of {psutil.cpu_count()}",
        "Memory": f"{memory:.1f} GiB",
        "System": f"{_distribution()}, {platform.system()} {platform.release()}, "
        f"{platform.machine()}",
    }


def busy_before() -> str:
    """How busy other programs keep the machine; says so where it is not quiet."""
    percent = psutil.cpu_percent(interval=_BUSY_SECONDS)
    verdict = "quiet" if percent <= _QUIET_PERCENT else "NOT QUIET, these figures are too slow"
    return f"{percent:.0f} % ({verdict})"


def own_versions() -> dict[str, str]:
    """Versions of the service and of what runs it."""
    names = ("onnxruntime", "numpy", "pillow", "pypdfium2", "uvicorn", "httpx")
    return {
        "Python": platform.python_version(),
        "paddleocr-vl-service": f"{version('paddleocr-vl-service')} ({git_revision(ROOT)})",
        **{name: version(name) for name in names},
    }


def git_revision(folder: Path) -> str:
    """The commit that is checked out, and whether files were changed since."""
    git = shutil.which("git")
    if git is None:
        return "revision unknown"
    commands = ([git, "rev-parse", "--short", "HEAD"], [git, "status", "--porcelain"])
    told = [
        subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        for command in commands
    ]
    if told[1].returncode:
        return "revision unknown"
    if told[0].returncode:
        return "not committed yet"
    return f"{told[0].stdout.strip()}{', with changes' if told[1].stdout.strip() else ''}"


def _processor() -> str:
    told: dict[str, str] = {}
    try:
        for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
            name, _, value = line.partition(":")
            told.setdefault(name.strip(), value.strip())
    except OSError:
        pass
    flags = (told.get("flags") or told.get("Features") or "").split()
    telling = ", ".join(flag for flag in _TELLING_FLAGS if flag in flags) or "no vector units known"
    return f"{told.get('model name') or platform.machine()} ({telling})"


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return platform.system()
