"""What is asked for by form, setting or command line reaches the engine."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import documents
from tests.support.options_engine import CROP
from tests.support.server import REPOSITORY, Server, running_server

ENGINE = "tests.support.options_engine:OptionsEngine"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("options")
    with running_server(folder, ENGINE, LAYOUT_DETECTION="false") as server:
        yield server


def content(server: Server, **fields: str) -> Any:
    answer = server.extract("a.png", documents.image(), **fields)
    assert answer.status_code == 200, answer.text
    return answer.json()["elements"][0]["content"]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, "auto, layout False"),
        ({"layout_detection": "true"}, "auto, layout True"),
        ({"text_source": "ocr", "layout_detection": "False"}, "ocr, layout False"),
    ],
)
def test_the_form_reaches_the_engine(server: Server, fields: dict[str, str], text: str) -> None:
    assert content(server, **fields) == {"text": text, "type": "image"}


def test_images_come_where_they_are_asked_for(server: Server) -> None:
    image = content(server, images="true")["image"]
    assert image == {"media_type": CROP.media_type, "data": CROP.data}
    assert "image" not in content(server, images="false")


def extract(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    (folder / "a.png").write_bytes(documents.image())
    variables = {"PYTHONPATH": str(REPOSITORY), "ENGINE": ENGINE, "TMP_DIR": str(folder / "tmp")}
    return subprocess.run(
        [sys.executable, "-m", "paddleocr_vl_service.cli", "extract", "a.png", *arguments],
        env={**os.environ, **variables, **settings},
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )


@pytest.mark.parametrize(
    ("arguments", "setting", "layout", "has_image"),
    [
        ((), "true", "True", False),
        (("--no-layout", "--images"), "true", "False", True),
        (("--layout",), "false", "True", False),
        ((), "false", "False", False),
    ],
)
def test_the_command_line_reaches_the_engine(
    tmp_path: Path, arguments: tuple[str, ...], setting: str, layout: str, has_image: bool
) -> None:
    done = extract(tmp_path, *arguments, LAYOUT_DETECTION=setting)
    assert done.returncode == 0, done.stderr
    content = json.loads(done.stdout)["elements"][0]["content"]
    assert content["text"] == f"auto, layout {layout}"
    assert ("image" in content) == has_image
