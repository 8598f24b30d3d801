"""Reads a PDF's pages with intake and engine in one process: ``... PDF MODE ROUNDS``."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from paddleocr_vl_service.engines.base import EngineConfig
from paddleocr_vl_service.engines.onnx.engine import OnnxEngine
from paddleocr_vl_service.intake.pdf_documents import PdfDocument
from paddleocr_vl_service.models.document import (
    PageImage,
    ParseOptions,
    TextSource,
    TextSourceChoice,
)
from paddleocr_vl_service.processes.garbage import collect_seldom
from paddleocr_vl_service.services.document_reading import page_content

_MAX_PIXELS = 80_000_000

MODES = {
    "text layer, layout off": ParseOptions(TextSourceChoice.AUTO, layout_detection=False),
    "text layer, layout on": ParseOptions(TextSourceChoice.AUTO),
    "OCR": ParseOptions(TextSourceChoice.OCR),
}


def main(document: Path, mode: str, rounds: int, most_pages: int) -> None:
    """Print one JSON object a page: CPU seconds of intake and engine, and what came of it."""
    options = MODES[mode]
    engine = OnnxEngine(EngineConfig(threads=1))
    wanted = page_content(options, engine.warmup())
    pdf = PdfDocument(document, None, _MAX_PIXELS)
    collect_seldom()  # as the service's own processes do
    with tempfile.TemporaryDirectory(prefix="paddleocr-vl-bench-") as folder:
        path = Path(folder) / "page.bmp"
        # Once before anything counts: models that are loaded late, memory that is grown.
        for turn in range(rounds + 1):
            for number in range(1, min(pdf.page_count, most_pages) + 1):
                figures = _read(partial(pdf.render, number, path, wanted), engine, options)
                path.unlink(missing_ok=True)
                if turn:
                    print(json.dumps({"page": number, **figures}), flush=True)
    pdf.close()
    engine.close()


def _read(
    render: Callable[[], PageImage], engine: OnnxEngine, options: ParseOptions
) -> dict[str, float]:
    started = time.process_time()
    page = render()
    rendered = time.process_time()
    (result,) = engine.parse([page], options)
    done = time.process_time()
    own = (each for each in result.elements if each.text_source is TextSource.TEXT_LAYER)
    return {
        "intake": rendered - started,
        "engine": done - rendered,
        "characters": sum(len(each.text) for each in result.elements),
        "characters_of_layer": sum(len(each.text) for each in own),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
