"""Removing files that cannot always be removed at once, as on a disk that turned read-only."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path


class Removal:
    """Removes paths; what cannot be removed now is tried again with the next one.

    May be called from any number of threads.

    Args:
        remove: Removes a path and says whether it is gone.
    """

    def __init__(self, remove: Callable[[Path], bool]) -> None:
        self._remove = remove
        self._left: deque[Path] = deque()

    def __call__(self, path: Path) -> None:
        """Remove a path, then those that were left before."""
        for each in (path, *self._take_left()):
            if not self._remove(each):
                self._left.append(each)

    def _take_left(self) -> Iterator[Path]:
        with suppress(IndexError):  # another thread has taken it
            for _ in range(len(self._left)):
                yield self._left.popleft()
