"""Strangers name addresses; none of them leads into the house."""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from typing import Any

import pytest

from paddleocr_vl_service.security.outbound_guard import (
    OutboundRefused,
    check_url,
    is_public,
    post,
    resolve,
)
from tests.support.loopback import QuietHandler, serving

INSIDE = [
    "127.0.0.1",
    "127.8.9.10",
    "10.0.0.1",
    "172.16.5.4",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "192.0.2.1",
    "192.0.0.192",
    "168.63.129.16",
    "fec0::1",
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001:0:7f00:1::",
]


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_inside(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:2800:220:1:248:1893:25c8:1"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/",
        "file:///etc/passwd",
        "example.org/hook",
        "http://",
        "http://user:secret@example.org/",
        "http://example.org:99999/",
        "http://example.org:0/",
        "http://exa mple.org/",
        "http://example.org/\r\nX: y",
        "http://[::1/",
        "https://example.org/caf\u00e9",
        "https://example.org/?q=\u00e9",
        "https://example.org/" + "x" * 2000,
    ],
)
def test_urls_that_are_none_of_the_web(url: str) -> None:
    with pytest.raises(OutboundRefused):
        check_url(url)


def named(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Let every name stand for these addresses."""

    def found(host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", found)


def test_a_name_for_an_address_inside_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    named(monkeypatch, "93.184.216.34", "10.0.0.7")
    with pytest.raises(OutboundRefused, match=r"hooks\.example stands for an address that is not"):
        resolve("https://hooks.example/x", ())


def test_a_name_that_is_allowed_may_be_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    named(monkeypatch, "10.0.0.7")
    assert resolve("http://hooks.example/x", ("hooks.example",)).addresses == ("10.0.0.7",)
    assert resolve("http://hooks.example:81/x", ("hooks.example:81",)).port == 81
    with pytest.raises(OutboundRefused):
        resolve("http://hooks.example:82/x", ("hooks.example:81",))


@pytest.mark.parametrize("host", ["127.1", "0x7f.1", "2130706433", "localhost", "[::ffff:7f00:1]"])
def test_other_ways_to_write_an_address_inside(host: str) -> None:
    with pytest.raises(OutboundRefused):
        resolve(f"http://{host}/", ())


def test_a_name_that_stands_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_: Any, **__: Any) -> Any:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", nothing)
    with pytest.raises(OutboundRefused, match="cannot be found"):
        resolve("https://nowhere.example/", ())


def test_a_receiver_that_dawdles_is_left() -> None:
    """It sends a byte now and then, so that no single wait is long."""

    class Handler(QuietHandler):
        def do_POST(self) -> None:
            with suppress(OSError):
                for letter in b"HTTP/1.1 200 OK" + b" " * 200:
                    self.wfile.write(bytes([letter]))
                    time.sleep(0.05)

    with serving(Handler) as url:
        target = resolve(url, ("127.0.0.1",))
        started = time.monotonic()
        with pytest.raises(TimeoutError):
            post(target, b"{}", {}, 0.5)
        assert time.monotonic() - started < 5
