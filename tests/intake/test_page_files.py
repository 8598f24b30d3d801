import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from paddleocr_vl_service.intake.page_files import (
    MIN_SIDE,
    file_bytes,
    row_bytes,
    write_image,
    write_rows,
)
from paddleocr_vl_service.models.errors import PageFailed, StorageUnavailable
from tests.intake.making import BLACK, BLUE, GREEN, RED, WHITE, corner_colours, corners


@pytest.mark.parametrize("width", [80, 81, 82, 83])
def test_writes_what_pillow_reads(tmp_path: Path, width: int) -> None:
    path = tmp_path / "page.bmp"
    assert write_image(path, corners((width, 60))) == (width, 60)
    with Image.open(path) as image:
        assert image.size == (width, 60)
        assert image.tobytes() == corners((width, 60)).tobytes()
    assert path.stat().st_size <= file_bytes(width * 60)


def test_writes_in_bands(tmp_path: Path) -> None:
    image = corners((3000, 1400))
    write_image(tmp_path / "page.bmp", image)
    with Image.open(tmp_path / "page.bmp") as read:
        assert read.tobytes() == image.tobytes()


def test_keeps_the_resolution(tmp_path: Path) -> None:
    path = tmp_path / "page.bmp"
    write_rows(path, 1, 1, [bytes(4)], dpi=203.2)
    with Image.open(path) as image:
        assert image.info["dpi"] == pytest.approx((203.2, 203.2), rel=1e-3)


@pytest.mark.parametrize("size", [(1, 1), (5, 100), (100, 5)])
def test_pads_to_the_smallest_side(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "page.bmp"
    width, height = write_image(path, Image.new("RGB", size, RED))
    assert (width, height) == (max(size[0], MIN_SIDE), max(size[1], MIN_SIDE))
    with Image.open(path) as image:
        assert image.getpixel((0, 0)) == RED
        assert image.getpixel((width - 1, height - 1)) == WHITE


def test_row_bytes_and_file_bytes() -> None:
    assert [row_bytes(width) for width in (1, 2, 4, 5)] == [4, 8, 12, 16]
    assert file_bytes(1) >= 54 + row_bytes(MIN_SIDE) * MIN_SIDE
    assert file_bytes(1_000_000) >= 54 + row_bytes(1) * 1_000_000


def failing_rows(code: int) -> Iterator[bytes]:
    yield bytes(4)
    raise OSError(code, os.strerror(code))


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (errno.ENOSPC, StorageUnavailable),
        (errno.EDQUOT, StorageUnavailable),
        (errno.EFBIG, PageFailed),
        (errno.EIO, PageFailed),
    ],
)
def test_a_failed_file_is_removed(tmp_path: Path, code: int, error: type[Exception]) -> None:
    path = tmp_path / "page.bmp"
    with pytest.raises(error):
        write_rows(path, 1, 2, failing_rows(code), dpi=None)
    assert not path.exists()


def test_a_vanished_folder_fails_the_page(tmp_path: Path) -> None:
    with pytest.raises(PageFailed):
        write_image(tmp_path / "gone" / "page.bmp", corners())


def test_a_full_disk_is_no_fault_of_the_document(tmp_path: Path) -> None:
    path = tmp_path / "page.bmp"
    path.symlink_to("/dev/full")
    with pytest.raises(StorageUnavailable, match=r"^There is no room left for temporary files\.$"):
        write_image(path, corners())
    assert not path.is_symlink()


def test_helper_for_corners() -> None:
    assert corner_colours(corners()) == [RED, GREEN, BLUE, BLACK]
