"""Brings PaddleOCR-VL's models into an image: ``bring_models.py VERSION CACHE FOLDER``.

Of the service it uses two modules that import nothing else of it, so that this step, which fetches
two gigabytes, is not repeated when the service changes. They lie beside this file as a package
without `__init__`. What a broken build has fetched stays in CACHE for the next one.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from paddleocr_vl_service.engines.paddleocr_vl.model_folders import ModelFolder, model_names
from paddleocr_vl_service.engines.paddleocr_vl.weights import (
    HUGGING_FACE,
    SOURCES,
    WeightsError,
    download,
    problems,
)


def main(version: str, cache: Path, folder: Path) -> int:
    """Bring and check the models of a version; the exit status."""
    source = os.environ.get("PADDLE_PDX_MODEL_SOURCE", HUGGING_FACE).lower()
    if source not in SOURCES:
        print(f"MODEL_SOURCE={source} is not known: {', '.join(SOURCES)}", file=sys.stderr)
        return 2
    for role, name in model_names(version).items():
        cached = ModelFolder(name, role, cache / name, needed=True)
        if problems(cached):
            _bring(cached, source)
        if cached.path.is_dir():
            shutil.copytree(cached.path, folder / name)
    wrong = [
        problem
        for role, name in model_names(version).items()
        for problem in problems(ModelFolder(name, role, folder / name, needed=True))
    ]
    for problem in wrong:
        print(problem, file=sys.stderr)
    return 1 if wrong else 0


def _bring(model: ModelFolder, source: str) -> None:
    print(f"{model.name} is brought from {source}", flush=True)
    try:
        download(model, source)
    except WeightsError as error:
        print(f"{error}.", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])))
