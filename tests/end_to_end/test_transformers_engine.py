"""PaddleOCR-VL computed by the transformers library, without paddlepaddle.

Weights are tiny: text is learned by heart, regions are chance. What is shown is that the models are
loaded from local folders, prompts reach them, and answers come back; not that anything is read.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from tests.support.server import REPOSITORY, Server, running_server
from tests.support.tiny_folders import SETTINGS, needs_paddle, shared_folder, tiny_folder
from tests.support.tiny_models import ANSWERS, LAYOUT_NAMES, VLM_FOLDERS
from tests.support.transformers_environment import PYTHON

pytestmark = [
    needs_paddle,  # it teaches the language model
    pytest.mark.skipif(
        not PYTHON.exists(),
        reason="its libraries are six gigabytes: python -m tests.support.transformers_environment",
    ),
]
TABLE = '<table><tr><td colspan="2">a</td></tr><tr><td>b</td><td>c</td></tr></table>'


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    name = VLM_FOLDERS["v1.6"]
    shutil.copytree(tiny_folder(shared_folder(tmp_path_factory)) / name, folder / name)
    layout = folder / f"{LAYOUT_NAMES['v1.6']}_safetensors"
    subprocess.run(
        [str(PYTHON), "-m", "tests.support.tiny_models.transformers_layout", str(layout)],
        cwd=REPOSITORY,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        check=True,
        capture_output=True,
        timeout=120,
    )
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Iterator[Server]:
    settings = {
        **SETTINGS,
        "MODELS_DIR": str(models),
        "INFERENCE_ENGINE": "transformers",
        "USE_DOC_ORIENTATION_CLASSIFY": "false",
        "LAYOUT_THRESHOLD": "0",
    }
    folder = tmp_path_factory.mktemp("transformers")
    with running_server(folder, "paddleocr-vl", PYTHON, **settings) as server:
        yield server


def page() -> bytes:
    image = Image.new("RGB", (600, 800), "white")
    ImageDraw.Draw(image).rectangle((50, 50, 400, 200), "black")
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def test_regions_are_found_and_read(server: Server) -> None:
    response = server.extract("page.png", page())
    assert response.status_code == 200, response.text
    answer = response.json()
    assert "transformers" in answer["engine"]["revision"]
    assert answer["elements"]
    for element in answer["elements"]:
        left, top, right, bottom = element["metadata"]["bbox"]
        assert 0 <= left < right <= 600
        assert 0 <= top < bottom <= 800
        assert 0 < element["metadata"]["layout_confidence"] < 1
    texts = [element["content"]["text"] for element in answer["elements"]]
    assert ANSWERS["OCR:"] in texts


def test_a_whole_page_is_read_as_what_was_asked_for(server: Server) -> None:
    response = server.extract("page.png", page(), layout_detection="false", prompt_label="table")
    assert response.status_code == 200, response.text
    (element,) = response.json()["elements"]
    assert element["content"]["html"] == TABLE
    assert element["metadata"]["layout_confidence"] is None


def test_paddlepaddle_is_not_there(server: Server) -> None:
    assert server.extract("page.png", page()).status_code == 200
    (process,) = server.children_named("engine-paddleocr-vl")
    libraries = {Path(each.path).name for each in process.memory_maps()}
    assert any(name.startswith("libtorch") for name in libraries)
    assert not any(name.startswith("libpaddle") for name in libraries)
