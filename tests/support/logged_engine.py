"""The embedded engine with a log of its own, which outlives whoever is killed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from paddleocr_vl_service.engines.onnx.engine import OnnxEngine
from paddleocr_vl_service.models.document import PageImage, PageResult, ParseOptions

LOGGED_ENGINE = "tests.support.logged_engine:LoggedOnnxEngine"
LOG_VARIABLE = "ENGINE_LOG"


class LoggedOnnxEngine(OnnxEngine):
    """Writes the number of every page that it has read into the file of ``ENGINE_LOG``."""

    def parse(self, pages: Sequence[PageImage], options: ParseOptions) -> list[PageResult]:
        results = super().parse(pages, options)
        log = os.open(os.environ[LOG_VARIABLE], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.write(log, "".join(f"{page.number}\n" for page in pages).encode())
        os.close(log)
        return results


def pages_read(log: Path) -> list[int]:
    """The numbers, in order."""
    return [int(line) for line in log.read_text("utf-8").split()] if log.exists() else []
