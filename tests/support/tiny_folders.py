"""Folders of tiny checkpoints, made once for all tests that run at the same time."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support.server import REPOSITORY
from tests.support.tiny_models import MAX_PIXELS, MIN_PIXELS

needs_paddle = pytest.mark.skipif(
    find_spec("paddle") is None, reason="there is no paddlepaddle for this platform"
)
SETTINGS = {
    "DEVICE": "cpu",
    "VL_REC_MIN_PIXELS": str(MIN_PIXELS),
    "VL_REC_MAX_PIXELS": str(MAX_PIXELS),
    "MAX_NEW_TOKENS": "64",
}
"""With which the tiny models have learned."""


def shared_folder(factory: pytest.TempPathFactory) -> Path:
    """The same for all processes of this run of the tests."""
    base = factory.getbasetemp()
    return base.parent if base.name.startswith("popen-") else base


def tiny_folder(shared: Path, version: str = "v1.6", weights: str = "taught") -> Path:
    """A folder as `MODELS_DIR` has to be.

    Args:
        shared: As `shared_folder` tells it.
        version: ``PIPELINE_VERSION``.
        weights: ``taught`` or ``random``.
    """
    from filelock import FileLock  # noqa: PLC0415 - it comes with paddleocr

    folder = shared / f"tiny-{version}-{weights}"
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            making = folder.with_suffix(".making")
            subprocess.run(
                [
                    *(sys.executable, "-m", "tests.support.tiny_models", str(making)),
                    *("--version", version, "--weights", weights),
                ],
                cwd=REPOSITORY,
                env={
                    **os.environ,
                    "OMP_NUM_THREADS": "1",
                    "PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK": "True",
                },
                check=True,
                capture_output=True,
                timeout=300,
            )
            making.rename(folder)
    return folder
