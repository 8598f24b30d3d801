from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

LOAD = """
from paddleocr_vl_service.engines.onnx.model_files import model_path
from paddleocr_vl_service.engines.onnx.sessions import Model
Model(model_path("layout"), 1)
"""


def test_a_model_is_loaded_without_telemetry(tmp_path: Path) -> None:
    """ONNX Runtime would write an identifier of the machine, and events to be sent, below HOME."""
    home = tmp_path / "home"
    home.mkdir()
    kept = {"PATH": os.environ["PATH"], "HOME": str(home)}  # a variable CI would switch it off, too
    subprocess.run([sys.executable, "-c", LOAD], env=kept, check=True, timeout=60)
    assert list(home.rglob("*")) == []
