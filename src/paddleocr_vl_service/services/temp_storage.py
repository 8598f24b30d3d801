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
from pathlib import Path

from paddleocr_vl_service.models.errors import StorageUnavailable

logger = logging.getLogger(__name__)

_PREFIX, _NEWBORN = "instance-", "new-"
_BIRTH_SECONDS = 60
_LOCK = "lock"
_REMOVAL_ATTEMPTS = 5
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
        self._instance = newborn.rename(self._root / f"{_PREFIX}{name}")

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
        if self._instance is None:
            raise RuntimeError("the temporary storage is not open")
        folder = self._instance / secrets.token_hex(8)
        try:
            with _storage_failures(_NO_FOLDER):
                folder.mkdir(mode=0o700)
            with _storage_failures(_NO_ROOM):
                yield folder
        finally:
            # Shielded, so that a second cancellation cannot leave files behind.
            await asyncio.shield(asyncio.to_thread(_remove, folder))

    def close(self) -> None:
        """Remove this process's folder."""
        if self._instance is not None:
            shutil.rmtree(self._instance, ignore_errors=True)
            self._instance = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _remove(folder: Path) -> None:
    """Delete a document's folder, and free its disk space even where a child has it open.

    A child that works on for a document that was given up may add a file meanwhile.
    """
    for _ in range(_REMOVAL_ATTEMPTS):
        for path in folder.glob("*"):
            with suppress(OSError):
                os.truncate(path, 0)
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
    logger.warning("A temporary folder could not be removed", extra={"folder": folder.name})


@contextmanager
def _storage_failures(errnos: frozenset[int]) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in errnos:
            raise
        logger.exception("TMP_DIR cannot be written")
        raise StorageUnavailable(
            "The service has no room for temporary files at the moment.", retry_after=30
        ) from error


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
