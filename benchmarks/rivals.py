"""Other OCR programs, in environments of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from benchmarks.readers import ReaderSpec

RAPIDOCR = "rapidocr"
TESSERACT = "tesseract"
RIVALS = (RAPIDOCR, TESSERACT)
ENGLISH = ("eng",)

_RAPIDOCR_VERSION = "3.10.0"


class RivalMissing(Exception):
    """A program is not there and cannot be brought; the message says why."""


def prepare(rival: str, folder: Path, languages: Sequence[str] = ENGLISH) -> ReaderSpec:
    """What starts a rival's worker, after installing it if need be.

    Args:
        rival: One of `RIVALS`.
        folder: Keeps the environments.
        languages: Of tesseract, which must be told; rapidocr reads all of its own.

    Raises:
        RivalMissing: It cannot be measured here.
    """
    return _rapidocr(folder) if rival == RAPIDOCR else _tesseract(languages)


def _rapidocr(folder: Path) -> ReaderSpec:
    # The same ONNX Runtime and numpy as ours: the programs are compared, not what they stand on.
    requirements = [
        f"rapidocr=={_RAPIDOCR_VERSION}",
        f"onnxruntime=={version('onnxruntime')}",
        f"numpy=={version('numpy')}",
    ]
    python = _environment(folder / f"rapidocr-{_RAPIDOCR_VERSION}", requirements)
    command = (str(python), "-m", "benchmarks.workers.rapidocr_reader")
    return ReaderSpec("rapidocr, defaults", command)


def _tesseract(languages: Sequence[str]) -> ReaderSpec:
    program = shutil.which(TESSERACT)
    if program is None:
        raise RivalMissing("not installed (Debian and Ubuntu: apt-get install tesseract-ocr)")
    missing = sorted(set(languages) - _tesseract_languages(program))
    if missing:
        packages = " ".join(f"tesseract-ocr-{each.replace('_', '-')}" for each in missing)
        raise RivalMissing(f"it has no {', '.join(missing)} (apt-get install {packages})")
    module = ("-m", "benchmarks.workers.tesseract_reader")
    command = (sys.executable, *module, program, "+".join(languages))
    return ReaderSpec("tesseract, 1 thread", command, {"OMP_THREAD_LIMIT": "1"})


def _tesseract_languages(program: str) -> set[str]:
    command = [program, "--list-langs"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return set(done.stdout.split()) | set(done.stderr.split())


def _environment(folder: Path, requirements: list[str]) -> Path:
    """The Python of an environment with exactly these requirements, made anew when they change."""
    wanted = "\n".join([sys.version, *requirements])
    stamp, python = folder / "requirements-installed.txt", folder / "bin" / "python"
    if stamp.is_file() and stamp.read_text("utf-8") == wanted and python.exists():
        return python
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if uv is None:
        raise RivalMissing("uv, which would install it, is not there: run make bench")
    shutil.rmtree(folder, ignore_errors=True)
    base = str(getattr(sys, "_base_executable", None) or sys.executable)
    _run([uv, "venv", "--quiet", "--python", base, str(folder)])
    _run([uv, "pip", "install", "--quiet", "--python", str(python), *requirements])
    stamp.write_text(wanted, "utf-8")
    return python


def _run(command: list[str]) -> None:
    environment = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    environment.pop("VIRTUAL_ENV", None)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise RivalMissing(f"could not be installed: {said[-1] if said else 'uv failed'}")
