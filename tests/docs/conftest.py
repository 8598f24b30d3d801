import logging
from collections.abc import Iterator

import pytest
from fastapi import FastAPI

from paddleocr_vl_service.config.settings import Settings
from paddleocr_vl_service.main import create_app


@pytest.fixture(scope="module")
def app() -> Iterator[FastAPI]:
    """The application as it is described; not started, and its logging taken back."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        yield create_app(Settings(_env_file=None))
    finally:
        logging.captureWarnings(capture=False)
        root.handlers[:] = handlers
        root.setLevel(level)
