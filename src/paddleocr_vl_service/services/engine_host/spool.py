"""Page images that belong to the host, from their submission until no process reads them."""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
from dataclasses import replace
from pathlib import Path

from paddleocr_vl_service.models.document import PageImage
from paddleocr_vl_service.services.removal import Removal

logger = logging.getLogger(__name__)


class Spool:
    """A folder of page images.

    A page's document, and its folder, may be gone while an engine process still reads the page.
    So the host takes the file over and deletes it itself.
    """

    def __init__(self) -> None:
        self._folder = Path()
        self._names = itertools.count(1)
        self._removals: set[asyncio.Future[None]] = set()
        self._unlink = Removal(_unlinked)

    def open(self, folder: Path) -> None:
        """Name the folder: empty, on the file system of the images that will be taken over."""
        self._folder = folder

    async def take_over(self, image: PageImage) -> PageImage:
        """Move the image here, if there is one.

        Raises:
            OSError: The file is gone or cannot be moved.
        """
        if image.path is None:
            return image
        target = self._folder / f"{next(self._names)}.bmp"
        moving = asyncio.ensure_future(asyncio.to_thread(os.replace, image.path, target))
        try:
            await asyncio.shield(moving)
        except asyncio.CancelledError:
            moving.add_done_callback(lambda _: self._remove(target))
            raise
        return replace(image, path=str(target))

    def discard(self, image: PageImage) -> None:
        """Delete the image, in the background."""
        if image.path is not None:
            self._remove(Path(image.path))

    def _remove(self, path: Path) -> None:
        loop = asyncio.get_running_loop()
        removal = loop.run_in_executor(None, self._unlink, path)
        self._removals.add(removal)
        removal.add_done_callback(self._removals.discard)

    async def close(self) -> None:
        """Wait until everything that was discarded is gone."""
        await asyncio.gather(*self._removals)


def _unlinked(path: Path) -> bool:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        logger.warning("A page image could not be deleted", extra={"image": path.name})
        return False
    return True
