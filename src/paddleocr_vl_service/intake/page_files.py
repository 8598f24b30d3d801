"""Page images on disk: uncompressed BMP, because encoding a PNG takes longer than rendering."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from PIL import Image

from paddleocr_vl_service.intake.failures import storage_error

MIN_SIDE = 32
"""Pixels; narrower images are padded with white, because engines cannot look at less."""

_HEADER = struct.Struct("<2sIHHI IiiHHIIiiII")
_HEADER_BYTES = 54
_METRES_PER_INCH = 0.0254
_BAND_BYTES = 4 << 20


def row_bytes(width: int) -> int:
    """Bytes of one row of BGR pixels in a page file, which is a multiple of four."""
    return (3 * width + 3) & ~3


def file_bytes(pixels: int) -> int:
    """An upper bound of the size of a page file of so many pixels."""
    return 4 * (pixels + MIN_SIDE * MIN_SIDE) + _HEADER_BYTES


def write_rows(
    path: Path, width: int, height: int, bands: Iterable[bytes | memoryview], dpi: float | None
) -> None:
    """Write a page file.

    Args:
        path: Where; what was written of it is removed on failure.
        width: Pixels.
        height: Pixels.
        bands: BGR rows from the top, each of `row_bytes`, any number at a time.
        dpi: Kept in the file's header.

    Raises:
        StorageUnavailable: The disk is full.
        PageFailed: The file could not be written for another reason.
    """
    size = row_bytes(width) * height
    per_metre = round((dpi or 96) / _METRES_PER_INCH)
    # A negative height says that the rows run from the top.
    header = _HEADER.pack(
        *(b"BM", _HEADER_BYTES + size, 0, 0, _HEADER_BYTES),
        *(40, width, -height, 1, 24, 0, size, per_metre, per_metre, 0, 0),
    )
    try:
        with path.open("wb") as file:
            file.write(header)
            for band in bands:
                file.write(band)
    except OSError as error:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        raise storage_error(error) from error


def write_image(path: Path, image: Image.Image) -> tuple[int, int]:
    """Write an RGB image as a page file, padded to `MIN_SIDE`.

    Returns:
        Width and height in pixels.

    Raises:
        StorageUnavailable, PageFailed: As `write_rows`.
    """
    width, height = max(image.width, MIN_SIDE), max(image.height, MIN_SIDE)
    if (width, height) != image.size:
        canvas = Image.new("RGB", (width, height), "white")
        canvas.paste(image)
        image = canvas
    stride = row_bytes(width)
    rows = max(1, _BAND_BYTES // stride)
    bands = (
        image.crop((0, top, width, min(top + rows, height))).tobytes("raw", "BGR", stride, 1)
        for top in range(0, height, rows)
    )
    write_rows(path, width, height, bands, dpi=None)
    return width, height
