"""Messages between a parent and its child: a length, then JSON.

JSON and not pickle, because a child reads hostile files and its parent must be able to take
whatever comes back from a child that was taken over.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from typing import Any

MAX_MESSAGE_BYTES = 8 * 1024 * 1024
"""A page densely full of text is a few hundred kB; much more would only hold up the parent."""

_DECODED_AT_ONCE = 64 * 1024
_LENGTH = struct.Struct("!I")


class MessageTooLarge(Exception):
    """The other side announced, or we were about to send, more than `MAX_MESSAGE_BYTES`."""


def encode(message: Any) -> bytes:
    """Frame a JSON value."""
    body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "surrogatepass"
    )
    if len(body) > MAX_MESSAGE_BYTES:
        raise MessageTooLarge(f"{len(body)} bytes")
    return _LENGTH.pack(len(body)) + body


def _decode(body: bytes) -> Any:
    return json.loads(body.decode("utf-8", "surrogatepass"))


def _length(header: bytes) -> int:
    (length,) = _LENGTH.unpack(header)
    if length > MAX_MESSAGE_BYTES:
        raise MessageTooLarge(f"{length} bytes")
    return int(length)


async def read_message(reader: asyncio.StreamReader) -> Any:
    """The next message; raises `asyncio.IncompleteReadError` when the other side is gone."""
    header = await reader.readexactly(_LENGTH.size)
    body = await reader.readexactly(_length(header))
    if len(body) <= _DECODED_AT_ONCE:
        return _decode(body)
    return await asyncio.to_thread(_decode, body)


def receive_message(connection: socket.socket) -> Any:
    """Blocking form of `read_message`; raises `EOFError` when the other side is gone."""
    return _decode(_receive(connection, _length(_receive(connection, _LENGTH.size))))


def _receive(connection: socket.socket, count: int) -> bytes:
    chunks = []
    while count:
        chunk = connection.recv(min(count, 1 << 20))
        if not chunk:
            raise EOFError
        chunks.append(chunk)
        count -= len(chunk)
    return b"".join(chunks)
