"""Engines of the benchmark's own, without models: what they cost is known beforehand."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from paddleocr_vl_service.engines.base import EngineCapabilities, EngineConfig
from paddleocr_vl_service.models.document import (
    Element,
    ElementType,
    EngineInfo,
    PageImage,
    PageResult,
    ParseOptions,
    TextSource,
)

ELEMENTS = 60
CHARACTERS = 80

_MIB = 2**20
_TEXT = ("The text of an element as pages of reports have it " * 2)[:CHARACTERS]


class CannedEngine:
    """Answers every page at once with as many elements as a dense page has."""

    def __init__(self, config: EngineConfig) -> None:
        self._config = config

    def warmup(self) -> EngineCapabilities:
        """There is nothing to load."""
        info = EngineInfo("simulated", type(self).__name__, "1")
        return EngineCapabilities(info, self._config.device, ("Latn",))

    def parse(
        self,
        pages: Sequence[PageImage],
        options: ParseOptions,  # noqa: ARG002 - the seam asks for it
    ) -> list[PageResult]:
        """The same for every page."""
        for page in pages:
            self.work(page)
        return [_canned(page.number, page.width, page.height) for page in pages]

    def work(self, page: PageImage) -> None:
        """What a page costs: nothing."""

    def close(self) -> None:
        """There is nothing to release."""


class FileReadingEngine(CannedEngine):
    """Reads the page's file before it answers."""

    def work(self, page: PageImage) -> None:
        """Read all bytes of the file."""
        Path(page.file).read_bytes()


class SteadyEngine(CannedEngine):
    """Takes ``SIMULATED_PAGE_SECONDS`` and never gives ``SIMULATED_LEAK_MIB`` back, each page."""

    def __init__(self, config: EngineConfig) -> None:
        super().__init__(config)
        self._seconds = float(os.environ.get("SIMULATED_PAGE_SECONDS", "0"))
        self._leak = int(os.environ.get("SIMULATED_LEAK_MIB", "0")) * _MIB
        self._leaked: list[bytes] = []

    def work(self, page: PageImage) -> None:  # noqa: ARG002 - every page costs the same
        """Leak and sleep."""
        if self._leak:
            self._leaked.append(b"\x01" * self._leak)  # zeros would take no memory
        time.sleep(self._seconds)


@lru_cache(maxsize=256)
def _canned(number: int, width: int, height: int) -> PageResult:
    """A page full of paragraphs."""
    step = height // (ELEMENTS + 1)
    elements = tuple(
        Element(
            ElementType.TEXT,
            _TEXT,
            (width // 10, order * step, width - width // 10, (order + 1) * step),
            number,
            order,
            layout_confidence=0.9375,
            recognition_confidence=0.96875,
            text_source=TextSource.OCR,
        )
        for order in range(ELEMENTS)
    )
    return PageResult(number, width, height, elements=elements)
