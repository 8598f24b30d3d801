"""No process of the service looks for anything on a network while it starts and reads."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from tests.support.server import REPOSITORY, running_server
from tests.support.tiny_folders import SETTINGS, needs_paddle, shared_folder, tiny_folder

WATCH = """
import os, socket, sys

def _watch(event, arguments):
    if event == "socket.getaddrinfo" or (
        event == "socket.connect" and arguments[0].family != socket.AF_UNIX
    ):
        with open(os.environ["ATTEMPTS"], "a") as log:
            log.write(f"{event} {arguments} {sys.argv}\\n")

sys.addaudithook(_watch)
with open(os.environ["ATTEMPTS"] + ".watched", "a") as log:
    log.write(f"{os.getpid()}\\n")
"""
"""Runs in every Python process, because Python imports ``sitecustomize`` by itself."""


@pytest.mark.parametrize("engine", ["onnx", pytest.param("paddleocr-vl", marks=needs_paddle)])
def test_nothing_is_looked_for_on_a_network(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, engine: str
) -> None:
    (tmp_path / "hook").mkdir()
    (tmp_path / "hook" / "sitecustomize.py").write_text(WATCH)
    attempts = tmp_path / "attempts"
    settings = {
        "PYTHONPATH": f"{tmp_path / 'hook'}:{REPOSITORY}",
        "ATTEMPTS": str(attempts),
        "APP_HOST": "127.0.0.1",
    }
    if engine == "paddleocr-vl":
        models = tiny_folder(shared_folder(tmp_path_factory))
        settings |= {**SETTINGS, "MODELS_DIR": str(models)}
    image = Image.new("RGB", (600, 800), "white")
    ImageDraw.Draw(image).text((60, 300), "Hello, world", fill="black", font_size=40)
    image.save(tmp_path / "page.png")

    with running_server(tmp_path, engine, **settings) as server:
        response = server.extract("page.png", (tmp_path / "page.png").read_bytes())
        assert response.status_code == 200, response.text
        (child,) = server.children_named("engine-")
        processes = {server.process.pid, child.pid}

    watched = {int(line) for line in Path(f"{attempts}.watched").read_text().split()}
    assert processes <= watched
    assert not attempts.exists(), attempts.read_text()
