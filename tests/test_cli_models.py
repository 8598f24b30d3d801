"""``paddleocr-vl-service models`` against a hub on the loopback."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.model_hub import REVISION, ModelHub, model_hub
from tests.support.mounts import small_file_system
from tests.support.server import REPOSITORY
from tests.support.tiny_folders import needs_paddle

pytestmark = needs_paddle

NAMES = ("PaddleOCR-VL-1.6", "PP-DocLayoutV3", "PP-LCNet_x1_0_doc_ori", "UVDoc")
WEIGHTS = "model.safetensors"
SIZE = 400_000
CHUNK = 10 << 20
"""The pieces in which the hub library writes to the disk."""


@pytest.fixture
def hub() -> Iterator[ModelHub]:
    draw = random.Random(3)
    models = {
        name: {
            "config.json": b"{}",
            "inference.yml": f"Global:\n  model_name: {name}\n".encode(),
            WEIGHTS if name == NAMES[0] else "inference.pdiparams": draw.randbytes(SIZE),
        }
        for name in NAMES
    }
    with model_hub(models) as found:
        yield found


def run(
    hub: ModelHub | None, folder: Path, command: str, *arguments: str
) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(REPOSITORY),
        "HF_ENDPOINT": hub.url if hub else "http://127.0.0.1:9",
        "HF_HUB_DOWNLOAD_TIMEOUT": "5",
        "HF_HOME": str(folder.parent / "hf"),
        "MODELS_DIR": str(folder),
        "COLUMNS": "300",
    }
    return subprocess.run(
        [sys.executable, "-m", "paddleocr_vl_service.cli", "models", command, *arguments],
        capture_output=True,
        encoding="utf-8",
        env=environment,
        cwd=folder.parent,
        timeout=120,
    )


def content(hub: ModelHub, name: str) -> dict[str, bytes]:
    return hub.models[name]


def test_all_models_are_brought_listed_and_verified_offline(hub: ModelHub, tmp_path: Path) -> None:
    folder = tmp_path / "models"
    before = run(None, folder, "list").stdout
    assert before.count("missing") == len(NAMES)
    missing = run(None, folder, "verify")
    assert missing.returncode == 1
    assert f"Model directory not created: {folder / NAMES[0]}" in missing.stderr

    done = run(hub, folder, "download")
    assert done.returncode == 0, done.stderr

    for name in NAMES:
        for file, expected in content(hub, name).items():
            assert (folder / name / file).read_bytes() == expected
        assert json.loads((folder / name / "checksums.json").read_text())["revision"] == REVISION
    assert sorted(path.name for path in folder.iterdir()) == sorted(NAMES)
    listed = run(None, folder, "list").stdout
    assert listed.count(" complete ") == len(NAMES)
    verified = run(None, folder, "verify")
    assert (verified.returncode, verified.stderr) == (0, "")
    hub.sent.clear()
    assert run(None, folder, "download").returncode == 0
    assert hub.sent == []


def test_another_version_and_another_folder(hub: ModelHub, tmp_path: Path) -> None:
    hub.models["PaddleOCR-VL"] = hub.models[NAMES[0]]
    hub.models["PP-DocLayoutV2"] = hub.models[NAMES[1]]
    target = tmp_path / "image"
    done = run(hub, tmp_path / "unused", "download", "--version", "v1", "--to", str(target))
    assert done.returncode == 0, done.stderr
    assert {path.name for path in target.iterdir()} == {
        "PaddleOCR-VL",
        "PP-DocLayoutV2",
        *NAMES[2:],
    }
    assert not (tmp_path / "unused").exists()


def test_a_download_that_was_cut_off_goes_on_where_it_was(hub: ModelHub, tmp_path: Path) -> None:
    folder = tmp_path / "models"
    content(hub, NAMES[0])[WEIGHTS] = random.Random(4).randbytes(2 * CHUNK)
    hub.cut.add(WEIGHTS)
    broken = run(hub, folder, "download")
    assert broken.returncode == 1
    assert broken.stderr.splitlines()[-1].startswith(f"Error: {NAMES[0]} could not be brought")
    assert "Traceback" not in broken.stderr
    assert not (folder / NAMES[0]).exists()
    assert "missing" in run(None, folder, "list").stdout

    hub.cut.clear()
    done = run(hub, folder, "download")

    assert done.returncode == 0, done.stderr
    parts = [(start, size) for _, file, start, size in hub.sent if file == WEIGHTS]
    assert parts == [(0, CHUNK), (CHUNK, CHUNK)]
    assert (folder / NAMES[0] / WEIGHTS).read_bytes() == content(hub, NAMES[0])[WEIGHTS]


@pytest.mark.parametrize("file", [WEIGHTS, "inference.yml"])
def test_a_damaged_file_is_refused(hub: ModelHub, tmp_path: Path, file: str) -> None:
    folder = tmp_path / "models"
    hub.damaged.add(file)
    refused = run(hub, folder, "download")
    assert refused.returncode == 1
    assert f"{file} arrived damaged" in refused.stderr
    assert not (folder / NAMES[0]).exists()
    hub.damaged.clear()
    assert run(hub, folder, "download").returncode == 0
    assert run(None, folder, "verify").returncode == 0


def test_a_full_disk_is_told_and_nothing_is_taken_for_a_model(
    hub: ModelHub, tmp_path: Path
) -> None:
    with small_file_system(tmp_path / "disk", kib=1024) as small:
        folder = small.folder / "models"
        full = run(hub, folder, "download")
        assert full.returncode == 1
        assert "there is no room left" in full.stderr
        assert "Traceback" not in full.stderr
        assert not (folder / NAMES[0]).exists()


def test_verify_finds_a_changed_byte_a_lost_file_and_an_empty_folder(
    hub: ModelHub, tmp_path: Path
) -> None:
    folder = tmp_path / "models"
    assert run(hub, folder, "download").returncode == 0
    weights = folder / NAMES[0] / WEIGHTS
    changed = bytearray(weights.read_bytes())
    changed[1000] ^= 1
    weights.write_bytes(changed)
    (folder / NAMES[1] / "config.json").unlink()
    for file in (folder / NAMES[3]).iterdir():
        file.unlink()
    found = run(None, folder, "verify")
    assert found.returncode == 1
    assert found.stderr.splitlines() == [
        f"{NAMES[0]}: {WEIGHTS} is not what was downloaded",
        f"{NAMES[1]}: config.json is missing",
        f"Model directory is empty: {folder / NAMES[3]}",
    ]


def test_a_hub_that_cannot_be_reached_is_one_sentence(tmp_path: Path) -> None:
    failed = run(None, tmp_path / "models", "download")
    assert failed.returncode == 1
    last = failed.stderr.splitlines()[-1]
    assert last.startswith("Error: PaddleOCR-VL-1.6 could not be brought")
    assert "Traceback" not in failed.stderr
