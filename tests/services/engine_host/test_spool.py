import asyncio
import logging
import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from paddleocr_vl_service.models.document import PageImage, TextLayer, TextLine
from paddleocr_vl_service.services.engine_host.spool import Spool
from tests.support.waiting import eventually


class HeldMove:
    """Holds `os.replace` until `go`."""

    def __init__(self) -> None:
        self.begun, self.go = threading.Event(), threading.Event()
        self._replace = os.replace

    def __call__(self, source: str, target: Path) -> None:
        self.begun.set()
        assert self.go.wait(5)
        self._replace(source, target)


@pytest.fixture
def held_move(monkeypatch: pytest.MonkeyPatch) -> Iterator[HeldMove]:
    move = HeldMove()
    monkeypatch.setattr(os, "replace", move)
    yield move
    move.go.set()


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    (tmp_path / "pages").mkdir()
    spool = Spool()
    spool.open(tmp_path / "pages")
    return spool


def page(folder: Path, number: int = 1) -> PageImage:
    path = folder / f"page-{number}.bmp"
    path.write_text(f"page {number}")
    return PageImage(number, str(path), 3, 4, 300.0, TextLayer((TextLine("text", (0, 0, 1, 1)),)))


def content(folder: Path) -> list[str]:
    return sorted(path.read_text() for path in folder.rglob("*") if path.is_file())


async def test_an_image_moves_and_stays_the_same(spool: Spool, tmp_path: Path) -> None:
    image = page(tmp_path)
    own = await spool.take_over(image)
    assert not Path(image.file).exists()
    assert Path(own.file).parent == tmp_path / "pages"
    assert Path(own.file).read_text() == "page 1"
    assert (own.number, own.width, own.height, own.dpi) == (1, 3, 4, 300.0)
    assert own.text_layer == image.text_layer


async def test_a_page_may_have_no_image(spool: Spool, tmp_path: Path) -> None:
    unseen = replace(page(tmp_path), path=None)
    assert await spool.take_over(unseen) is unseen
    spool.discard(unseen)
    await spool.close()
    assert content(tmp_path) == ["page 1"]


async def test_images_of_the_same_name_do_not_meet(spool: Spool, tmp_path: Path) -> None:
    first = await spool.take_over(page(tmp_path, 1))
    Path(page(tmp_path, 2).file).rename(tmp_path / "page-1.bmp")
    second = await spool.take_over(PageImage(2, str(tmp_path / "page-1.bmp"), 3, 4))
    assert Path(first.file).read_text() == "page 1"
    assert Path(second.file).read_text() == "page 2"


async def test_a_discarded_image_is_gone_when_the_spool_is_closed(
    spool: Spool, tmp_path: Path
) -> None:
    images = [await spool.take_over(page(tmp_path, number)) for number in range(5)]
    for image in images[1:]:
        spool.discard(image)
    await spool.close()
    assert content(tmp_path) == ["page 0"]
    spool.discard(images[1])  # it is no error that it is gone
    await spool.close()


async def test_an_image_that_is_gone_is_told(spool: Spool, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await spool.take_over(PageImage(1, str(tmp_path / "nothing"), 1, 1))
    assert content(tmp_path) == []


async def test_who_gives_up_during_the_move_leaves_nothing(
    spool: Spool, tmp_path: Path, held_move: HeldMove
) -> None:
    taking_over = asyncio.create_task(spool.take_over(page(tmp_path)))
    await asyncio.to_thread(held_move.begun.wait)
    taking_over.cancel()
    with pytest.raises(asyncio.CancelledError):
        await taking_over
    held_move.go.set()
    assert await asyncio.to_thread(eventually, lambda: content(tmp_path) == [])


async def test_a_file_that_cannot_be_deleted_is_a_warning_without_its_folder(
    spool: Spool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "pages" / "7.bmp"
    folder.mkdir()  # a folder cannot be unlinked, not even by root
    with caplog.at_level(logging.WARNING):
        spool.discard(PageImage(1, str(folder), 1, 1))
        await spool.close()
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert str(tmp_path) not in record.getMessage()
