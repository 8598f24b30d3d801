"""The one seam between the service and whatever reads pages.

An engine lives in a child process of its own and is called by one thread at a time, so it needs
no locks and may block, leak or crash without harming anybody. A new engine is a class with these
methods and a line in `engines.registry`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from paddleocr_vl_service.engines.paddleocr_vl.config import PaddleOCRVLConfig
from paddleocr_vl_service.models.document import EngineInfo, PageImage, PageResult, ParseOptions


@dataclass(frozen=True)
class EngineConfig:
    """What a process tells its engine.

    Attributes:
        device: ``cpu`` or ``gpu:N``.
        threads: CPU threads the engine may use.
        tesseract_languages: Language packs such as ``rus+kor`` with which tesseract is to read
            what the engine's own models do not; empty is without it. Most engines ignore it.
        tesseract_path: The program, or its name where it is on the ``PATH``.
        paddleocr_vl: How PaddleOCR-VL is to be run; other engines ignore it.
    """

    device: str = "cpu"
    threads: int = 1
    tesseract_languages: str = ""
    tesseract_path: str = "tesseract"
    paddleocr_vl: PaddleOCRVLConfig = field(default_factory=PaddleOCRVLConfig)


@dataclass(frozen=True)
class EngineCapabilities:
    """What a loaded engine is and can do.

    Attributes:
        info: Name, model and revision, for results and ``/health``.
        device: What it really runs on.
        scripts: ISO 15924 codes of the scripts it reads (``Latn``, ``Hani``, ...).
        reads_text_alone: Whether, without layout detection and crops, it reads a page whose text
            layer says all there is (`TextLayer.says_all`) though it is given no image of it.
    """

    info: EngineInfo
    device: str
    scripts: tuple[str, ...]
    reads_text_alone: bool = False


class Engine(Protocol):
    """Reads page images. Constructed with an `EngineConfig` in the process that will use it."""

    def warmup(self) -> EngineCapabilities:
        """Load the models. Called once, before any page; an exception ends the process."""
        ...

    def parse(self, pages: Sequence[PageImage], options: ParseOptions) -> list[PageResult]:
        """Read pages, perhaps of different documents.

        Returns one result a page, in the order given. An exception fails all pages of the call.

        Raises:
            EngineOutOfMemory: The process will be replaced, and each page tried once more, alone
                and with ``options.frugal``.
        """
        ...

    def close(self) -> None:
        """Release what the operating system would not."""
        ...
