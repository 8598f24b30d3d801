from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from hatch_build import ModelFetchError, ensure_models
from tests.packaging.conftest import ROOT

MODEL = b"a model of 28 bytes, no more"
ONNX = Path("src/paddleocr_vl_service/engines/onnx")


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the wheel `tiny-models`; pip looks there and nowhere else."""
    folder = tmp_path / "links"
    folder.mkdir()
    info = "tiny_models-1.0.dist-info"
    members = {
        "tiny_models/model.onnx": MODEL,
        f"{info}/METADATA": b"Metadata-Version: 2.1\nName: tiny-models\nVersion: 1.0\n",
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = [
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode()},"
        for name, data in members.items()
    ]
    members[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,"]).encode()
    with zipfile.ZipFile(folder / "tiny_models-1.0-py3-none-any.whl", "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def listing(links: Path) -> dict[str, Any]:
    wheel = (links / "tiny_models-1.0-py3-none-any.whl").read_bytes()
    file = {"path": "deep/model.onnx", "source": "tiny-models", "size": len(MODEL)}
    file |= {"member": "tiny_models/model.onnx", "sha256": sha256(MODEL)}
    source = {"version": "1.0", "sha256": sha256(wheel), "license": "MIT"}
    return {"sources": {"tiny-models": source}, "files": [file]}


@pytest.fixture
def manifest(tmp_path: Path, listing: dict[str, Any]) -> Path:
    path = tmp_path / "models.json"
    path.write_text(json.dumps(listing), encoding="utf-8")
    return path


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


def test_fetches_what_is_absent(manifest: Path, models: Path) -> None:
    assert ensure_models(manifest, models) == ["deep/model.onnx"]
    assert [path.name for path in (models / "deep").iterdir()] == ["model.onnx"]
    assert (models / "deep" / "model.onnx").read_bytes() == MODEL
    assert (models / "deep" / "model.onnx").stat().st_mode & 0o777 == 0o644


def test_asks_nobody_where_everything_is_there(
    manifest: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ensure_models(manifest, models)

    def no_process(*_: object, **__: object) -> None:
        pytest.fail("a process was started")

    monkeypatch.setattr(subprocess, "run", no_process)
    assert ensure_models(manifest, models) == ["deep/model.onnx"]


def test_fetches_an_altered_file_again(manifest: Path, models: Path) -> None:
    (models / "deep").mkdir(parents=True)
    (models / "deep" / "model.onnx").write_bytes(MODEL[:-1])
    ensure_models(manifest, models)
    assert (models / "deep" / "model.onnx").read_bytes() == MODEL


def test_refuses_another_wheel_than_the_pinned_one(
    manifest: Path, models: Path, listing: dict[str, Any]
) -> None:
    listing["sources"]["tiny-models"]["sha256"] = "0" * 64
    manifest.write_text(json.dumps(listing), encoding="utf-8")
    with pytest.raises(ModelFetchError, match=r"HASH"):
        ensure_models(manifest, models)


def test_refuses_another_file_than_the_pinned_one(
    manifest: Path, models: Path, listing: dict[str, Any]
) -> None:
    listing["files"][0]["sha256"] = "0" * 64
    manifest.write_text(json.dumps(listing), encoding="utf-8")
    with pytest.raises(ModelFetchError, match=r"its SHA-256 differs"):
        ensure_models(manifest, models)
    assert not (models / "deep" / "model.onnx").exists()


def test_says_that_the_index_cannot_be_reached(
    manifest: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")
    with pytest.raises(ModelFetchError, match=r"the index cannot be reached\.$"):
        ensure_models(manifest, models)


def test_without_a_network_the_build_ends_with_one_clear_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    (project / ONNX).mkdir(parents=True)
    for name in ("pyproject.toml", "hatch_build.py", "LICENSE", "NOTICE", "README.md"):
        shutil.copy(ROOT / name, project)
    shutil.copy(ROOT / ONNX / "models.json", project / ONNX)
    (project / "src/paddleocr_vl_service/__init__.py").touch()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")

    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True)

    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    [sentence] = done.stderr.splitlines()
    assert sentence.startswith("The embedded engine's model files could not be fetched with pip")
    assert "rapidocr 3.10.0" in sentence
