"""The built wheel, installed into every other supported Python that this machine has."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import uv
from PIL import Image, ImageDraw, ImageFont

from tests.packaging.conftest import ROOT

SUPPORTED = ("3.10", "3.11", "3.12", "3.13")
SMOKE = """
import importlib
import pkgutil

import paddleocr_vl_service
from paddleocr_vl_service.engines.onnx import model_files

for module in pkgutil.walk_packages(paddleocr_vl_service.__path__, "paddleocr_vl_service."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
model_files.check()
assert model_files.verify() == []
assert "site-packages" in paddleocr_vl_service.__file__
print(paddleocr_vl_service.__version__)
"""


def other_pythons() -> dict[str, str]:
    """The path of one working interpreter for each supported version but the running one."""
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found: dict[str, str] = {}
    for version in SUPPORTED:
        candidates = [shutil.which(f"python{version}") or ""]
        candidates += map(str, sorted(pyenv.glob(f"{version}.*/bin/python{version}")))
        working = [path for path in candidates if path and tells_version(path, version)]
        if working and version != running:
            found[version] = working[0]
    return found


def tells_version(path: str, version: str) -> bool:
    """Whether it starts and is that version: a pyenv shim may be neither."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run([path, "-c", code], capture_output=True, text=True)
    except OSError:
        return False
    return done.stdout.strip() == version


PYTHONS = other_pythons() or {"none": ""}


@pytest.mark.parametrize("python", PYTHONS.values(), ids=PYTHONS.keys())
def test_wheel_works(python: str, wheel: Path, tmp_path: Path) -> None:
    if not python:
        pytest.skip("no other supported Python on this machine")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL"))}
    uv_bin, bin_ = uv.find_uv_bin(), tmp_path / "venv" / "bin"

    def run(*command: str | Path) -> str:
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    install = (uv_bin, "pip", "install", "--quiet", "--python", bin_ / "python")
    run(uv_bin, "venv", "--quiet", "--python", python, "venv")
    run(*install, "--require-hashes", "--requirement", ROOT / "requirements.txt")
    run(*install, "--no-deps", wheel)
    run(uv_bin, "pip", "check", "--quiet", "--python", bin_ / "python")

    assert run(bin_ / "python", "-W", "error", "-c", SMOKE) == "1.0.0"
    assert "1.0.0" in run(bin_ / "paddleocr-vl-service", "version")
    small_page(tmp_path / "page.png")
    command = (bin_ / "paddleocr-vl-service", "extract", "page.png", "--format", "markdown")
    assert "Rivers carry what mountains lose" in run(*command)


def small_page(path: Path) -> None:
    page = Image.new("RGB", (900, 200), "white")
    text = "Rivers carry what mountains lose"
    ImageDraw.Draw(page).text((50, 70), text, "black", ImageFont.load_default(44))
    page.save(path)
