"""Temporary files that never outlive their document, nor a killed service its successor."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import logging
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from pathlib import Path

from paddleocr_vl_service.models.errors import StorageUnavailable
from paddleocr_vl_service.processes.daemon_threads import DaemonThreads
from paddleocr_vl_service.services.removal import Removal

logger = logging.getLogger(__name__)

_PREFIX, _NEWBORN = "instance-", "new-"
_BIRTH_SECONDS = 60
_LOCK, _PAGES = "lock", "pages"
_ROOM_BYTES = 1 << 20
_NO_ROOM_SENTENCE = "The service has no room for temporary files at the moment."
_REMOVAL_ATTEMPTS = 5
_LOOK_SECONDS = 2.0
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})
_NO_FOLDER = _NO_ROOM | {errno.EACCES, errno.ENOENT}


def check_writable(folder: Path) -> None:
    """Make the folder if need be and write into it.

    Raises:
        OSError: It cannot be made or written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass


class TempStorage:
    """A folder of this process below ``TMP_DIR``, with one folder a document in it.

    The process holds a lock on its folder. Whoever can take the lock of another folder knows that
    its owner is dead, and removes it.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._instance: Path | None = None
        self._lock: int | None = None
        self._failure: str | None = None
        self._looks = DaemonThreads(1)
        self._remove = Removal(_removed)

    def open(self) -> None:
        """Remove what dead processes left, then make this process's folder.

        Raises:
            OSError: The folder cannot be made or written.
        """
        self._root.mkdir(parents=True, exist_ok=True)
        self._sweep()
        name = f"{os.getpid()}-{secrets.token_hex(4)}"
        # Not under its final name before it is locked: another process may be sweeping.
        newborn = self._root / f"{_NEWBORN}{name}"
        newborn.mkdir(mode=0o700)
        self._lock = os.open(newborn / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        (newborn / _PAGES).mkdir(mode=0o700)
        self._instance = newborn.rename(self._root / f"{_PREFIX}{name}")

    def page_folder(self) -> Path:
        """Where page images are kept that no document's folder holds any more."""
        return self._opened() / _PAGES

    async def failure(self) -> str | None:
        """Why ``TMP_DIR`` cannot be used, in one sentence; None when it can.

        Looks again, by writing, only after a document has met a failure.
        """
        if self._failure is not None:
            with suppress(asyncio.TimeoutError):
                if await self._looks.run(partial(_has_room, self._opened()), _LOOK_SECONDS):
                    self._failure = None
        return self._failure

    def _opened(self) -> Path:
        if self._instance is None:
            raise RuntimeError("the temporary storage is not open")
        return self._instance

    def _sweep(self) -> None:
        newborn = [each for each in self._root.glob(f"{_NEWBORN}*") if _is_old(each)]
        for folder in [*self._root.glob(f"{_PREFIX}*"), *newborn]:
            if _abandoned(folder):
                shutil.rmtree(folder, ignore_errors=True)
                logger.info("Removed what an earlier process left", extra={"folder": folder.name})

    @asynccontextmanager
    async def document_folder(self) -> AsyncIterator[Path]:
        """A new folder, gone with everything in it afterwards, whatever happens.

        Raises:
            StorageUnavailable: ``TMP_DIR`` is full or cannot be written, now or by whatever is
                done with the folder.
        """
        folder = self._opened() / secrets.token_hex(8)
        try:
            with self._failures(_NO_FOLDER):
                folder.mkdir(mode=0o700)
            with self._failures(_NO_ROOM):
                yield folder
        finally:
            # Shielded, so that a second cancellation cannot leave files behind.
            await asyncio.shield(asyncio.to_thread(self._remove, folder))

    @contextmanager
    def _failures(self, errnos: frozenset[int]) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno not in errnos:
                raise
            logger.exception("TMP_DIR cannot be written")
            self._failure = _NO_ROOM_SENTENCE
            raise StorageUnavailable(_NO_ROOM_SENTENCE, retry_after=30) from error
        except StorageUnavailable:
            self._failure = _NO_ROOM_SENTENCE
            raise

    def close(self) -> None:
        """Remove this process's folder."""
        if self._instance is not None:
            shutil.rmtree(self._instance, ignore_errors=True)
            self._instance = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _removed(folder: Path) -> bool:
    """Delete a document's folder, and free its disk space even where a child has it open.

    A child that works on for a document that was given up may add a file meanwhile.
    """
    for _ in range(_REMOVAL_ATTEMPTS):
        for path in folder.glob("*"):
            with suppress(OSError):
                os.truncate(path, 0)
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return True
    logger.warning("A temporary folder could not be removed", extra={"folder": folder.name})
    return False


def _has_room(folder: Path) -> bool:
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"\0" * _ROOM_BYTES)
    except OSError:
        return False
    return True


def _is_old(folder: Path) -> bool:
    try:
        return time.time() - folder.stat().st_mtime > _BIRTH_SECONDS
    except FileNotFoundError:
        return False


def _abandoned(folder: Path) -> bool:
    try:
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return folder.exists()
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(lock)
    return True
