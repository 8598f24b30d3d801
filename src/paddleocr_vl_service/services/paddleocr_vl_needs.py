"""What PaddleOCR-VL needs on this machine, and the commands that bring what is missing."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from paddleocr_vl_service.config.settings import Settings
from paddleocr_vl_service.engines.outside_program import ProgramFailed, run_program
from paddleocr_vl_service.engines.paddleocr_vl.config import PaddleOCRVLConfig
from paddleocr_vl_service.engines.paddleocr_vl.model_folders import missing_models

_SECONDS = 60.0
_MOST_BYTES = 1 << 20
_IMPORTS = """
import contextlib, importlib, json, sys
told = {}
with contextlib.redirect_stdout(sys.stderr):
    for name in sys.argv[1:]:
        try:
            module = importlib.import_module(name)
            told[name] = {"version": getattr(module, "__version__", "")}
            if name == "paddle":
                told[name]["cuda"] = module.is_compiled_with_cuda()
        except Exception as error:
            told[name] = {"failure": str(error)}
print(json.dumps(told))
"""
_LIBRARY = re.compile(r"(lib[\w.+-]+\.so[\w.]*): cannot open shared object")
_PACKAGES = {
    "libGL.so": "libgl1",
    "libgomp.so": "libgomp1",
    "libgthread-2.0.so": "libglib2.0-0",
    "libglib-2.0.so": "libglib2.0-0",
}


def missing_parts(settings: Settings, config: PaddleOCRVLConfig) -> list[str]:
    """What is not installed, each with the command that brings it; loads no library.

    Args:
        settings: Of the service.
        config: What they mean for the engine.
    """
    missing = []
    if not _importable("paddleocr"):
        missing.append("paddleocr is not installed: pip install 'paddleocr-vl-service[paddle]'")
    if settings.inference_engine == "paddle" and not _importable("paddle"):
        missing.append(
            "paddlepaddle is not installed: pip install 'paddleocr-vl-service[paddle-cpu]', or "
            "paddlepaddle-gpu as docs/gpu.md says"
        )
    if settings.inference_engine == "transformers":
        libraries = ("torch", "torchvision", "transformers")
        if lacking := [name for name in libraries if not _importable(name)]:
            missing.append(
                f"INFERENCE_ENGINE=transformers needs {', '.join(lacking)}: pip install "
                "'paddleocr-vl-service[transformers]'"
            )
    if absent := missing_models(config):
        names = ", ".join(model.name for model in absent)
        missing.append(
            f"the model files of {names} are not there: paddleocr-vl-service models download"
        )
    return missing


def _importable(module: str) -> bool:
    """Found without being imported: an engine's libraries belong into its own process."""
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):
        return False


@dataclass(frozen=True)
class LibraryReport:
    """What came of importing PaddleOCR-VL's libraries in a process of their own.

    Attributes:
        broken: What does not work, each with the command that mends it.
        paddle: Version and build of paddlepaddle; empty where it is not there.
        has_cuda: Whether paddlepaddle was built for GPUs.
    """

    broken: tuple[str, ...] = ()
    paddle: str = ""
    has_cuda: bool = False


def try_libraries() -> LibraryReport:
    """Import the libraries that need others of the system; blocks for some seconds.

    Raises:
        ProgramFailed: The process in which they were imported crashed or hung.
    """
    names = [name for name in ("cv2", "paddle") if _importable(name)]
    if not names:
        return LibraryReport()
    with Path(os.devnull).open("rb") as nothing:
        output = run_program(
            [sys.executable, "-c", _IMPORTS, *names],
            nothing,
            seconds=_SECONDS,
            most_bytes=_MOST_BYTES,
            environment={"PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK": "True"},
        )
    try:
        told = json.loads(output)
    except ValueError as error:
        raise ProgramFailed("answered nonsense") from error
    broken = [_mend(name, facts["failure"]) for name, facts in told.items() if "failure" in facts]
    paddle = told.get("paddle", {})
    has_cuda = bool(paddle.get("cuda"))
    build = (
        f"{paddle['version']} ({'GPU' if has_cuda else 'CPU'} build)" if "cuda" in paddle else ""
    )
    return LibraryReport(tuple(broken), build, has_cuda)


def _mend(module: str, failure: str) -> str:
    if found := _LIBRARY.search(failure):
        library = found[1]
        package = next((name for lib, name in _PACKAGES.items() if library.startswith(lib)), "")
        remedy = f": apt-get install {package}" if package else ""
        return f"{module} needs {library}, which this system lacks{remedy}"
    words = " ".join(failure.split())[:160]
    return f"{module} cannot be imported ({words}): install it anew"
