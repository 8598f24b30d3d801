"""Where uploads and results of jobs lie: a local folder, or any store that fsspec knows.

Names are relative and begin with the job's: ``jobs/{id}/...``. A blob is there whole or not at all.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any, Protocol, TypeVar

from paddleocr_vl_service.models.errors import JobStoreUnavailable
from paddleocr_vl_service.processes.daemon_threads import DaemonThreads

_T = TypeVar("_T")
_ATTEMPTS_TO_REMOVE = 1000  # a file that is gone ends one
_AT_A_TIME = 16
_SENTENCE = "The store of jobs' files cannot be reached at the moment."


class BlobStore(Protocol):
    """What a store can do. Every method but `local_path` may take long; none blocks the loop."""

    async def put(self, name: str, content: bytes) -> None:
        """Write a blob, over an older one if need be."""
        ...

    async def put_file(self, name: str, file: Path) -> None:
        """Move a file into the store."""
        ...

    async def get(self, name: str) -> bytes:
        """A blob's content; raises `FileNotFoundError` where there is none."""
        ...

    async def fetch(self, name: str, folder: Path) -> Path:
        """A file with the blob's content: the store's own, or a copy in a folder."""
        ...

    async def remove_all(self, prefix: str) -> None:
        """Remove all blobs below a name; none need be there."""
        ...

    async def free_bytes(self) -> int | None:
        """Room that is left; None where nobody knows."""
        ...


def open_blob_store(url: str, folder: Path) -> BlobStore:
    """The store that ``BLOB_URL`` means; the folder where it is empty.

    Raises:
        ValueError: fsspec does not know it, or what it needs is not installed; one sentence.
    """
    if not url:
        return LocalBlobStore(folder)
    try:
        import fsspec  # noqa: PLC0415 - of the extra [s3]

        filesystem, root = fsspec.core.url_to_fs(url, skip_instance_cache=True)
    except ImportError as error:
        raise ValueError(
            "BLOB_URL needs a library that is not installed: pip install "
            "'paddleocr-vl-service[s3]', or what fsspec asks for another kind of store"
        ) from error
    except ValueError as error:
        raise ValueError("BLOB_URL must be a URL that fsspec knows, such as s3://bucket") from error
    return RemoteBlobStore(filesystem, root)


class _Threaded:
    """Works in threads of its own: a store that hangs keeps nobody else waiting.

    Args:
        seconds: For anything, a whole document excepted.
        document_seconds: For a whole document, which may be a gigabyte on a narrow line.
    """

    def __init__(self, seconds: float = 60.0, document_seconds: float = 600.0) -> None:
        self._seconds = seconds
        self._document_seconds = document_seconds
        self._threads = DaemonThreads(_AT_A_TIME)

    async def _guarded(self, work: Callable[[], _T], *, document: bool = False) -> _T:
        """Do something in a thread; raises `JobStoreUnavailable` where it fails."""
        try:
            return await self._found(work, document=document)
        except FileNotFoundError as error:  # a folder that vanishes while one writes into it
            raise JobStoreUnavailable(_SENTENCE) from error

    async def _found(self, work: Callable[[], _T], *, document: bool = False) -> _T:
        """Look for a blob in a thread.

        Raises:
            FileNotFoundError: The blob is not there.
            JobStoreUnavailable: Anything else is wrong with the store, or it takes too long.
        """
        seconds = self._document_seconds if document else self._seconds
        try:
            return await self._threads.run(work, seconds)
        except FileNotFoundError:
            raise
        except Exception as error:
            raise JobStoreUnavailable(_SENTENCE) from error


class LocalBlobStore(_Threaded):
    """A folder on this machine, or on a file system that several machines share.

    Args:
        root: Made when first needed.
    """

    def __init__(self, root: Path) -> None:
        super().__init__()
        self._root = root

    async def put(self, name: str, content: bytes) -> None:
        """Write a blob."""
        await self._guarded(lambda: self._put(self._root / name, content))

    def _put(self, path: Path, content: bytes) -> None:
        _make_folder(path.parent)
        unfinished = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
        try:
            with unfinished.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
            _sync_folder(path.parent)
        finally:
            unfinished.unlink(missing_ok=True)

    async def put_file(self, name: str, file: Path) -> None:
        """Move a file, which is on the same file system as a rule."""
        await self._guarded(lambda: self._put_file(self._root / name, file), document=True)

    def _put_file(self, path: Path, file: Path) -> None:
        _make_folder(path.parent)
        with file.open("rb") as content:
            os.fsync(content.fileno())
        shutil.move(file, path)
        _sync_folder(path.parent)

    async def get(self, name: str) -> bytes:
        """A blob's content."""
        return await self._found(self._unless_away(name, (self._root / name).read_bytes))

    async def fetch(self, name: str, folder: Path) -> Path:  # noqa: ARG002 - nothing is copied
        """The blob's own file."""
        path = self._root / name
        await self._found(self._unless_away(name, path.stat))
        return path

    def _unless_away(self, name: str, work: Callable[[], _T]) -> Callable[[], _T]:
        """A blob is not missing where all of them are: a volume that is not mounted, say."""

        def look() -> _T:
            try:
                return work()
            except FileNotFoundError as error:
                if (self._root / PurePosixPath(name).parts[0]).is_dir():
                    raise
                raise OSError("the folder of all blobs is away") from error

        return look

    async def remove_all(self, prefix: str) -> None:
        """Remove a folder."""
        await self._guarded(lambda: self._remove_all(self._root / prefix))

    def _remove_all(self, folder: Path) -> None:
        for _ in range(_ATTEMPTS_TO_REMOVE):
            with suppress(FileNotFoundError):  # there is none, or somebody else removes it too
                shutil.rmtree(folder)
            if not folder.exists():
                return
        raise OSError(f"{folder.name} is removed and written at the same time")

    async def free_bytes(self) -> int | None:
        """Room on its file system."""

        def look() -> int:
            self._root.mkdir(parents=True, exist_ok=True)
            return shutil.disk_usage(self._root).free

        return await self._guarded(look)


class RemoteBlobStore(_Threaded):
    """A store that fsspec knows; a blob appears there when it is complete.

    Args:
        filesystem: fsspec's.
        root: Within it.
        seconds: For anything, a whole document excepted.
    """

    def __init__(self, filesystem: Any, root: str, seconds: float = 60.0) -> None:
        super().__init__(seconds)
        self._filesystem = filesystem
        self._root = root.rstrip("/")

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    async def put(self, name: str, content: bytes) -> None:
        """Write a blob."""
        await self._guarded(lambda: self._filesystem.pipe_file(self._path(name), content))

    async def put_file(self, name: str, file: Path) -> None:
        """Copy a file, and remove it here."""

        def move() -> None:
            self._filesystem.put_file(str(file), self._path(name))
            file.unlink()

        await self._guarded(move, document=True)

    async def get(self, name: str) -> bytes:
        """A blob's content."""
        content: bytes = await self._found(lambda: self._filesystem.cat_file(self._path(name)))
        return content

    async def fetch(self, name: str, folder: Path) -> Path:
        """A copy in the folder."""
        target = folder / Path(name).name
        await self._found(
            lambda: self._filesystem.get_file(self._path(name), str(target)), document=True
        )
        return target

    async def remove_all(self, prefix: str) -> None:
        """Remove what is below a name."""

        def remove() -> None:
            try:
                self._filesystem.rm(self._path(prefix), recursive=True)
            except FileNotFoundError:
                return

        await self._guarded(remove)

    async def free_bytes(self) -> int | None:
        """Nobody knows."""
        return None


def _make_folder(folder: Path) -> None:
    """Make a folder that a power cut leaves in its place, and those above it."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
