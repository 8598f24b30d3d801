"""``python -m tests.structure.measure_tables FIRST COUNT [SOURCE]``: how well chance's tables come.

A table for each of COUNT seeds from FIRST on, in three styles, four to a document. SOURCE is
`auto`, the text layer, or `ocr`.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean
from typing import get_args

from paddleocr_vl_service.engines.base import EngineConfig
from paddleocr_vl_service.engines.onnx.engine import OnnxEngine
from paddleocr_vl_service.intake.pdf_documents import PdfDocument
from paddleocr_vl_service.intake.types import PageContent
from paddleocr_vl_service.models.document import ElementType, ParseOptions, TextSourceChoice
from tests.structure.blocks import Table, TableStyle
from tests.structure.random_tables import random_tables
from tests.structure.table_likeness import Likeness, likeness, matched
from tests.structure.typesetting import Typeset, typeset

_MOST_PIXELS = 80_000_000
_TOGETHER = 4


def main(first: int, count: int, source: str) -> None:
    """Print a line a style, and one for all."""
    engine = OnnxEngine(EngineConfig(threads=2))
    engine.warmup()
    found: list[Likeness] = []
    for style in get_args(TableStyle):
        own = [
            each
            for seed in range(first, first + count, _TOGETHER)
            for each in _measured(engine, range(seed, seed + _TOGETHER), style, source)
        ]
        sys.stdout.write(_line(style, own))
        sys.stdout.flush()
        found += own
    sys.stdout.write(_line("all", found))
    engine.close()


def _measured(
    engine: OnnxEngine, seeds: range, style: TableStyle, source: str
) -> Iterator[Likeness]:
    made = typeset(random_tables(seeds, style))
    tables = [each.block for each in made.placed if isinstance(each.block, Table)]
    for table, html in matched(tables, _read(engine, made, source)):
        yield likeness(table, html)


def _read(engine: OnnxEngine, made: Typeset, source: str) -> list[str]:
    """HTML of the tables of a document."""
    options = ParseOptions(TextSourceChoice(source))
    with tempfile.TemporaryDirectory(prefix="paddleocr-vl-tables-") as folder:
        path, image = Path(folder) / "tables.pdf", Path(folder) / "page.bmp"
        path.write_bytes(made.pdf)
        pdf = PdfDocument(path, None, _MOST_PIXELS)
        try:
            pages = [
                engine.parse([pdf.render(page, image, PageContent.IMAGE_AND_TEXT)], options)[0]
                for page in range(1, pdf.page_count + 1)
            ]
        finally:
            pdf.close()
    return [
        each.html
        for page in pages
        for each in page.elements
        if each.type is ElementType.TABLE and each.html
    ]


def _line(name: str, found: list[Likeness]) -> str:
    teds, structure, exact = (fmean(values) for values in zip(*found, strict=True))
    return (
        f"{name:11} {len(found):4} tables: TEDS {teds:.4f}, structure {structure:.4f}, "
        f"exact {exact:.0%}\n"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else "auto")
