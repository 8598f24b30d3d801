from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
Build = Callable[[str, Path], Path]


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Builds a `wheel` or an `sdist` of the project in a folder, without the network."""

    def build(target: str, folder: Path = ROOT) -> Path:
        out = tmp_path_factory.mktemp(target)
        command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(out)]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        [built] = out.iterdir()
        return built

    return build


@pytest.fixture(scope="session")
def wheel(build: Build) -> Path:
    return build("wheel", ROOT)


@pytest.fixture(scope="session")
def sdist(build: Build) -> Path:
    return build("sdist", ROOT)
