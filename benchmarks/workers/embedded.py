"""Reads pages with an engine of the service, called directly: no HTTP, no other process.

``python -m benchmarks.workers.embedded ENGINE THREADS NICENESS``
"""

from __future__ import annotations

import os
import sys
from importlib.metadata import version

from PIL import Image

from benchmarks.workers.protocol import ReadPage, serve
from paddleocr_vl_service.engines.base import EngineConfig
from paddleocr_vl_service.engines.registry import find_engine, load_engine
from paddleocr_vl_service.models.document import PageImage, ParseOptions, TextSourceChoice


def load(engine_name: str, threads: int) -> tuple[dict[str, str], ReadPage]:
    """An engine with its models loaded."""
    engine = load_engine(find_engine(engine_name).factory, EngineConfig(threads=threads))
    capabilities = engine.warmup()
    options = ParseOptions(text_source=TextSourceChoice.OCR)

    def read_page(path: str) -> str:
        with Image.open(path) as image:
            width, height = image.size
        (result,) = engine.parse([PageImage(1, path, width, height)], options)
        return "\n".join(element.text for element in result.elements)

    names = ("paddleocr-vl-service", "onnxruntime", "numpy", "pillow")
    engine_facts = {"engine": f"{capabilities.info.name}, {capabilities.info.model}"}
    return engine_facts | {name: version(name) for name in names}, read_page


def main(arguments: list[str]) -> None:
    """Serve until standard input ends."""
    engine_name, threads, niceness = arguments
    os.nice(int(niceness))
    serve(lambda: load(engine_name, int(threads)))


if __name__ == "__main__":
    main(sys.argv[1:])
