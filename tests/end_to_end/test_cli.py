"""The command line, in processes of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from paddleocr_vl_service import __version__
from tests.support import documents
from tests.support.server import ECHO_ENGINE, REPOSITORY

PAGE = "64x48 (255, 255, 255)"


def environment(tmp_path: Path, **settings: str) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(REPOSITORY),
        "ENGINE": ECHO_ENGINE,
        "TMP_DIR": str(tmp_path / "tmp"),
        **settings,
    }


def run(
    tmp_path: Path, *arguments: str, stdin: bytes = b"", **settings: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "paddleocr_vl_service.cli", *arguments],
        input=stdin,
        capture_output=True,
        env=environment(tmp_path, **settings),
        cwd=tmp_path,
        timeout=60,
        check=False,
    )


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "scan.png"
    path.write_bytes(documents.image())
    return path


def test_version(tmp_path: Path) -> None:
    assert run(tmp_path, "version").stdout.decode().strip() == __version__


def test_extract_writes_the_api_s_json(tmp_path: Path, picture: Path) -> None:
    result = run(tmp_path, "extract", str(picture))
    assert result.returncode == 0, result.stderr
    body = json.loads(result.stdout)
    assert body["success"] is True
    assert body["elements"][0]["content"]["text"] == PAGE
    assert list((tmp_path / "tmp").iterdir()) == []


def test_extract_writes_markdown(tmp_path: Path, picture: Path) -> None:
    result = run(tmp_path, "extract", "--format", "markdown", str(picture))
    assert result.stdout.decode() == PAGE + "\n"


def test_extract_reads_standard_input(tmp_path: Path) -> None:
    result = run(tmp_path, "extract", "-", "--format", "markdown", stdin=documents.image())
    assert result.stdout.decode() == PAGE + "\n"
    refused = run(tmp_path, "extract", "-", stdin=b"GIF89a")
    assert refused.returncode == 1
    assert b"GIF" in refused.stderr


def test_extract_writes_one_object_a_line_for_several_files(tmp_path: Path, picture: Path) -> None:
    result = run(tmp_path, "extract", str(picture), str(picture))
    assert [json.loads(line)["success"] for line in result.stdout.splitlines()] == [True, True]


def test_extract_writes_into_a_folder_and_overwrites_nothing(tmp_path: Path, picture: Path) -> None:
    out = tmp_path / "results"
    for _ in range(2):
        result = run(tmp_path, "extract", str(picture), "--out", str(out))
        assert (result.returncode, result.stdout) == (0, b"")
    assert sorted(path.name for path in out.iterdir()) == ["scan.png-2.json", "scan.png.json"]


def test_extract_selects_pages(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(documents.pdf(["1", "2", "3"]))
    result = run(tmp_path, "extract", "a.pdf", "--pages", "3,1")
    assert [page["page"] for page in json.loads(result.stdout)["pages"]] == [3, 1]


def test_one_bad_file_does_not_stop_the_others(tmp_path: Path, picture: Path) -> None:
    (tmp_path / "bad.pdf").write_bytes(b"%PDF-nothing")
    files = ("missing.png", "bad.pdf", str(picture))
    result = run(tmp_path, "extract", *files, "--format", "markdown")
    assert result.returncode == 1
    assert result.stdout.decode().strip() == PAGE
    stderr = result.stderr.decode()
    assert "missing.png: No such file or directory" in stderr
    assert "bad.pdf: " in stderr
    assert "Traceback" not in stderr


def test_a_page_that_fails_shows_in_the_exit_code(tmp_path: Path) -> None:
    content = documents.tiff([documents.WHITE, documents.RAISE])
    (tmp_path / "a.tiff").write_bytes(content)
    result = run(tmp_path, "extract", "a.tiff")
    assert result.returncode == 1
    assert len(json.loads(result.stdout)["errors"]) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["extract"],
        ["extract", "a.png", "--pages", "x"],
        ["extract", "a.png", "--format", "xml"],
        ["extract", "a.png", "--text-source", "both"],
        ["extract", "-", "-"],
        ["nonsense"],
    ],
)
def test_wrong_usage_is_2(tmp_path: Path, arguments: list[str]) -> None:
    result = run(tmp_path, *arguments)
    assert result.returncode == 2
    assert b"Traceback" not in result.stderr


@pytest.mark.parametrize("command", ["serve", "doctor"])
def test_a_wrong_setting_is_told_in_one_sentence(tmp_path: Path, command: str) -> None:
    result = run(tmp_path, command, MAX_PAGES="many")
    assert result.returncode == 2
    assert result.stderr.decode().startswith("Error: MAX_PAGES: ")
    assert result.stderr.count(b"\n") == 1


def test_an_unknown_engine_is_told_in_one_sentence(tmp_path: Path, picture: Path) -> None:
    result = run(tmp_path, "extract", str(picture), ENGINE="nonsense")
    assert result.returncode == 2
    assert result.stderr.decode().startswith("Error: ENGINE=nonsense is not known here")
    assert result.stderr.count(b"\n") == 1


def test_a_password_stays_out_of_the_arguments(tmp_path: Path, picture: Path) -> None:
    result = run(tmp_path, "extract", str(picture), PDF_PASSWORD="secret")
    assert result.returncode == 0


def test_doctor_says_what_this_machine_can_run(tmp_path: Path) -> None:
    result = run(tmp_path, "doctor", ENGINE="onnx", USE_GPU="false")
    assert result.returncode == 0, result.stdout
    output = result.stdout.decode()
    assert "ENGINE=onnx means onnx on cpu" in output
    for subject in ("Python", "CPU", "GPU", "Engine", "onnx", "paddleocr-vl", "TMP_DIR"):
        assert f"{subject}: " in output


def test_doctor_finds_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "tmp").write_text("a file")
    result = run(tmp_path, "doctor", ENGINE="nonsense")
    assert result.returncode == 1
    output = result.stdout.decode()
    assert "ENGINE=nonsense is not known here" in output
    assert "cannot be written" in output


@pytest.mark.parametrize("command", [["serve"], ["extract", "a.png"]])
def test_a_tmp_dir_that_cannot_be_written_is_told(tmp_path: Path, command: list[str]) -> None:
    result = run(tmp_path, *command, TMP_DIR="/proc/nope")
    assert result.returncode == 2
    assert result.stderr.decode().startswith("Error: TMP_DIR=/proc/nope cannot be written: ")
    assert result.stderr.count(b"\n") == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_an_extraction_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    (tmp_path / "a.png").write_bytes(documents.image(order=documents.HANG))
    # Programs that are started in the background may inherit that SIGINT is ignored.
    heeding = ["env", "--default-signal=INT"]
    process = subprocess.Popen(
        [*heeding, sys.executable, "-m", "paddleocr_vl_service.cli", "extract", "a.png"],
        env=environment(tmp_path),
        cwd=tmp_path,
        stderr=subprocess.PIPE,
    )
    time.sleep(2.5)
    process.send_signal(number)
    _, stderr = process.communicate(timeout=20)
    assert process.returncode == 128 + number
    assert b"Traceback" not in stderr
    assert list((tmp_path / "tmp").iterdir()) == []
