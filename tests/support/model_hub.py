"""A hub of models on the loopback, as far as ``huggingface_hub`` asks for one."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from tests.support.loopback import QuietHandler, serving

REVISION = "0123456789abcdef0123456789abcdef01234567"
_LARGE = 10_000
_FILE = re.compile(r"/PaddlePaddle/(?P<model>[^/]+)/resolve/[^/]+/(?P<file>.+)")
_API = re.compile(r"/api/models/PaddlePaddle/(?P<model>[^/?]+)(?P<rest>.*)")


@dataclass
class ModelHub:
    """What it has, and what it was asked for.

    Attributes:
        models: Content by model and file.
        cut: Files of which only the first half is sent, and then the connection closed; once they
            were cut they are not had at all.
        damaged: Files that are sent with one wrong byte.
        sent: For each request for content its model, file, first byte and number of bytes.
        announced: Sizes that are told instead of the true ones.
    """

    models: dict[str, dict[str, bytes]]
    cut: set[str] = field(default_factory=set)
    damaged: set[str] = field(default_factory=set)
    sent: list[tuple[str, str, int, int]] = field(default_factory=list)
    announced: dict[str, int] = field(default_factory=dict)
    url: str = ""


@contextmanager
def model_hub(models: dict[str, dict[str, bytes]]) -> Iterator[ModelHub]:
    """A hub on a free port."""
    found = ModelHub(models)

    class Handler(_Handler):
        hub = found

    with serving(Handler) as url:
        found.url = url
        yield found


class _Handler(QuietHandler):
    hub: ModelHub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._file(with_content=False)

    def do_GET(self) -> None:
        if (asked := _API.fullmatch(self.path)) is None:
            self._file(with_content=True)
            return
        files = self.hub.models.get(asked["model"])
        if files is None:
            self._json(404, {"error": "Repository not found"})
        elif asked["rest"].startswith("/tree/"):
            self._json(200, [self._entry(name, content) for name, content in files.items()])
        else:
            siblings = [self._sibling(name, content) for name, content in files.items()]
            name = f"PaddlePaddle/{asked['model']}"
            self._json(200, {"id": name, "modelId": name, "sha": REVISION, "siblings": siblings})

    def _entry(self, name: str, content: bytes) -> dict[str, object]:
        sibling = self._sibling(name, content)
        entry = {"type": "file", "path": name, "size": sibling["size"], "oid": sibling["blobId"]}
        if isinstance(lfs := sibling.get("lfs"), dict):
            entry["lfs"] = {"oid": lfs["sha256"], "size": lfs["size"], "pointerSize": 100}
        return entry

    def _sibling(self, name: str, content: bytes) -> dict[str, object]:
        size = self.hub.announced.get(name, len(content))
        blob = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
        told: dict[str, object] = {"rfilename": name, "size": size, "blobId": blob}
        if len(content) > _LARGE:
            digest = hashlib.sha256(content).hexdigest()
            told["lfs"] = {"sha256": digest, "size": size, "pointerSize": 100}
        return told

    def _file(self, *, with_content: bool) -> None:
        asked = _FILE.fullmatch(self.path)
        content = self.hub.models.get(asked["model"], {}).get(asked["file"]) if asked else None
        if asked is None or content is None:
            self._json(404, {"error": "Entry not found"})
            return
        name = asked["file"]
        start = 0
        if (wanted := self.headers.get("Range")) is not None:
            start = int(wanted.removeprefix("bytes=").split("-")[0])
        if name in self.hub.damaged:
            content = content[:-1] + bytes([content[-1] ^ 1])
        part = content[start:]
        if with_content and name in self.hub.cut:
            if any(each[1] == name for each in self.hub.sent):
                self._json(410, {"error": "gone for now"})
                return
            part = part[: len(part) // 2]
        self.send_response(206 if start else 200)
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.send_header("X-Repo-Commit", REVISION)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(len(content) - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        if with_content:
            self.hub.sent.append((asked["model"], name, start, len(part)))
            with suppress(ConnectionError):
                self.wfile.write(part)
            self.close_connection = len(part) < len(content) - start

    def _json(self, status: int, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
