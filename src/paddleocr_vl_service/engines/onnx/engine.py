"""The embedded engine: reads pages on the CPU with ONNX Runtime and the models in the package."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from paddleocr_vl_service.engines.base import EngineCapabilities, EngineConfig
from paddleocr_vl_service.engines.onnx.model_files import model_revision
from paddleocr_vl_service.engines.onnx.page_reader import PageReader
from paddleocr_vl_service.engines.onnx.scripts import SUPPORTED_SCRIPTS
from paddleocr_vl_service.engines.tesseract_program import scripts_of
from paddleocr_vl_service.models.document import EngineInfo, PageImage, PageResult, ParseOptions

_NAME = "onnx"
_MODEL = "PP-OCRv6 small, PicoDet layout detection, SLANet-1M tables"


class OnnxEngine:
    """Reads printed pages without a GPU; implements `engines.base.Engine`.

    Args:
        config: Its ``device`` is of no importance: this engine runs on the CPU.
    """

    def __init__(self, config: EngineConfig) -> None:
        self._config = replace(config, threads=max(1, config.threads))
        self._workers = ThreadPoolExecutor(self._config.threads, thread_name_prefix="onnx")
        self._reader: PageReader | None = None

    def warmup(self) -> EngineCapabilities:
        """Load the models."""
        self._reader = PageReader(self._config, self._workers)
        return EngineCapabilities(
            info=EngineInfo(_NAME, _MODEL, model_revision()),
            device="cpu",
            scripts=tuple(
                sorted({*SUPPORTED_SCRIPTS, *scripts_of(self._config.tesseract_languages)})
            ),
            reads_text_alone=True,
        )

    def parse(self, pages: Sequence[PageImage], options: ParseOptions) -> list[PageResult]:
        """Read pages, one after the other."""
        if self._reader is None:
            raise RuntimeError("parse() was called before warmup()")
        return [self._reader.read(page, options, pages=len(pages)) for page in pages]

    def close(self) -> None:
        """End the worker threads and let go of the models."""
        self._workers.shutdown()
        self._reader = None
