"""An answer that comes before the whole upload was read still reaches its client.

A socket that is closed with unread bytes in it is reset, and a reset destroys the answer on its
way. So the rest of the upload is read and thrown away for a while before the connection is
closed, as RFC 9112 (9.6) advises.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_MOST_BYTES = 64 << 20
_MOST_SECONDS = 5.0


class LingeringClose:
    """Reads on, within bounds, after an answer that closes the connection.

    Args:
        app: What answers; ``Connection: close`` in its headers says that it stopped reading.
        most_bytes: How much of an upload is thrown away.
        most_seconds: How long it is waited for.
    """

    def __init__(
        self, app: ASGIApp, most_bytes: int = _MOST_BYTES, most_seconds: float = _MOST_SECONDS
    ) -> None:
        self._app = app
        self._most_bytes = most_bytes
        self._most_seconds = most_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; anything but HTTP is passed on."""
        if scope["type"] != "http" or not _has_body(scope):
            await self._app(scope, receive, send)
            return
        body_read = closes = lingers = False

        async def receive_noting_the_end() -> Message:
            nonlocal body_read
            message = await receive()
            body_read = body_read or not message.get("more_body", False)
            return message

        async def send_without_the_end(message: Message) -> None:
            nonlocal closes, lingers
            if message["type"] == "http.response.start":
                closes = Headers(raw=message["headers"]).get("connection") == "close"
            elif closes and not body_read and not message.get("more_body", False):
                lingers = True
                message = {**message, "more_body": True}
            await send(message)

        await self._app(scope, receive_noting_the_end, send_without_the_end)
        if lingers:
            await self._discard(receive)
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _discard(self, receive: Receive) -> None:
        async def read_on() -> None:
            left = self._most_bytes
            while left > 0:
                message = await receive()
                if not message.get("more_body", False):
                    return
                left -= len(message["body"])

        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(read_on(), self._most_seconds)


def _has_body(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
