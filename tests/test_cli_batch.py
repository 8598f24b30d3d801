"""``paddleocr-vl-service batch``: folders of documents, broken off and gone on with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.fault_documents import FAULT_ENGINE, FaultFolder, pdf, png, read_pages
from tests.support.fault_engine import Behaviour, PageOrder, marker
from tests.support.server import REPOSITORY
from tests.support.waiting import eventually


@pytest.fixture
def faults(tmp_path: Path) -> FaultFolder:
    return FaultFolder(tmp_path / "faults")


def start(folder: Path, faults: FaultFolder, *arguments: str, **more: str) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        **faults.environment(**more),
        "PYTHONPATH": str(REPOSITORY),
        "ENGINE": FAULT_ENGINE,
        "USE_GPU": "false",
        "TMP_DIR": str(folder / "tmp"),
        # Of a service on the same machine; a batch keeps away from them.
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/nothing",
        "BLOB_URL": "s3://nowhere/at/all",
        "MAX_RUNNING_JOBS": "0",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "paddleocr_vl_service.cli", "batch", *arguments],
        env=environment,
        cwd=folder,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def run(folder: Path, faults: FaultFolder, *arguments: str) -> tuple[int, str]:
    process = start(folder, faults, *arguments)
    _, stderr = process.communicate(timeout=60)
    return process.returncode, stderr


def scans(folder: Path) -> None:
    (folder / "scans" / "letters").mkdir(parents=True)
    (folder / "scans" / "a.png").write_bytes(png(PageOrder(1, 1)))
    book = pdf([PageOrder(2, page) for page in range(1, 11)])
    (folder / "scans" / "letters" / "may.pdf").write_bytes(book)
    (folder / "scans" / "notes.txt").write_text("no document")


def test_a_folder_is_read_and_nothing_of_it_twice(tmp_path: Path, faults: FaultFolder) -> None:
    scans(tmp_path)
    assert run(tmp_path, faults, "scans", "--out", "results") == (0, "")
    results = tmp_path / "results"
    written = sorted(each.relative_to(results) for each in results.rglob("*") if each.is_file())
    assert written == [Path("a.png.json"), Path("letters/may.pdf.json")]
    answer = json.loads((results / "letters" / "may.pdf.json").read_text())
    assert read_pages(answer) == {page: marker(2, page) for page in range(1, 11)}
    assert not (results / ".batch").exists()
    before = faults.order_of_service()
    assert run(tmp_path, faults, "scans", "--out", "results") == (0, "")
    assert faults.order_of_service() == before


def test_pages_that_were_read_before_a_kill_are_not_read_again(
    tmp_path: Path, faults: FaultFolder
) -> None:
    scans(tmp_path)
    first = start(tmp_path, faults, "scans", "--out", "out", FAULT_PAGE_SECONDS="0.2")
    assert eventually(lambda: faults.order_of_service().count((2, 5)) == 1, 20)
    first.kill()
    first.communicate()
    read = faults.order_of_service()
    assert run(tmp_path, faults, "scans", "--out", "out") == (0, "")
    again = set(faults.order_of_service()[len(read) :]) & set(read)
    assert again <= set(read[-4:]), "only what was in hand"
    answer = json.loads((tmp_path / "out" / "letters" / "may.pdf.json").read_text())
    assert read_pages(answer) == {page: marker(2, page) for page in range(1, 11)}


def test_a_document_that_fails_is_told_and_tried_again(tmp_path: Path, faults: FaultFolder) -> None:
    scans(tmp_path)
    broken = pdf([PageOrder(3, 1, Behaviour.RAISE)])
    (tmp_path / "scans" / "broken.pdf").write_bytes(broken)
    for _ in range(2):
        code, stderr = run(tmp_path, faults, "scans", "--out", "out")
        assert (code, stderr.splitlines()[-1]) == (1, "broken.pdf: The engine failed on page 1.")
    assert sorted(each.name for each in (tmp_path / "out").glob("*.json")) == ["a.png.json"]
    assert faults.order_of_service().count((1, 1)) == 1


@pytest.mark.parametrize(
    "arguments", [("nowhere", "--out", "x"), ("scans",), ("scans", "--out", "x", "--pages", "y")]
)
def test_wrong_usage_is_2(tmp_path: Path, faults: FaultFolder, arguments: tuple[str, ...]) -> None:
    (tmp_path / "scans").mkdir()
    code, stderr = run(tmp_path, faults, *arguments)
    assert code == 2
    assert "Traceback" not in stderr
