"""Small file systems that run full and turn read-only while somebody works in them."""

import errno
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

_BLOCK = b"\0" * (1 << 20)


@dataclass(frozen=True)
class SmallFileSystem:
    """A mounted file system of some KiB."""

    folder: Path

    def fill(self) -> None:
        """Write until not a byte more fits; folders and empty files still fit."""
        with (self.folder / "filler").open("ab", buffering=0) as filler:
            try:
                while True:
                    filler.write(_BLOCK)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise

    def free(self) -> None:
        """Undo `fill`."""
        (self.folder / "filler").unlink()

    def make_read_only(self) -> None:
        """Refuse every further opening for writing; files that are open by now stay writable.

        A remount is refused (EBUSY) while a file is open for writing, and the service's lock is. A
        second, read-only mount of the same files on top is not, and has no moment of being writable
        where it is first made in a place of its own.
        """
        with tempfile.TemporaryDirectory() as aside:
            _run("mount", "--bind", str(self.folder), aside)
            try:
                _run("mount", "-o", "remount,bind,ro", aside)
                _run("mount", "--bind", aside, str(self.folder))
            finally:
                _run("umount", "-l", aside)

    def make_writable(self) -> None:
        """Undo `make_read_only`."""
        _run("umount", "-l", str(self.folder))


@contextmanager
def small_file_system(folder: Path, kib: int) -> Iterator[SmallFileSystem]:
    """Mount one on a folder, and unmount it whatever happens; skips where that is not permitted."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        _run("mount", "-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", str(folder))
    except (OSError, subprocess.CalledProcessError) as error:
        reason = getattr(error, "stderr", None) or str(error)
        pytest.skip(f"no file system can be mounted here: {reason.strip()}")
    try:
        yield SmallFileSystem(folder)
    finally:
        while os.path.ismount(folder):
            _run("umount", "-l", str(folder))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)
