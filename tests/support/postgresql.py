"""A PostgreSQL server of one's own, on a free loopback port."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support.waiting import eventually

_USER = "postgres"
_SETTINGS = ("fsync=off", "max_connections=100", "shared_buffers=32MB", "unix_socket_directories=")


def find_program(name: str) -> str | None:
    """On the ``PATH``, or where Debian keeps it."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return shutil.which(name, path=os.pathsep.join([os.environ["PATH"], *map(str, places)]))


needs_postgresql = pytest.mark.skipif(
    find_program("initdb") is None, reason="PostgreSQL is not installed"
)


@dataclass
class PostgreSQL:
    """A server that is running, or was.

    Attributes:
        folder: Its data.
        port: On the loopback.
    """

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "postgres") -> str:
        """Of one of its databases."""
        return f"postgresql://{_USER}@127.0.0.1:{self.port}/{database}"

    def new_database(self, name: str) -> str:
        """An empty database; its URL."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return self.url(name)

    def start(self) -> None:
        settings = [word for each in _SETTINGS for word in ("-c", each)]
        self.process = _as_postgres(
            ["postgres", "-D", str(self.folder), "-p", str(self.port), *settings]
        )
        assert eventually(self._answers, 20)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self) -> None:
        """At once, as when a machine fails."""
        if self.process is not None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(20)
            self.process = None


@contextmanager
def postgresql(folder: Path) -> Iterator[PostgreSQL]:
    """Make and start a server."""
    data = folder / "postgresql"
    data.mkdir()
    if os.geteuid() == 0:  # which PostgreSQL refuses to run as
        user = pwd.getpwnam(_USER)
        os.chown(data, user.pw_uid, user.pw_gid)
        for parent in data.parents:
            if parent.owner() == "root" and parent.stat().st_mode & 0o001 == 0:
                parent.chmod(parent.stat().st_mode | 0o011)
    made = _as_postgres(["initdb", "-D", str(data), "-U", _USER, "-A", "trust", "-E", "UTF8"])
    assert made.wait(60) == 0
    server = PostgreSQL(data, _free_port())
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _as_postgres(command: Sequence[str]) -> subprocess.Popen[bytes]:
    program = find_program(command[0])
    assert program is not None
    options: dict[str, Any] = {}
    if os.geteuid() == 0:
        options = {"user": _USER, "group": _USER, "extra_groups": []}
    return subprocess.Popen(
        [program, *command[1:]],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        **options,
    )


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
