"""The pages of a TIFF file, found without decoding any.

Pillow would find them too, in time that grows with the square of their number and with every
frame's tags in memory.
"""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from paddleocr_vl_service.models.errors import (
    DocumentCorrupt,
    DocumentTooManyPages,
    DocumentTruncated,
    DocumentWithoutPages,
)

MAX_FRAMES = 10_000

_SUBFILE_TYPE, _WIDTH, _HEIGHT = 254, 256, 257
_DATA_TAGS = ((273, 279), (324, 325))  # where strips and tiles lie, and their lengths
_WANTED = {_SUBFILE_TYPE, _WIDTH, _HEIGHT, *(tag for pair in _DATA_TAGS for tag in pair)}
_REDUCED_OR_MASK = 0b101
_INTEGER_TYPES = {3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}


@dataclass(frozen=True)
class TiffFrame:
    """One frame: where its tags begin, and its size in pixels (0 where it is not stated)."""

    offset: int
    width: int
    height: int


@dataclass(frozen=True)
class _Layout:
    """The two forms of TIFF, each in two byte orders."""

    order: str
    big: bool

    @property
    def first_offset_at(self) -> int:
        return 8 if self.big else 4

    @property
    def offset_format(self) -> str:
        return self.order + ("Q" if self.big else "I")

    @property
    def count_format(self) -> str:
        return self.order + ("Q" if self.big else "H")

    @property
    def entry(self) -> struct.Struct:
        return struct.Struct(self.order + ("HHQ8s" if self.big else "HHI4s"))


def _layout(header: bytes) -> _Layout:
    order = "<" if header.startswith(b"II") else ">"
    return _Layout(order, big=header[2:4] in (b"+\x00", b"\x00+"))


def read_frames(file: BinaryIO) -> list[TiffFrame]:
    """Find the pages: every frame except thumbnails and masks.

    Raises:
        DocumentTruncated: A frame's tags or pixels lie behind the file's end.
        DocumentCorrupt: The chain of frames makes no sense.
        DocumentWithoutPages: There is no frame.
        DocumentTooManyPages: There are more than `MAX_FRAMES`.
    """
    return _Walk(file).frames()


class _Walk:
    """Follows the chain of frames through a file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = file.seek(0, os.SEEK_END)
        self._layout = _layout(self._read(0, 4))
        # Many frames may claim the same bytes as theirs; an honest file is read less than once.
        self._budget = 2 * self._size + (1 << 16)

    def frames(self) -> list[TiffFrame]:
        pages: list[TiffFrame] = []
        others: list[TiffFrame] = []
        seen: set[int] = set()
        offset = self._number(self._layout.first_offset_at, self._layout.offset_format)
        while offset and offset not in seen:
            if len(seen) == MAX_FRAMES:
                raise DocumentTooManyPages(
                    f"The TIFF file has more than {MAX_FRAMES} pages; send it in parts."
                )
            seen.add(offset)
            frame, is_page, offset = self._frame(offset)
            (pages if is_page else others).append(frame)
        if not seen:
            raise DocumentWithoutPages("The TIFF file has no pages.")
        return pages or others

    def _frame(self, offset: int) -> tuple[TiffFrame, bool, int]:
        layout, entry = self._layout, self._layout.entry
        count = self._number(offset, layout.count_format)
        start = offset + struct.calcsize(layout.count_format)
        self._spend(count * entry.size)
        table = self._read(start, count * entry.size)
        tags: dict[int, Sequence[int]] = {}
        for tag, kind, length, value in entry.iter_unpack(table):
            if tag in _WANTED and kind in _INTEGER_TYPES and tag not in tags:
                tags[tag] = self._values(kind, length, value)
        self._check_data(tags)
        following = self._number(start + len(table), layout.offset_format)
        frame = TiffFrame(offset, _first(tags, _WIDTH), _first(tags, _HEIGHT))
        return frame, not _first(tags, _SUBFILE_TYPE) & _REDUCED_OR_MASK, following

    def _values(self, kind: int, length: int, value: bytes) -> Sequence[int]:
        form = struct.Struct(self._layout.order + _INTEGER_TYPES[kind])
        size = form.size * length
        if size > len(value):
            self._spend(size)
            value = self._read(struct.unpack(self._layout.offset_format, value)[0], size)
        return [number for (number,) in form.iter_unpack(value[:size])]

    def _check_data(self, tags: dict[int, Sequence[int]]) -> None:
        for offsets, lengths in _DATA_TAGS:
            for offset, length in zip(tags.get(offsets, ()), tags.get(lengths, ()), strict=False):
                if offset + length > self._size:
                    raise _truncated()

    def _spend(self, size: int) -> None:
        self._budget -= size
        if self._budget < 0:
            raise DocumentCorrupt("The TIFF file is damaged and cannot be read.")

    def _number(self, offset: int, form: str) -> int:
        return int(struct.unpack(form, self._read(offset, struct.calcsize(form)))[0])

    def _read(self, offset: int, size: int) -> bytes:
        if offset + size > self._size:
            raise _truncated()
        self._file.seek(offset)
        return self._file.read(size)


def _first(tags: dict[int, Sequence[int]], tag: int) -> int:
    return next(iter(tags.get(tag, ())), 0)


def _truncated() -> DocumentTruncated:
    return DocumentTruncated("The TIFF file is cut off: it ends before its content does.")


class FrameView(io.RawIOBase):
    """A TIFF file as if one of its frames were the first, so that Pillow goes straight to it.

    Args:
        file: Stays open as long as the view is used, and is not closed with it.
        frame: One of `read_frames`.
    """

    def __init__(self, file: BinaryIO, frame: TiffFrame) -> None:
        super().__init__()
        self._file = file
        file.seek(0)
        layout = _layout(file.read(4))
        self._patched_at = layout.first_offset_at
        self._patch = struct.pack(layout.offset_format, frame.offset)

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """As of the file."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """As of the file."""
        return self._file.tell()

    def fileno(self) -> int:
        """The file's own descriptor, which libtiff reads from by itself."""
        return self._file.fileno()

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Read, with the frame's place put where the first frame's stands."""
        start = self._file.tell()
        data = bytearray(self._file.read(len(buffer)))
        for index, byte in enumerate(self._patch, self._patched_at - start):
            if 0 <= index < len(data):
                data[index] = byte
        buffer[: len(data)] = data
        return len(data)
