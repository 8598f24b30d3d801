"""Documents on their way in: so many at a time, and only where there is room."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from paddleocr_vl_service.jobs.blob_store import BlobStore
from paddleocr_vl_service.models.errors import ServiceBusy, ServiceStopping, StorageFull
from paddleocr_vl_service.services.temp_storage import TempStorage

_MOST_UPLOADS = 64
_RETRY_SECONDS = 5


class Incoming:
    """Where uploads lie until they are taken.

    Args:
        storage: Gives each of them a folder.
        blobs: Where they go.
        free_bytes: That must be free in both places.
    """

    def __init__(self, storage: TempStorage, blobs: BlobStore, free_bytes: int) -> None:
        self._storage = storage
        self._blobs = blobs
        self._free_bytes = free_bytes
        self._receiving = 0
        self._closed = False
        self._nothing_received = asyncio.Event()
        self._nothing_received.set()

    def open(self) -> None:
        """Make the folder, and sweep what dead processes left there; blocks, raises `OSError`."""
        self._storage.open()

    @asynccontextmanager
    async def folder(self) -> AsyncIterator[Path]:
        """A folder for a document that is being received; gone afterwards.

        Raises:
            StorageFull: There is too little room.
            ServiceBusy: Too many documents are being received.
            ServiceStopping: The service is closing.
        """
        if self._closed:
            raise ServiceStopping("The service is shutting down.")
        if self._receiving >= _MOST_UPLOADS:
            words = f"{self._receiving} documents are being received."
            raise ServiceBusy(words, retry_after=_RETRY_SECONDS)
        self._receiving += 1
        self._nothing_received.clear()
        try:
            async with self._storage.document_folder() as folder:
                await self._check_room(folder)
                yield folder
        finally:
            self._receiving -= 1
            if not self._receiving:
                self._nothing_received.set()

    async def _check_room(self, folder: Path) -> None:
        room = (await asyncio.to_thread(shutil.disk_usage, folder)).free
        free = await self._blobs.free_bytes()
        if min(room, room if free is None else free) < self._free_bytes:
            raise StorageFull("There is too little room left for jobs.")

    async def drain(self, grace: float) -> None:
        """Let nobody in any more, and wait for who is inside, ``grace`` seconds at most."""
        self._closed = True
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._nothing_received.wait(), grace)

    def close(self) -> None:
        """Remove the folder; blocks."""
        self._storage.close()
