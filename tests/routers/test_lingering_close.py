"""An answer before the end of an upload, with the application and the network as functions."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from starlette.types import Message, Receive, Scope, Send

from paddleocr_vl_service.routers.lingering_close import LingeringClose

PART: Message = {"type": "http.request", "body": b"x" * 100, "more_body": True}
LAST: Message = {"type": "http.request", "body": b"", "more_body": False}
GONE: Message = {"type": "http.disconnect"}
UPLOAD = [(b"content-length", b"1000")]


async def talk(
    incoming: Sequence[Message],
    *,
    headers: Sequence[tuple[bytes, bytes]] = UPLOAD,
    answer_headers: Sequence[tuple[bytes, bytes]] = ((b"connection", b"close"),),
    reads: int = 1,
) -> tuple[list[Message], int]:
    """What is sent, and how many of the incoming messages are left; after them nothing comes."""
    left, sent = list(incoming), []

    async def app(_: Scope, receive: Receive, send: Send) -> None:
        for _number in range(reads):
            await receive()
        await send({"type": "http.response.start", "status": 413, "headers": answer_headers})
        await send({"type": "http.response.body", "body": b"too large"})

    async def receive() -> Message:
        if not left:
            await asyncio.Event().wait()
        return left.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    lingering = LingeringClose(app, most_bytes=500, most_seconds=0.05)
    scope = {"type": "http", "headers": list(headers)}
    await asyncio.wait_for(lingering(scope, receive, send), 5)
    return sent, len(left)


@pytest.mark.parametrize(
    ("incoming", "left"),
    [
        ([PART, PART, PART, LAST, GONE], 1),
        ([PART, PART, GONE, GONE], 1),
        ([PART] * 20, 14),
        ([PART, PART], 0),
    ],
    ids=["to its end", "to a disconnect", "to the bound", "to the deadline"],
)
def test_the_rest_is_read_before_the_end_of_the_answer(incoming: list[Message], left: int) -> None:
    sent, unread = asyncio.run(talk(incoming))
    assert [message.get("body") for message in sent] == [None, b"too large", b""]
    assert [message.get("more_body") for message in sent] == [None, True, False]
    assert unread == left


@pytest.mark.parametrize(
    ("headers", "answer_headers", "incoming"),
    [
        (UPLOAD, [], [PART, PART, LAST]),
        (UPLOAD, [(b"connection", b"close")], [LAST, GONE]),
        ([], [(b"connection", b"close")], [LAST, GONE]),
    ],
    ids=["the connection stays open", "the upload was read", "there is no upload"],
)
def test_nothing_is_read_where_the_answer_comes_through(
    headers: list[tuple[bytes, bytes]],
    answer_headers: list[tuple[bytes, bytes]],
    incoming: list[Message],
) -> None:
    sent, unread = asyncio.run(talk(incoming, headers=headers, answer_headers=answer_headers))
    assert [message.get("body") for message in sent] == [None, b"too large"]
    assert unread == len(incoming) - 1
