from __future__ import annotations

from pathlib import Path

import pytest

from paddleocr_vl_service.config.settings import Settings
from paddleocr_vl_service.services.doctor import Finding, Verdict, examine
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
