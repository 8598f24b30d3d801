"""How much memory a process holds, and how much there still is. Linux; None elsewhere."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MIB = 1024 * 1024

_MEMINFO = Path("/proc/meminfo")
_CGROUP = Path("/sys/fs/cgroup")
_MEMBERSHIP = Path("/proc/self/cgroup")


def resident_bytes(pid: int) -> int | None:
    """Resident set size of a process; None where it is gone or cannot be known."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def total_bytes(
    meminfo: Path = _MEMINFO, cgroup: Path = _CGROUP, membership: Path = _MEMBERSHIP
) -> int | None:
    """Memory of the machine, or of the container where that may have less."""
    limits = [_number(group.limit) for group in _groups(cgroup, membership)]
    return _least(_meminfo(meminfo, "MemTotal"), *limits)


def available_bytes(
    meminfo: Path = _MEMINFO, cgroup: Path = _CGROUP, membership: Path = _MEMBERSHIP
) -> int | None:
    """Memory that can still be had without pushing anything out; the container's share of it."""
    left = [group.left() for group in _groups(cgroup, membership)]
    return _least(_meminfo(meminfo, "MemAvailable"), *left)


@dataclass(frozen=True)
class _Group:
    """A control group's files: what it may use, what it uses, and of what kind that is."""

    limit: Path
    used: Path
    kinds: Path
    cache: str

    def left(self) -> int | None:
        limit, used = _number(self.limit), _number(self.used)
        if limit is None or used is None:
            return None
        return max(0, limit - used + self._cache_bytes())

    def _cache_bytes(self) -> int:
        """Cached file contents, which the kernel drops before it runs out of memory."""
        try:
            lines = self.kinds.read_text("ascii").splitlines()
            return next(int(line.split()[1]) for line in lines if line.startswith(self.cache))
        except (OSError, ValueError, StopIteration):
            return 0


def _groups(cgroup: Path, membership: Path) -> Iterator[_Group]:
    """The control groups whose limits hold for this process: its own, and those around it."""
    try:
        lines = membership.read_text("utf-8").splitlines()
    except (OSError, ValueError):
        lines = ["0::/"]
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        own = Path(path.lstrip("/"))
        for place in (own, *own.parents):
            if controllers == "":
                folder = cgroup / place
                names, cache = ("memory.max", "memory.current"), "inactive_file "
            elif "memory" in controllers.split(","):
                folder = cgroup / "memory" / place
                names = ("memory.limit_in_bytes", "memory.usage_in_bytes")
                cache = "total_inactive_file "
            else:
                continue
            limit, used = names
            yield _Group(folder / limit, folder / used, folder / "memory.stat", cache)


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
