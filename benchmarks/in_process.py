"""The service without HTTP: its façade, driven from ordinary code."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from paddleocr_vl_service.config.settings import Settings
from paddleocr_vl_service.models.document import (
    DocumentOptions,
    ParsedDocument,
    ParseOptions,
    TextSourceChoice,
)
from paddleocr_vl_service.services.build import build_service
from paddleocr_vl_service.services.paddleocr_vl_service import PaddleOCRVLService

Read = Callable[[Path], ParsedDocument]
"""Reads an image or a PDF with OCR; raises as the service does."""

_OPTIONS = DocumentOptions(parse=ParseOptions(text_source=TextSourceChoice.OCR))


@contextmanager
def service_in_process(engine: str, processes: int = 1) -> Iterator[Read]:
    """The service in this process, its engine and its reader in children as always.

    Args:
        engine: As ``ENGINE``.
        processes: As ``ENGINE_PROCESSES``.

    Raises:
        ServiceError: The engine cannot be loaded.
    """
    loop = asyncio.new_event_loop()
    with tempfile.TemporaryDirectory(prefix="paddleocr-vl-bench-") as folder:
        settings = Settings(
            _env_file=None,
            engine=engine,
            engine_processes=processes,
            use_gpu=False,
            tmp_dir=Path(folder),
        )
        service = build_service(settings)
        try:
            loop.run_until_complete(_open(service))
            yield lambda path: loop.run_until_complete(_read(service, path))
        finally:
            loop.run_until_complete(service.close())
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()


async def _open(service: PaddleOCRVLService) -> None:
    service.open()
    await service.warmup()


async def _read(service: PaddleOCRVLService, path: Path) -> ParsedDocument:
    async with service.admit() as place:
        return await place.extract(path, path.name, _OPTIONS)
