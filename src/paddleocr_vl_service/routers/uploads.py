"""Reads a multipart form from the network onto disk, never more of it than is allowed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

from paddleocr_vl_service.models.errors import OptionInvalid, UploadTooLarge

_FILE_FIELD = "file"
_MOST_FIELD_BYTES = 4096
_MOST_PARTS = 32
_WRITE_BYTES = 1 << 20
FORM_OVERHEAD_BYTES = 1 << 20
"""What a form may hold besides its file, in bytes; generous, and bounded."""


@dataclass(frozen=True)
class ReceivedForm:
    """A form whose file lies on disk.

    Attributes:
        file: Where it lies.
        size: In bytes.
        filename: As the client calls it; not to be trusted.
        fields: The other fields.
    """

    file: Path
    size: int
    filename: str
    fields: dict[str, str]


@dataclass
class _Part:
    header_name: bytearray = field(default_factory=bytearray)
    header_value: bytearray = field(default_factory=bytearray)
    headers: dict[bytes, bytes] = field(default_factory=dict)
    name: str = ""
    filename: str | None = None
    value: bytearray = field(default_factory=bytearray)


async def receive_form(
    body: AsyncIterator[bytes],
    content_type: str | None,
    folder: Path,
    *,
    known_fields: frozenset[str],
    max_file_bytes: int,
) -> ReceivedForm:
    """Stream a multipart body; its file goes to ``folder``.

    Raises:
        OptionInvalid: Not a form, no file or several, an unknown, repeated or overlong field.
        UploadTooLarge: The file passed ``max_file_bytes``; what came of it is at most that much.
        OSError: The file cannot be written.
    """
    media_type, parameters = parse_options_header(content_type)
    boundary = parameters.get(b"boundary")
    if media_type != b"multipart/form-data" or not boundary:
        raise OptionInvalid(
            "The request must be a multipart form with the document in the field 'file'.",
            field=_FILE_FIELD,
        )
    target = folder / "upload"
    receiver = _Receiver(known_fields, max_file_bytes)
    parser = MultipartParser(boundary, receiver.callbacks())
    with await asyncio.to_thread(target.open, "wb") as sink:
        received = 0
        async for chunk in body:
            received += len(chunk)
            if received > max_file_bytes + FORM_OVERHEAD_BYTES:
                raise too_large(max_file_bytes)
            try:
                parser.write(chunk)
            except FormParserError as error:
                raise OptionInvalid("The multipart form is malformed.") from error
            if len(receiver.pending) >= _WRITE_BYTES:
                await asyncio.to_thread(receiver.flush, sink)
        await asyncio.to_thread(receiver.flush, sink)
    return receiver.finish(target)


def refuse_announced_excess(headers: Mapping[str, str], max_file_bytes: int) -> None:
    """Refuse an upload that says itself that it is too large; raises `UploadTooLarge`."""
    announced = headers.get("content-length", "")
    if announced.isdigit() and int(announced) > max_file_bytes + FORM_OVERHEAD_BYTES:
        raise too_large(max_file_bytes)


def too_large(max_file_bytes: int) -> UploadTooLarge:
    """The error for a file, or a form, that passes the limit."""
    return UploadTooLarge(
        f"The file is larger than {max_file_bytes} bytes, the most that is accepted."
    )


class _Receiver:
    """Collects what the parser finds; file bytes wait in ``pending`` until they are flushed."""

    def __init__(self, known_fields: frozenset[str], max_file_bytes: int) -> None:
        self.pending = bytearray()
        self._known_fields = known_fields
        self._max_file_bytes = max_file_bytes
        self._file_bytes = 0
        self._filename: str | None = None
        self._fields: dict[str, str] = {}
        self._part = _Part()
        self._parts = 0
        self._complete = False

    def callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._header_name,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_finished,
            "on_part_data": self._data,
            "on_part_end": self._end_part,
            "on_end": self._end,
        }

    def flush(self, sink: BinaryIO) -> None:
        sink.write(self.pending)
        self.pending.clear()

    def finish(self, target: Path) -> ReceivedForm:
        if not self._complete:
            raise OptionInvalid("The multipart form is incomplete.")
        if self._filename is None:
            raise OptionInvalid(
                "The form has no file: send the document in the field 'file'.", field=_FILE_FIELD
            )
        return ReceivedForm(target, self._file_bytes, self._filename, self._fields)

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise OptionInvalid(f"The form has more than {_MOST_PARTS} fields.")
        self._part = _Part()

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._part.header_name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._part.header_value += data[start:end]

    def _header_end(self) -> None:
        part = self._part
        part.headers[bytes(part.header_name).lower()] = bytes(part.header_value)
        part.header_name.clear()
        part.header_value.clear()

    def _headers_finished(self) -> None:
        part = self._part
        _, options = parse_options_header(part.headers.get(b"content-disposition"))
        part.name = options.get(b"name", b"").decode("utf-8", "replace")
        filename = options.get(b"filename")
        if part.name not in self._known_fields:
            known = ", ".join(sorted(self._known_fields))
            raise OptionInvalid(
                f"The form has a field that is not known here; known are {known}.",
                field=part.name,
            )
        if part.name != _FILE_FIELD:
            if part.name in self._fields:
                raise OptionInvalid(f"The form has the field '{part.name}' twice.", field=part.name)
        elif not filename:
            raise OptionInvalid("The field 'file' must be a file with a name.", field=_FILE_FIELD)
        elif self._filename is not None:
            raise OptionInvalid("Send one file a request.", field=_FILE_FIELD)
        else:
            part.filename = self._filename = filename.decode("utf-8", "replace")

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._part.filename is None:
            self._part.value += data[start:end]
            if len(self._part.value) > _MOST_FIELD_BYTES:
                name = self._part.name
                raise OptionInvalid(
                    f"The field '{name}' is longer than {_MOST_FIELD_BYTES} bytes.", field=name
                )
            return
        self._file_bytes += end - start
        if self._file_bytes > self._max_file_bytes:
            raise too_large(self._max_file_bytes)
        self.pending += data[start:end]

    def _end_part(self) -> None:
        if self._part.filename is None:
            try:
                self._fields[self._part.name] = self._part.value.decode("utf-8")
            except UnicodeDecodeError as error:
                name = self._part.name
                raise OptionInvalid(f"The field '{name}' is not UTF-8.", field=name) from error

    def _end(self) -> None:
        self._complete = True
