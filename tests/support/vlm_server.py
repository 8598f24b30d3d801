"""A VLM server that knows the protocol and nothing else: it refuses what a real one would.

It answers ``GET /v1/models`` and ``POST /v1/chat/completions`` as upstream's documentation of its
servers says, with fixed texts for each prompt, and can be told to misbehave.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import math
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from PIL import Image

ANSWERS = {
    "OCR:": "Read by the server.",
    "Table Recognition:": "<fcel>a<lcel><nl><fcel>b<fcel>c<nl>",
    "Formula Recognition:": "\\[E = mc^2\\]",
    "Chart Recognition:": "year | value\n2024 | 7",
    "Seal Recognition:": "Seal of the server",
    "Spotting:": "",
}
PROBABILITY = 0.81
LOOP = "all work and no play "


class Mode(str, Enum):
    """How the server behaves."""

    OK = "ok"
    SLOW = "slow"
    FAILING = "500"
    NO_JSON = "no-json"
    NO_CHOICES = "no-choices"
    LOOPING = "looping"
    """Answers text prompts with a loop, unless it is asked to sample."""
    ALWAYS_LOOPING = "always-looping"
    LOADING = "loading"


@dataclass
class Seen:
    """One request for a completion."""

    prompt: str
    image: str
    size: tuple[int, int]
    body: dict[str, Any]
    key: str | None


@dataclass
class VlmServer:
    """A running server; attributes may be changed while it runs.

    Attributes:
        image_format: What it takes: JPEG, or PNG as llama.cpp does.
        key: Asked for as a bearer token; None is without.
        mode: How it behaves.
        failures_left: So many requests are answered 500, whatever the mode.
        seconds: How long an answer takes when slow.
        seen: Requests that were found to be in order.
        refused: Why requests were answered 400.
        most_at_once: Requests that were in hand at a time, at most.
        connections: That are open.
    """

    image_format: str = "JPEG"
    key: str | None = None
    mode: Mode = Mode.OK
    failures_left: int = 0
    seconds: float = 0.2
    seen: list[Seen] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    most_at_once: int = 0
    connections: set[socket.socket] = field(default_factory=set)
    _at_once: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _server: ThreadingHTTPServer | None = None
    _port: int = 0

    @property
    def url(self) -> str:
        """Of the API."""
        return f"http://127.0.0.1:{self._port}/v1"

    def up(self) -> None:
        """Listen, on the same port as before."""
        owner = self

        class Handler(_Handler):
            vlm = owner

        self._server = _Server(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def down(self) -> None:
        """Refuse connections, and end those there are."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
            for connection in self.connections.copy():
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    @contextmanager
    def in_hand(self) -> Iterator[None]:
        """Count a request that is being answered."""
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            yield
        finally:
            with self._lock:
                self._at_once -= 1

    def fails_now(self) -> bool:
        """Whether this request is one that fails."""
        with self._lock:
            if self.failures_left:
                self.failures_left -= 1
                return True
        return self.mode is Mode.FAILING


@contextmanager
def vlm_server(**options: Any) -> Iterator[VlmServer]:
    """A server on a free loopback port."""
    server = VlmServer(**options)
    server.up()
    try:
        yield server
    finally:
        server.down()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True


class _Refused(Exception):
    """The request is not what the protocol says."""


class _Handler(BaseHTTPRequestHandler):
    vlm: VlmServer
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        self.vlm.connections.add(self.connection)

    def finish(self) -> None:
        self.vlm.connections.discard(self.connection)
        with suppress(OSError):
            super().finish()

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the base class's name
        pass

    def do_GET(self) -> None:
        if self.path != "/v1/models":
            self._answer(404, _error("no such path"))
        elif not self._has_key():
            self._answer(401, _error("wrong key"))
        elif self.vlm.mode is Mode.LOADING:
            self._answer(503, _error("Loading model"))
        else:
            self._answer(200, {"object": "list", "data": [{"id": "tiny", "object": "model"}]})

    def do_POST(self) -> None:
        announced = int(self.headers["Content-Length"])
        content = self.rfile.read(announced)
        if len(content) < announced:  # the client has gone
            self.close_connection = True
            return
        if self.path != "/v1/chat/completions":
            self._answer(404, _error("no such path"))
            return
        if not self._has_key():
            self._answer(401, _error("wrong key"))
            return
        with self.vlm.in_hand(), suppress(ConnectionError):
            self._complete(content)

    def _has_key(self) -> bool:
        return self.vlm.key is None or self.headers["Authorization"] == f"Bearer {self.vlm.key}"

    def _complete(self, content: bytes) -> None:
        try:
            seen = _checked(json.loads(content), self.vlm.image_format)
        except (_Refused, ValueError) as error:
            self.vlm.refused.append(str(error))
            self._answer(400, _error(str(error)))
            return
        seen.key = self.headers["Authorization"]
        self.vlm.seen.append(seen)
        if self.vlm.mode is Mode.SLOW:
            time.sleep(self.vlm.seconds)
        if self.vlm.fails_now():
            self._answer(500, _error("the model crashed"))
        elif self.vlm.mode is Mode.NO_JSON:
            self._answer(200, b"<html>not what you want</html>")
        elif self.vlm.mode is Mode.NO_CHOICES:
            self._answer(200, {"id": "1", "object": "chat.completion", "choices": []})
        else:
            self._answer(200, self._completion(seen))

    def _completion(self, seen: Seen) -> dict[str, Any]:
        text, reason = ANSWERS[seen.prompt], "stop"
        sampled = seen.body.get("temperature", 0) > 0
        loops = self.vlm.mode is Mode.ALWAYS_LOOPING or (
            self.vlm.mode is Mode.LOOPING and not sampled
        )
        if loops and seen.prompt == "OCR:":
            text, reason = "A beginning. " + LOOP * 200, "length"
        choice: dict[str, Any] = {
            "index": 0,
            "finish_reason": reason,
            "message": {"role": "assistant", "content": text},
        }
        if seen.body.get("logprobs"):
            token: dict[str, Any] = {"token": "x", "bytes": None, "top_logprobs": []}
            choice["logprobs"] = {"content": [{**token, "logprob": math.log(PROBABILITY)}] * 3}
        return {
            "id": "1",
            "object": "chat.completion",
            "created": 1,
            "model": seen.body["model"],
            "choices": [choice],
        }

    def _answer(self, status: int, body: dict[str, Any] | bytes) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _error(message: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "code": None}}


def _checked(body: dict[str, Any], image_format: str) -> Seen:
    if not isinstance(body.get("model"), str):
        raise _Refused("no model")
    limit = "max_tokens" if image_format == "PNG" else "max_completion_tokens"
    if not isinstance(body.get(limit), int):
        raise _Refused(f"no {limit}")
    if not isinstance(body.get("temperature"), int | float):
        raise _Refused("no temperature")
    (message,) = body["messages"]
    kinds = {part["type"]: part for part in message["content"]}
    if message["role"] != "user" or set(kinds) != {"image_url", "text"}:
        raise _Refused("not one image and one text of a user")
    prompt = kinds["text"]["text"]
    if prompt not in ANSWERS:
        raise _Refused(f"unknown prompt {prompt}")
    return Seen(prompt, *_image(kinds["image_url"]["image_url"]["url"], image_format), body, None)


def _image(url: str, image_format: str) -> tuple[str, tuple[int, int]]:
    head, _, data = url.partition(",")
    if head != f"data:image/{image_format.lower()};base64":
        raise _Refused(f"an image that is announced as {head}")
    try:
        with Image.open(io.BytesIO(base64.b64decode(data, validate=True))) as image:
            image.load()
            if image.format != image_format:
                raise _Refused(f"an image that is {image.format}")
            return image.format, image.size
    except (binascii.Error, OSError) as error:
        raise _Refused("an image that cannot be decoded") from error
