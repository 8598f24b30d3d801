"""One tiny page and a setup with the echo engine."""

from pathlib import Path

import pytest

from benchmarks.pages import Page, own_pages
from benchmarks.setup import Setup
from tests.support.server import ECHO_ENGINE


@pytest.fixture
def page(tmp_path: Path) -> Page:
    (page,) = own_pages(tmp_path / "pages", dpi=20, most=1)
    return page


@pytest.fixture
def setup(page: Page, tmp_path: Path) -> Setup:
    return Setup(
        pages=(page,),
        engine=ECHO_ENGINE,
        processes=1,
        rounds=1,
        starts=1,
        pairs=1,
        rivals=(),
        folder=tmp_path,
        logs=tmp_path,
        tell=lambda what: None,
    )
