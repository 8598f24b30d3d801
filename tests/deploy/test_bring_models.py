"""The step of an image build that brings PaddleOCR-VL's weights, without the service's source."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from paddleocr_vl_service.engines.paddleocr_vl.model_folders import ModelFolder
from paddleocr_vl_service.engines.paddleocr_vl.weights import problems
from tests.deploy.files import ROOT
from tests.support.model_hub import ModelHub, model_hub
from tests.support.tiny_folders import needs_paddle

PACKAGE = "paddleocr_vl_service/engines/paddleocr_vl"
NAMES = ("PaddleOCR-VL-1.6", "PP-DocLayoutV3", "PP-LCNet_x1_0_doc_ori", "UVDoc")


@pytest.fixture
def hub() -> Iterator[ModelHub]:
    files = {"inference.yml": b"Global: {}\n", "model.safetensors": bytes(20_000)}
    with model_hub({name: dict(files) for name in NAMES}) as found:
        yield found


def bring(folder: Path, url: str, version: str = "v1.6") -> subprocess.CompletedProcess[str]:
    """As the Dockerfile does it: the script and two modules, and no service installed."""
    build = folder / "build"
    shutil.rmtree(build, ignore_errors=True)
    (build / PACKAGE).mkdir(parents=True)
    shutil.copy(ROOT / "deploy/image/bring_models.py", build)
    for name in ("model_folders.py", "weights.py"):
        shutil.copy(ROOT / "src" / PACKAGE / name, build / PACKAGE)
    return subprocess.run(
        # -S leaves the editable installation out, which a file of site-packages announces.
        [sys.executable, "-S", "bring_models.py", version, folder / "cache", folder / "models"],
        cwd=build,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join([str(build), sysconfig.get_path("purelib")]),
            "HF_ENDPOINT": url,
            "HF_HOME": str(folder / "hf"),
            "HF_HUB_DOWNLOAD_TIMEOUT": "5",
        },
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )


@needs_paddle
def test_models_are_brought_and_pass_the_services_own_check(tmp_path: Path, hub: ModelHub) -> None:
    done = bring(tmp_path, hub.url)
    assert done.returncode == 0, done.stderr
    for name in NAMES:
        assert problems(ModelFolder(name, "", tmp_path / "models" / name, needed=True)) == []


@needs_paddle
def test_what_an_earlier_build_brought_is_not_fetched_again(tmp_path: Path, hub: ModelHub) -> None:
    assert bring(tmp_path, hub.url).returncode == 0
    shutil.rmtree(tmp_path / "models")
    fetched = len(hub.sent)
    assert bring(tmp_path, hub.url).returncode == 0
    assert len(hub.sent) == fetched


@needs_paddle
def test_a_build_without_the_hub_fails_with_the_specified_words(tmp_path: Path) -> None:
    done = bring(tmp_path, "http://127.0.0.1:9")
    assert done.returncode == 1
    for name in NAMES:
        assert f"Model directory not created: {tmp_path / 'models' / name}" in done.stderr
    assert "Traceback" not in done.stderr


@needs_paddle
def test_a_build_with_an_empty_model_fails_with_the_specified_words(
    tmp_path: Path, hub: ModelHub
) -> None:
    hub.models[NAMES[0]] = {}
    done = bring(tmp_path, hub.url)
    assert done.returncode == 1
    assert f"Model directory is empty: {tmp_path / 'models' / NAMES[0]}" in done.stderr


@needs_paddle
def test_a_damaged_model_fails_the_build(tmp_path: Path, hub: ModelHub) -> None:
    hub.damaged.add("model.safetensors")
    done = bring(tmp_path, hub.url)
    assert done.returncode == 1
    assert "arrived damaged" in done.stderr


@pytest.mark.parametrize("name", ["model_folders", "weights"])
def test_the_two_modules_import_nothing_else_of_the_service(name: str) -> None:
    tree = ast.parse((ROOT / "src" / PACKAGE / f"{name}.py").read_text("utf-8"))
    for_types = [
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    ]
    imported = {
        node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and node not in for_types
    }
    own = {module for module in imported if module.startswith("paddleocr_vl_service")}
    assert own <= {f"{PACKAGE.replace('/', '.')}.model_folders"}


def test_check_models_says_what_is_wrong(tmp_path: Path) -> None:
    def check(folder: Path) -> tuple[int, str]:
        done = subprocess.run(
            [ROOT / "deploy/image/check-models.sh", folder], capture_output=True, text=True
        )
        return done.returncode, done.stderr.strip()

    folder = tmp_path / "models"
    assert check(folder) == (1, f"Model directory not created: {folder}")
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "empty.onnx").touch()
    assert check(folder) == (1, f"Model directory is empty: {folder}")
    (folder / "deep" / "one.onnx").write_bytes(b"1")
    assert check(folder) == (0, "")
