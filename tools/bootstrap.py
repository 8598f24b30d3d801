"""Makes `.venv` what `uv.lock` says: `python3 tools/bootstrap.py [--dev]`.

The Makefile runs it before everything else. It needs nothing but Python: uv is taken from PATH
where it is recent enough, and otherwise installed into the private environment `.tools`. With
`--dev`, what tries the AWS stack gets an environment of its own, `.tools/aws`.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "paddleocr-vl-service"
AWS_TOOLS = ".tools/aws"  # aws, cfn-lint and moto, which want older libraries than the service
OLDEST_UV = (0, 7)  # the oldest that was tried with this lock and [tool.uv]
NO_VENV = (
    "uv is not installed and cannot be brought, because this Python has no venv module: "
    "install it (Debian and Ubuntu: apt-get install python3-venv), or install uv."
)


def main(arguments: list[str]) -> None:
    """Synchronise the environment; leave what serving does not need alone unless told `--dev`."""
    dev = "--dev" in arguments
    sync = [str(find_uv()), "sync", "--frozen", "--python", interpreter()]
    service = [*sync, *([] if dev else ["--no-dev", "--inexact"])]
    run(service)
    if not models_are_complete():
        run([*service, "--reinstall-package", PACKAGE])
    if dev:
        run([*sync, "--quiet", "--only-group", "aws"], AWS_TOOLS)


def interpreter() -> str:
    """The full path of this Python itself: not of a virtual environment, not a pyenv shim."""
    return str(getattr(sys, "_base_executable", None) or sys.executable)


def find_uv() -> Path:
    """A recent uv on PATH, or the pinned one in `.tools`, installed there if need be."""
    on_path = shutil.which("uv")
    if on_path and uv_version(on_path) >= OLDEST_UV:
        return Path(on_path)
    pinned = pinned_uv()
    scripts = ROOT / ".tools" / ("Scripts" if os.name == "nt" else "bin")
    uv = scripts / ("uv.exe" if os.name == "nt" else "uv")
    if not uv.is_file() or uv_version(str(uv)) != version_tuple(pinned):
        install_uv(scripts, pinned)
    return uv


def install_uv(scripts: Path, version: str) -> None:
    """Create `.tools` and install uv into it with its own pip."""
    if importlib.util.find_spec("ensurepip") is None:
        raise SystemExit(NO_VENV)
    print(f"Bringing uv {version} into .tools ...", flush=True)
    venv.create(scripts.parent, clear=True, with_pip=True, symlinks=os.name != "nt")
    pip = [str(scripts / "python"), "-m", "pip", "--disable-pip-version-check"]
    run([*pip, "install", "-qq", f"uv=={version}"])


def pinned_uv() -> str:
    """The version of uv that `uv.lock` holds."""
    lock = (ROOT / "uv.lock").read_text(encoding="utf-8")
    found = re.search(r'^name = "uv"\nversion = "([^"]+)"', lock, flags=re.MULTILINE)
    if found is None:
        raise SystemExit("uv.lock names no version of uv: run `make lock` where uv is installed.")
    return found[1]


def uv_version(uv: str) -> tuple[int, ...]:
    """The version that the program `uv` tells, or nothing where it does not run."""
    try:
        told = subprocess.run([uv, "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return ()
    return version_tuple(told)


def version_tuple(text: str) -> tuple[int, ...]:
    """The first dotted number in `text`, for comparing."""
    found = re.search(r"\d+(?:\.\d+)+", text)
    return tuple(map(int, found[0].split("."))) if found else ()


def models_are_complete() -> bool:
    """Whether every model file is there: uv does not notice when a single one is missing."""
    engine = ROOT / "src" / "paddleocr_vl_service" / "engines" / "onnx"
    files = json.loads((engine / "models.json").read_text(encoding="utf-8"))["files"]
    paths = [(engine / "models" / file["path"], file["size"]) for file in files]
    return all(path.is_file() and path.stat().st_size == size for path, size in paths)


def run(command: list[str], environment_folder: str = ".venv") -> None:
    """Run `command` in the repository; where it fails, what it said is all that is said.

    Where it is uv, `environment_folder` is what it fills, relative to the repository.
    """
    environment = {k: v for k, v in os.environ.items() if k != "VIRTUAL_ENV"}
    environment["UV_PYTHON_DOWNLOADS"] = "never"
    environment["UV_PROJECT_ENVIRONMENT"] = str(ROOT / environment_folder)
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False)
    if done.returncode:
        raise SystemExit(done.returncode)


if __name__ == "__main__":
    main(sys.argv[1:])
