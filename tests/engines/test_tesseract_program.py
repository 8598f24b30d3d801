from __future__ import annotations

from pathlib import Path

import pytest

from paddleocr_vl_service.engines.tesseract_program import (
    Tesseract,
    find_tesseract,
    scripts_of,
    what_is_missing,
)
from tests.support.fake_tesseract import fake_tesseract

FOUND = Tesseract("/usr/bin/tesseract", "5.3.0", frozenset({"eng", "osd", "rus"}))


def test_it_says_what_it_is(tmp_path: Path) -> None:
    program = fake_tesseract(tmp_path, version="v5.3.0.20221222", languages=("eng", "script/Latin"))

    assert find_tesseract(program) == Tesseract(
        program, "5.3.0.20221222", frozenset({"eng", "script/Latin"})
    )


def test_it_is_looked_for_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    program = fake_tesseract(tmp_path)
    found = find_tesseract()
    assert found is not None
    assert found.program == program


@pytest.mark.parametrize("content", [None, "#!/bin/sh\nexit 1\n", "no program"])
def test_what_is_no_tesseract_is_not_taken_for_one(tmp_path: Path, content: str | None) -> None:
    program = tmp_path / "tesseract"
    if content is not None:
        program.write_text(content)
        program.chmod(0o755)
    assert find_tesseract(str(program)) is None


@pytest.mark.parametrize(
    ("setting", "scripts"),
    [
        ("", ()),
        ("rus", ("Cyrl",)),
        ("rus+kor+ara+ukr", ("Arab", "Cyrl", "Hang")),
        ("jpn", ("Hani", "Hira", "Kana")),
        ("my_own", ()),
    ],
)
def test_packs_stand_for_scripts(setting: str, scripts: tuple[str, ...]) -> None:
    assert scripts_of(setting) == scripts


@pytest.mark.parametrize(
    ("setting", "found"), [("", None), ("", FOUND), ("rus", FOUND), ("rus+eng", FOUND)]
)
def test_nothing_is_missing(setting: str, found: Tesseract | None) -> None:
    assert what_is_missing(setting, found) is None


@pytest.mark.parametrize(
    ("setting", "found", "command"),
    [
        ("rus", None, "`apt-get install tesseract-ocr tesseract-ocr-rus`"),
        ("rus+kor+ell", FOUND, "`apt-get install tesseract-ocr-kor tesseract-ocr-ell`"),
        ("chi_sim", FOUND, "`apt-get install tesseract-ocr-chi-sim`"),
    ],
)
def test_what_is_missing_is_said_in_a_sentence_with_the_command_that_brings_it(
    setting: str, found: Tesseract | None, command: str
) -> None:
    sentence = what_is_missing(setting, found)
    assert sentence is not None
    assert sentence.startswith(f"TESSERACT_LANGUAGES asks for {setting}, and ")
    assert sentence.endswith(f": run {command}.")
    assert "/" not in sentence
