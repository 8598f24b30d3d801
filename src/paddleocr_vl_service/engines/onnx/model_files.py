"""The embedded engine's model files: where they are, what they are, and whether they are whole.

`models.json` beside this module lists them; `hatch_build.py` puts them into `models/` when the
package is built. Nothing is fetched when the service runs.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

__all__ = [
    "ModelFile",
    "ModelFilesMissing",
    "ModelName",
    "check",
    "model_files",
    "model_path",
    "model_revision",
    "verify",
]

ModelName = Literal[
    "layout",
    "page_orientation",
    "table_structure",
    "text_detection",
    "text_recognition",
]

_HERE = Path(__file__).parent
_FOLDER = _HERE / "models"


class ModelFilesMissing(RuntimeError):
    """A model file is absent or cut short; the message tells the command that mends it."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"The model file {path} is missing or incomplete: run `make` in the repository, or "
            "`uv sync --reinstall-package paddleocr-vl-service`, or where the package was "
            "installed with pip, `pip install --force-reinstall --no-deps paddleocr-vl-service`."
        )


@dataclass(frozen=True)
class ModelFile:
    """One file of `models.json`: a model, or the licence that came with it."""

    path: Path
    model: str | None
    source: str
    version: str
    license: str
    size: int
    sha256: str

    @property
    def present(self) -> bool:
        """Whether the file exists with the right size: a few microseconds, no reading."""
        try:
            return self.path.stat().st_size == self.size
        except FileNotFoundError:
            return False

    @property
    def unaltered(self) -> bool:
        """Whether the whole content is the one that was pinned."""
        return self.present and hashlib.sha256(self.path.read_bytes()).hexdigest() == self.sha256


@cache
def model_files() -> tuple[ModelFile, ...]:
    """Every file that the engine's models consist of, licence files included."""
    listing = json.loads((_HERE / "models.json").read_text(encoding="utf-8"))
    return tuple(
        ModelFile(
            path=_FOLDER / file["path"],
            model=file.get("model"),
            source=file["source"],
            version=listing["sources"][file["source"]]["version"],
            license=listing["sources"][file["source"]]["license"],
            size=file["size"],
            sha256=file["sha256"],
        )
        for file in listing["files"]
    )


def model_path(name: ModelName) -> Path:
    """The path of one model's ONNX file, which is there and has the right size.

    Raises:
        ModelFilesMissing: It is not, or has not.
    """
    path = _FOLDER / f"{name}.onnx"
    [file] = [file for file in model_files() if file.path == path]
    if not file.present:
        raise ModelFilesMissing(path.name)
    return path


def check() -> None:
    """Check that every file is there with the right size; cheap enough for every start.

    Raises:
        ModelFilesMissing: The first file that is not.
    """
    for file in model_files():
        if not file.present:
            raise ModelFilesMissing(file.path.relative_to(_FOLDER).as_posix())


def verify() -> list[Path]:
    """Read every file and compare its SHA-256; return those that are missing or altered."""
    return [file.path for file in model_files() if not file.unaltered]


@cache
def model_revision() -> str:
    """The models and where they came from, in one line for results and health answers."""
    models: dict[str, list[str]] = {}
    for file in model_files():
        titles = models.setdefault(f"{file.source} {file.version}", [])
        if file.model and file.model not in titles:
            titles.append(file.model)
    return ", ".join(f"{' + '.join(titles)} ({source})" for source, titles in models.items())
