from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import uv

from tests.packaging.conftest import ROOT

EXPORT = ["export", "--frozen", "--no-dev", "--no-emit-project", "--no-annotate", "--no-header"]


def run_uv(*arguments: str) -> str:
    environment = {k: v for k, v in os.environ.items() if k != "VIRTUAL_ENV"}
    command = [uv.find_uv_bin(), *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_lock_is_what_pyproject_asks_for() -> None:
    run_uv("lock", "--check")


def test_requirements_txt_is_exported_from_the_lock() -> None:
    requirements = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert requirements == run_uv(*EXPORT), "run `make lock`"


def test_the_lock_names_no_place_but_pypi() -> None:
    lock = (ROOT / "uv.lock").read_text(encoding="utf-8")
    hosts = set(re.findall(r'"(\w+://[^/"]+)', lock))
    assert hosts == {"https://pypi.org", "https://files.pythonhosted.org"}
    assert set(re.findall(r"source = \{ (\w+) = ", lock)) == {"registry", "editable"}


def test_the_makefile_makes_the_same_export() -> None:
    makefile = Path(ROOT / "Makefile").read_text(encoding="utf-8")
    assert f"uv {' '.join(EXPORT)} " in makefile


def test_opencv_comes_once_with_paddleocr_vl_and_not_at_all_without() -> None:
    """Two distributions that own the module ``cv2`` overwrite each other's files."""
    for extras, allowed in (
        ((), set()),
        (("paddle-cpu",), {"opencv-contrib-python"}),
        (("transformers",), {"opencv-contrib-python"}),
    ):
        options = [word for extra in extras for word in ("--extra", extra)]
        exported = run_uv(*EXPORT, "--no-hashes", *options)
        assert set(re.findall(r"^(opencv[\w-]*)==", exported, re.MULTILINE)) == allowed
