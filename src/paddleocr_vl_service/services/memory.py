"""How much memory a process holds, and how much there still is. Linux; None elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

MIB = 1024 * 1024

_MEMINFO = Path("/proc/meminfo")
_CGROUP = Path("/sys/fs/cgroup")


def resident_bytes(pid: int) -> int | None:
    """Resident set size of a process; None where it is gone or cannot be known."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def total_bytes(meminfo: Path = _MEMINFO, cgroup: Path = _CGROUP) -> int | None:
    """Memory of the machine, or of the container where that may have less."""
    return _least(_meminfo(meminfo, "MemTotal"), _number(cgroup / "memory.max"))


def available_bytes(meminfo: Path = _MEMINFO, cgroup: Path = _CGROUP) -> int | None:
    """Memory that can still be had without pushing anything out; the container's share of it."""
    limit, used = _number(cgroup / "memory.max"), _number(cgroup / "memory.current")
    within = None
    if limit is not None and used is not None:
        within = max(0, limit - used + _inactive_file_bytes(cgroup))
    return _least(_meminfo(meminfo, "MemAvailable"), within)


def _inactive_file_bytes(cgroup: Path) -> int:
    """Cached file contents, which the kernel drops before it runs out of memory."""
    try:
        lines = (cgroup / "memory.stat").read_text("ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("inactive_file "))
    except (OSError, ValueError, StopIteration):
        return 0


def _meminfo(path: Path, name: str) -> int | None:
    try:
        lines = path.read_text("ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))
    except (OSError, ValueError, StopIteration):
        return None


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text("ascii"))
    except (OSError, ValueError):  # "max" means that there is no limit
        return None


def _least(*values: int | None) -> int | None:
    return min((value for value in values if value is not None), default=None)
