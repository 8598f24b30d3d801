from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from paddleocr_vl_service.config.settings import Settings
from paddleocr_vl_service.engines.outside_program import ProgramFailed
from paddleocr_vl_service.services import doctor
from paddleocr_vl_service.services.doctor import Finding, Verdict, examine
from paddleocr_vl_service.services.paddleocr_vl_needs import LibraryReport
from tests.support.fake_tesseract import fake_tesseract


def finding(subject: str, settings: Settings) -> Finding:
    (found,) = (each for each in examine(settings) if each.subject == subject)
    return found


def tesseract(folder: Path, languages: str) -> Finding:
    program = fake_tesseract(folder, languages=("eng", "rus"))
    settings = Settings(tmp_dir=folder, tesseract_path=program, tesseract_languages=languages)
    return finding("tesseract", settings)


def test_a_tesseract_that_has_what_is_asked_for_is_fine(tmp_path: Path) -> None:
    found = tesseract(tmp_path, "rus+eng")
    assert found.verdict is Verdict.GOOD
    assert found.words == "5.3.0 with eng, rus; TESSERACT_LANGUAGES=rus+eng adds Cyrl, Latn"


def test_a_pack_that_is_missing_is_a_problem_with_its_remedy(tmp_path: Path) -> None:
    found = tesseract(tmp_path, "rus+kor")
    assert found.verdict is Verdict.BAD
    assert found.words.startswith("5.3.0 with eng, rus; ")
    assert "`apt-get install tesseract-ocr-kor`" in found.words


def test_nothing_is_wrong_where_nobody_asked_for_it(tmp_path: Path) -> None:
    assert tesseract(tmp_path, "").verdict is Verdict.GOOD
    found = finding("tesseract", Settings(tmp_dir=tmp_path, tesseract_path="/no/such"))
    assert found.verdict is Verdict.GOOD
    assert found.words.startswith("not found; not asked for")
    assert "`apt-get install tesseract-ocr tesseract-ocr-rus`" in found.words


@pytest.mark.parametrize("engine", ["onnx", "nonsense"])
def test_one_that_is_asked_for_and_absent_is_a_problem(tmp_path: Path, engine: str) -> None:
    settings = Settings(
        tmp_dir=tmp_path, engine=engine, tesseract_path="/no/such", tesseract_languages="rus"
    )
    found = finding("tesseract", settings)
    assert found.verdict is Verdict.BAD
    assert "`apt-get install tesseract-ocr tesseract-ocr-rus`" in found.words


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A machine that has PaddleOCR-VL's libraries, and lacks what a test puts into the list."""
    missing: list[str] = []
    monkeypatch.setattr(doctor, "missing_parts", lambda *_: list(missing))
    monkeypatch.setattr(doctor, "try_libraries", lambda: LibraryReport((), "3.3.1 (CPU build)"))
    return missing


def paddleocr_vl(**settings: Any) -> Finding:
    return finding("paddleocr-vl", Settings(**settings))


@pytest.mark.usefixtures("installed")
def test_an_engine_that_has_all_it_needs(tmp_path: Path) -> None:
    found = paddleocr_vl(tmp_dir=tmp_path, use_gpu=False)
    assert found.verdict is Verdict.GOOD
    assert found.words.startswith("nothing is missing; paddlepaddle 3.3.1 (CPU build); models ")
    assert finding("onnx", Settings(tmp_dir=tmp_path)).words.startswith("nothing is missing; ")


@pytest.mark.parametrize(("engine", "verdict"), [("paddleocr-vl", "problem"), ("auto", "note")])
def test_what_an_engine_lacks_is_a_problem_for_who_asked_for_it(
    tmp_path: Path, installed: list[str], engine: str, verdict: str
) -> None:
    installed += ["paddleocr is not installed: pip install it", "the models are not there"]
    found = paddleocr_vl(tmp_dir=tmp_path, engine=engine)
    assert found.verdict.value == verdict
    assert found.words == ("paddleocr is not installed: pip install it; the models are not there")


@pytest.mark.usefixtures("installed")
def test_a_paddle_without_gpus_beside_a_gpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "count_gpus", lambda: 1)
    words = paddleocr_vl(tmp_dir=tmp_path).words
    assert words.startswith("paddlepaddle is a build without GPUs: pip install paddlepaddle-gpu")


@pytest.mark.usefixtures("installed")
def test_libraries_that_crash_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash() -> LibraryReport:
        raise ProgramFailed("ended with code -11")

    monkeypatch.setattr(doctor, "try_libraries", crash)
    found = paddleocr_vl(tmp_dir=tmp_path)
    assert found.words == "its libraries cannot be imported: the attempt ended with code -11"


@pytest.mark.usefixtures("installed")
def test_a_vlm_server_that_does_not_answer_is_a_problem(tmp_path: Path) -> None:
    settings = Settings(
        tmp_dir=tmp_path,
        vl_rec_backend="vllm-server",
        vl_rec_server_url="http://127.0.0.1:9/v1",
    )
    found = finding("VLM server", settings)
    assert found.verdict is Verdict.BAD
    assert "http://127.0.0.1:9 does not answer" in found.words
