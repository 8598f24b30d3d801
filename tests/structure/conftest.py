from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from paddleocr_vl_service.config.settings import Settings
from paddleocr_vl_service.models.document import (
    DocumentOptions,
    ParsedDocument,
    ParseOptions,
    TextSourceChoice,
)
from paddleocr_vl_service.services.build import build_service
from paddleocr_vl_service.services.paddleocr_vl_service import PaddleOCRVLService
from tests.structure.documents import DOCUMENTS
from tests.structure.typesetting import Typeset, typeset

ReadBytes = Callable[[str, bytes, TextSourceChoice], ParsedDocument]
ReadDocument = Callable[[str], tuple[Typeset, ParsedDocument]]


@pytest.fixture(scope="session")
def read_bytes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReadBytes]:
    """Reads a file with the whole service, HTTP apart."""
    loop = asyncio.new_event_loop()
    folder = tmp_path_factory.mktemp("service")
    settings = Settings(
        _env_file=None, engine="onnx", engine_processes=1, use_gpu=False, tmp_dir=folder
    )
    service = build_service(settings)
    loop.run_until_complete(_open(service))

    def read(name: str, content: bytes, source: TextSourceChoice) -> ParsedDocument:
        path = folder / name
        path.write_bytes(content)
        return loop.run_until_complete(_read(service, path, source))

    try:
        yield read
    finally:
        loop.run_until_complete(service.close())
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


async def _open(service: PaddleOCRVLService) -> None:
    service.open()


async def _read(
    service: PaddleOCRVLService, path: Path, source: TextSourceChoice
) -> ParsedDocument:
    options = DocumentOptions(parse=ParseOptions(text_source=source))
    async with service.admit() as place:
        return await place.extract(path, path.name, options)


@pytest.fixture(scope="session")
def read(read_bytes: ReadBytes) -> ReadDocument:
    """Sets a document and reads it as users do who say nothing, each once."""

    @cache
    def reading(name: str) -> tuple[Typeset, ParsedDocument]:
        made = typeset(DOCUMENTS[name])
        return made, read_bytes(f"{name}.pdf", made.pdf, TextSourceChoice.AUTO)

    return reading
