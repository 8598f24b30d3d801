"""Talks to a server's jobs as a client does."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from tests.support.server import Server

FINAL = ("succeeded", "failed", "cancelled")


@dataclass(frozen=True)
class Event:
    """A server-sent event; ``id`` is None where it has none of its own."""

    id: int | None
    kind: str
    data: dict[str, Any]


def submit(
    server: Server, name: str, content: bytes, key: str | None = None, **fields: str
) -> httpx.Response:
    headers = {} if key is None else {"Idempotency-Key": key}
    with server.client() as client:
        return client.post(
            "/api/v1/jobs", files={"file": (name, content)}, data=fields, headers=headers
        )


def taken(server: Server, name: str, content: bytes, **fields: str) -> str:
    """Have a document taken; the job's id."""
    response = submit(server, name, content, **fields)
    assert response.status_code == 202, response.text
    job_id: str = response.json()["id"]
    assert response.headers["Location"] == f"/api/v1/jobs/{job_id}"
    return job_id


def ask(server: Server, path: str, **parameters: str) -> httpx.Response:
    with server.client() as client:
        return client.get(f"/api/v1/jobs/{path}".rstrip("/"), params=parameters)


def job(server: Server, job_id: str) -> dict[str, Any]:
    response = ask(server, job_id)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def finished(server: Server, job_id: str, seconds: float = 60) -> dict[str, Any]:
    """The job when it is finished."""
    deadline = time.monotonic() + seconds
    while (found := job(server, job_id))["status"] not in FINAL:
        assert time.monotonic() < deadline, f"still {found}\n{server.log()[-3000:]}"
        time.sleep(0.05)
    return found


def delete(server: Server, job_id: str, **parameters: str) -> httpx.Response:
    with server.client() as client:
        return client.delete(f"/api/v1/jobs/{job_id}", params=parameters)


def events(server: Server, job_id: str, after: int | None = None) -> Iterator[Event]:
    """A job's events, until the server or the caller ends the stream."""
    headers = {} if after is None else {"Last-Event-ID": str(after)}
    with (
        server.client(timeout=30) as client,
        client.stream("GET", f"/api/v1/jobs/{job_id}/events", headers=headers) as response,
    ):
        assert response.status_code == 200
        fields: dict[str, str] = {}
        for line in response.iter_lines():
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif "event" in fields:
                number = fields.get("id")
                data = json.loads(fields["data"])
                yield Event(int(number) if number else None, fields["event"], data)
                fields = {}
            else:
                fields = {}
