"""Whether an image file is all there, told from its structure without decoding it."""

from __future__ import annotations

import mmap
from pathlib import Path

from paddleocr_vl_service.intake.types import DocumentKind

_JPEG_STANDALONE = frozenset([0x01, *range(0xD0, 0xD8)])
_JPEG_START_OF_SCAN = 0xDA
_JPEG_END = b"\xff\xd9"
_BMP_UNCOMPRESSED = (0, 3)


def is_cut_off(path: Path, kind: DocumentKind) -> bool:
    """Whether the end of a JPEG, PNG or BMP is missing; False where the structure is unclear."""
    if path.stat().st_size == 0:
        return True
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if kind is DocumentKind.JPEG:
            return _jpeg_is_cut_off(data)
        if kind is DocumentKind.PNG:
            return _png_is_cut_off(data)
        return _bmp_is_cut_off(data)


def _jpeg_is_cut_off(data: mmap.mmap) -> bool:
    # An end marker before the first scan belongs to an embedded thumbnail.
    position = 2
    while position + 4 <= len(data):
        if data[position] != 0xFF:
            return False
        marker = data[position + 1]
        if marker == 0xFF:
            position += 1
        elif marker in _JPEG_STANDALONE:
            position += 2
        elif marker == _JPEG_START_OF_SCAN:
            return data.find(_JPEG_END, position) < 0
        else:
            position += 2 + max(2, int.from_bytes(data[position + 2 : position + 4], "big"))
    return True


def _png_is_cut_off(data: mmap.mmap) -> bool:
    position = 8
    while position + 12 <= len(data):
        if data[position + 4 : position + 8] == b"IEND":
            return False
        position += 12 + int.from_bytes(data[position : position + 4], "big")
    return True


def _bmp_is_cut_off(data: mmap.mmap) -> bool:
    if len(data) < 26:
        return True
    start = int.from_bytes(data[10:14], "little")
    if int.from_bytes(data[14:18], "little") == 12:
        width, height, bits = (int.from_bytes(data[i : i + 2], "little") for i in (18, 20, 24))
    else:
        if len(data) < 34:
            return True
        if int.from_bytes(data[30:34], "little") not in _BMP_UNCOMPRESSED:
            return False
        width = int.from_bytes(data[18:22], "little")
        height = abs(int.from_bytes(data[22:26], "little", signed=True))
        bits = int.from_bytes(data[28:30], "little")
    return start + (width * bits + 31) // 32 * 4 * height > len(data)
