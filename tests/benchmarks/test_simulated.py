"""Engines of the benchmark's own."""

import io
import time
from pathlib import Path

import psutil
import pytest
from PIL import Image

from benchmarks.simulated import STEADY_ENGINE, small_document, small_image
from benchmarks.workers.simulated import (
    CHARACTERS,
    ELEMENTS,
    CannedEngine,
    FileReadingEngine,
    SteadyEngine,
)
from paddleocr_vl_service.engines.base import EngineConfig
from paddleocr_vl_service.engines.registry import find_engine
from paddleocr_vl_service.models.document import PageImage, ParseOptions

NOWHERE = PageImage(7, "/no/such/file.bmp", 1241, 1754)


def test_a_canned_result_is_a_full_page() -> None:
    (result,) = CannedEngine(EngineConfig()).parse([NOWHERE], ParseOptions())
    assert (result.number, result.width, result.height) == (7, 1241, 1754)
    assert [element.order for element in result.elements] == [*range(ELEMENTS)]
    assert {len(element.text) for element in result.elements} == {CHARACTERS}
    assert {element.page for element in result.elements} == {7}
    bottom = max(element.bbox[3] for element in result.elements)
    assert 1600 < bottom <= 1754


def test_one_engine_reads_the_file(tmp_path: Path) -> None:
    engine = FileReadingEngine(EngineConfig())
    with pytest.raises(FileNotFoundError):
        engine.parse([NOWHERE], ParseOptions())
    file = tmp_path / "page.bmp"
    file.write_bytes(b"anything")
    (result,) = engine.parse([PageImage(1, str(file), 10, 100)], ParseOptions())
    assert len(result.elements) == ELEMENTS


def test_a_steady_engine_takes_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMULATED_PAGE_SECONDS", "0.05")
    engine = SteadyEngine(EngineConfig())
    started = time.monotonic()
    engine.parse([NOWHERE] * 2, ParseOptions())
    assert time.monotonic() - started >= 0.1


def test_a_steady_engine_leaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMULATED_LEAK_MIB", "20")
    engine = SteadyEngine(EngineConfig())
    held = psutil.Process().memory_info().rss
    engine.parse([NOWHERE] * 3, ParseOptions())
    assert (
        psutil.Process().memory_info().rss - held > 30 * 2**20
    )  # some of the 60 may have been free before


def test_its_name_is_that_of_an_engine() -> None:
    assert find_engine(STEADY_ENGINE).factory == STEADY_ENGINE


def test_documents() -> None:
    with Image.open(io.BytesIO(small_document(3))) as document:
        assert (document.format, getattr(document, "n_frames", 1)) == ("TIFF", 3)
    with Image.open(io.BytesIO(small_image())) as image:
        assert image.format == "PNG"
