"""Requests to addresses that strangers name, without letting them look into the house.

The name is resolved once, the addresses are looked at, and the connection goes to one of those and
to nothing else: a name that resolves differently a moment later changes nothing. No redirect is
followed and no proxy is used.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

_PORTS = {"http": 80, "https": 443}
_TRANSLATED = (
    ipaddress.ip_network("64:ff9b::/96"),  # NAT64, RFC 6052
    ipaddress.ip_network("64:ff9b:1::/48"),
    ipaddress.ip_network("2002::/16"),  # 6to4
    ipaddress.ip_network("2001::/32"),  # Teredo
    ipaddress.ip_network("fec0::/10"),  # site-local, as QEMU gives them
)
_INSIDE = (
    ipaddress.ip_network("168.63.129.16/32"),  # Azure's own services
    ipaddress.ip_network("192.0.0.0/24"),  # where other clouds keep theirs
)
_LONGEST_URL = 2000
_MOST_ADDRESSES = 3


class OutboundRefused(Exception):
    """The address is none that the service talks to; the message is one sentence."""


@dataclass(frozen=True)
class OutboundTarget:
    """Where a request goes.

    Attributes:
        url: As it was given.
        host: Its host name.
        port: Its port.
        addresses: What the name stands for, all of them allowed.
    """

    url: SplitResult
    host: str
    port: int
    addresses: tuple[str, ...]


def check_url(url: str) -> SplitResult:
    """What can be told from the URL alone.

    Raises:
        OutboundRefused: It is none of the web, or holds a user's name.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise OutboundRefused("The URL makes no sense.") from error
    if parts.scheme not in _PORTS or not parts.hostname or port == 0:
        raise OutboundRefused("The URL must begin with http:// or https:// and name a host.")
    if parts.username is not None or parts.password is not None or len(url) > _LONGEST_URL:
        raise OutboundRefused(f"The URL must hold no user and {_LONGEST_URL} characters at most.")
    if any(character.isspace() or not character.isprintable() for character in url):
        raise OutboundRefused("The URL holds characters that belong into none.")
    if not (parts.path + parts.query).isascii():
        raise OutboundRefused("The URL's path and query must be percent-encoded.")
    return parts


def resolve(url: str, allowed_hosts: Collection[str]) -> OutboundTarget:
    """Look the host up, and at what it stands for; blocks.

    Args:
        url: To be asked.
        allowed_hosts: Names that may stand for any address, as ``host`` or ``host:port``.

    Raises:
        OutboundRefused: It stands for an address inside the house, or for none.
    """
    parts = check_url(url)
    host = parts.hostname or ""
    port = parts.port or _PORTS[parts.scheme]
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise OutboundRefused(f"The host {host} cannot be found.") from error
    addresses = tuple(dict.fromkeys(str(each[4][0]).partition("%")[0] for each in found))
    if host in allowed_hosts or f"{host}:{port}" in allowed_hosts:
        return OutboundTarget(parts, host, port, addresses)
    if not all(map(is_public, addresses)):
        raise OutboundRefused(f"The host {host} stands for an address that is not public.")
    return OutboundTarget(parts, host, port, addresses)


def is_public(address: str) -> bool:
    """Whether an address belongs to the public internet, hidden ones looked through."""
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return is_public(str(found.ipv4_mapped))
        if any(found in network for network in _TRANSLATED):
            return False
    elif any(found in network for network in _INSIDE):
        return False
    return found.is_global and not (found.is_multicast or found.is_reserved or found.is_unspecified)


def post(target: OutboundTarget, body: bytes, headers: Mapping[str, str], seconds: float) -> int:
    """Send a request and tell the status of its answer, whose body is not read; blocks.

    Args:
        target: Where it goes.
        body: Of the request.
        headers: Of the request.
        seconds: For all of it, however slowly the other side speaks; reaching it is apart.

    Raises:
        TimeoutError: It took longer.
        OSError: Nobody answers.
        http.client.HTTPException: What answers speaks something else.
    """
    connection = _connect(target, seconds)
    late = threading.Event()
    watch = threading.Timer(seconds, _hang_up, (connection, late))
    watch.start()
    try:
        path = target.url.path or "/"
        if target.url.query:
            path += f"?{target.url.query}"
        connection.request("POST", path, body=body, headers=dict(headers))
        return connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        if late.is_set():
            raise TimeoutError from error
        raise
    finally:
        watch.cancel()
        connection.close()


def _hang_up(connection: http.client.HTTPConnection, late: threading.Event) -> None:
    late.set()
    with suppress(OSError):
        connection.sock.shutdown(socket.SHUT_RDWR)


def _connect(target: OutboundTarget, seconds: float) -> http.client.HTTPConnection:
    """A connection to one of the addresses that were looked at, under the host's name."""
    failure: OSError | None = None
    for address in target.addresses[:_MOST_ADDRESSES]:
        try:
            plain = socket.create_connection((address, target.port), timeout=seconds)
        except OSError as error:
            failure = error
            continue
        return _speak(target, plain, seconds)
    raise failure or OSError("no address")


def _speak(
    target: OutboundTarget, plain: socket.socket, seconds: float
) -> http.client.HTTPConnection:
    if target.url.scheme == "http":
        connection = http.client.HTTPConnection(target.host, target.port, timeout=seconds)
        connection.sock = plain
        return connection
    secure = http.client.HTTPSConnection(target.host, target.port, timeout=seconds)
    try:
        context = ssl.create_default_context()
        secure.sock = context.wrap_socket(plain, server_hostname=target.host)
    except OSError:
        plain.close()
        raise
    return secure
