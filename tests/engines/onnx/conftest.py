from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from paddleocr_vl_service.engines.base import EngineConfig
from paddleocr_vl_service.engines.onnx.engine import OnnxEngine
from paddleocr_vl_service.engines.onnx.model_files import model_path
from paddleocr_vl_service.engines.onnx.recognition import TextRecognizer
from paddleocr_vl_service.engines.onnx.text_reading import TextReader

THREADS = 2


@pytest.fixture(scope="session")
def workers() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(THREADS) as executor:
        yield executor


@pytest.fixture(scope="session")
def recognizer(workers: ThreadPoolExecutor) -> TextRecognizer:
    return TextRecognizer(model_path("text_recognition"), workers)


@pytest.fixture(scope="session")
def reader(workers: ThreadPoolExecutor) -> TextReader:
    return TextReader(THREADS, workers)


@pytest.fixture(scope="session")
def engine() -> Iterator[OnnxEngine]:
    engine = OnnxEngine(EngineConfig(threads=THREADS))
    engine.warmup()
    yield engine
    engine.close()
