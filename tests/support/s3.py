"""A store of objects that speaks S3's protocol, on the loopback."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from moto.server import ThreadedMotoServer


@contextmanager
def s3_server() -> Iterator[dict[str, str]]:
    """Run one; gives the environment in which a client finds it."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield {
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        }
    finally:
        server.stop()


def new_bucket(environment: dict[str, str]) -> str:
    """An empty bucket, as ``BLOB_URL`` names it."""
    name = f"documents-{secrets.token_hex(4)}"
    httpx.put(f"{environment['AWS_ENDPOINT_URL']}/{name}").raise_for_status()
    return f"s3://{name}/ocr"
