from __future__ import annotations

import importlib.util
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

from tools import bootstrap

ROOT = Path(__file__).parents[2]


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[str]]:
    """The commands that would be run; nothing is, and no uv is on PATH or in `.tools`."""
    asked: list[list[str]] = []

    def run(command: list[str], environment_folder: str = ".venv") -> None:
        asked.append([environment_folder, *command] if environment_folder != ".venv" else command)

    monkeypatch.setattr(bootstrap, "run", run)
    monkeypatch.setenv("PATH", str(tmp_path))
    return asked


def put_uv(folder: Path, version: str) -> Path:
    uv = folder / "uv"
    uv.write_text(f"#!/bin/sh\necho 'uv {version}'\n", encoding="utf-8")
    uv.chmod(0o755)
    return uv


@pytest.fixture
def project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    engine = tmp_path / "src/paddleocr_vl_service/engines/onnx"
    engine.mkdir(parents=True)
    text = '{"files": [{"path": "a.onnx", "size": 2}]}'
    (engine / "models.json").write_text(text, encoding="utf-8")
    (tmp_path / "uv.lock").write_text('name = "uv"\nversion = "9.8.7"\n', encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "options"),
    [([], ["--no-dev", "--inexact"]), (["--dev"], [])],
)
def test_reinstalls_where_a_model_is_missing_or_cut_short(
    commands: list[list[str]], project: Path, arguments: list[str], options: list[str]
) -> None:
    uv = put_uv(project, "9.0.0")
    any_sync = [str(uv), "sync", "--frozen", "--python", bootstrap.interpreter()]
    sync = [*any_sync, *options]
    aws = [".tools/aws", *any_sync, "--quiet", "--only-group", "aws"]
    models = project / "src/paddleocr_vl_service/engines/onnx/models"
    models.mkdir()

    for content, reinstalls in ((None, True), (b"a", True), (b"ab", False)):
        if content is not None:
            (models / "a.onnx").write_bytes(content)
        commands.clear()
        bootstrap.main(arguments)
        again = [[*sync, "--reinstall-package", "paddleocr-vl-service"]] if reinstalls else []
        assert commands == [sync, *again, *([aws] if "--dev" in arguments else [])]


@pytest.mark.parametrize("on_path", [None, "0.1.2", "nonsense"])
def test_brings_the_locked_uv_where_none_is_recent_enough(
    commands: list[list[str]],
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    on_path: str | None,
) -> None:
    if on_path:
        put_uv(project, on_path)

    def create(folder: Path, **_: object) -> None:
        (folder / "bin").mkdir(parents=True)
        put_uv(folder / "bin", "9.8.7")

    monkeypatch.setattr(venv, "create", create)
    assert bootstrap.find_uv() == project / ".tools/bin/uv"
    [pip] = commands
    assert pip[-1] == "uv==9.8.7"
    assert bootstrap.find_uv() == project / ".tools/bin/uv"
    assert len(commands) == 1


def test_says_in_one_sentence_that_the_venv_module_is_missing(
    commands: list[list[str]], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find_spec: Callable[[str], object] = lambda _: None  # noqa: E731
    monkeypatch.setattr(importlib.util, "find_spec", find_spec)
    with pytest.raises(SystemExit, match=r"^uv is not installed and .*python3-venv.*\.$"):
        bootstrap.find_uv()
    assert commands == []


def test_the_interpreter_is_no_virtual_environment() -> None:
    code = "import sys; print(sys.prefix == sys.base_prefix)"
    told = subprocess.run([bootstrap.interpreter(), "-c", code], capture_output=True, text=True)
    assert told.stdout.strip() == "True"
    assert sys.prefix != sys.base_prefix


def test_the_lock_names_a_recent_uv() -> None:
    assert bootstrap.version_tuple(bootstrap.pinned_uv()) >= bootstrap.OLDEST_UV


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", *arguments], cwd=ROOT, capture_output=True, text=True)


def test_plain_make_lists_every_target() -> None:
    listed = {line.split()[1] for line in make().stdout.splitlines() if line.startswith("make ")}
    assert listed == {
        *("serve", "test", "lint", "format", "bench", "eval"),
        *("verify-deploy", "lock", "clean"),
    }


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ("(3, 9)", "and {python} is 3.9: name another one, as in make PYTHON=python3.12 serve."),
        ("(3, 14)", "and {python} is 3.14: name another one, as in make PYTHON=python3.12 serve."),
    ],
)
def test_make_refuses_another_python(tmp_path: Path, answer: str, sentence: str) -> None:
    python = tmp_path / "python"
    python.write_text(
        f'#!/bin/sh\nshift\nexec {sys.executable} -c "import sys; sys.version_info = {answer}\n$1"',
        encoding="utf-8",
    )
    python.chmod(0o755)
    done = make("setup", f"PYTHON={python}")
    assert done.returncode != 0
    needs = "PaddleOCR-VL Service needs Python 3.10 to 3.13, "
    assert done.stderr.splitlines()[0] == needs + sentence.format(python=python)


def test_make_says_that_there_is_no_python() -> None:
    done = make("setup", "PYTHON=python-that-is-not-there")
    assert "and there is no python-that-is-not-there." in done.stderr
