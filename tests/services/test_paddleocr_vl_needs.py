"""What PaddleOCR-VL's libraries lack, found by importing them elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from paddleocr_vl_service.engines.outside_program import ProgramFailed
from paddleocr_vl_service.services import paddleocr_vl_needs
from paddleocr_vl_service.services.paddleocr_vl_needs import LibraryReport, try_libraries

GL = "raise ImportError('libGL.so.1: cannot open shared object file: No such file or directory')"
GOMP = "raise ImportError('libgomp.so.1: cannot open shared object file: No such file')"
PADDLE = "__version__ = '3.3.1'\nis_compiled_with_cuda = lambda: {cuda}\nprint('chatter')"


@pytest.fixture
def libraries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose modules stand in for the real ones."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(paddleocr_vl_needs, "_importable", lambda name: _there(tmp_path, name))
    return tmp_path


def _there(folder: Path, name: str) -> bool:
    return (folder / f"{name}.py").exists()


def test_libraries_that_work(libraries: Path) -> None:
    (libraries / "cv2.py").write_text("__version__ = '4.10'")
    (libraries / "paddle.py").write_text(PADDLE.format(cuda=True))
    assert try_libraries() == LibraryReport((), "3.3.1 (GPU build)", has_cuda=True)
    (libraries / "paddle.py").write_text(PADDLE.format(cuda=False))
    assert try_libraries() == LibraryReport((), "3.3.1 (CPU build)", has_cuda=False)
    assert not {"cv2", "paddle"} & {
        name for name in sys.modules if str(libraries) in str(sys.modules[name])
    }


def test_libraries_of_the_system_that_are_missing_are_named_with_their_package(
    libraries: Path,
) -> None:
    (libraries / "cv2.py").write_text(GL)
    (libraries / "paddle.py").write_text(GOMP)
    assert try_libraries().broken == (
        "cv2 needs libGL.so.1, which this system lacks: apt-get install libgl1",
        "paddle needs libgomp.so.1, which this system lacks: apt-get install libgomp1",
    )


def test_any_other_failure_is_told_in_a_few_words(libraries: Path) -> None:
    (libraries / "paddle.py").write_text("raise ImportError('numpy 2.4\\nis too new')")
    assert try_libraries().broken == (
        "paddle cannot be imported (numpy 2.4 is too new): install it anew",
    )


def test_a_library_that_kills_its_process_is_no_end_of_ours(libraries: Path) -> None:
    (libraries / "paddle.py").write_text("import os; os._exit(11)")
    with pytest.raises(ProgramFailed, match="ended with code 11"):
        try_libraries()


def test_nothing_is_tried_where_nothing_is_installed(libraries: Path) -> None:
    assert not any(libraries.iterdir())
    assert try_libraries() == LibraryReport()
