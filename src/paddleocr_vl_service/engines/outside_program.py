"""Runs a program that is not ours: bounded in time and output, and gone when its parent is."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import BinaryIO

_READ_BYTES = 1 << 16

# A function that runs between fork and exec could deadlock in a process with threads.
_LAUNCHER = f"""
import ctypes, os, sys
ctypes.CDLL(None).prctl(1, {signal.SIGKILL.value})  # PR_SET_PDEATHSIG
if os.getppid() != int(sys.argv[1]):
    sys.exit(1)
os.execv(sys.argv[2], sys.argv[2:])
"""


class ProgramFailed(Exception):
    """It could not be run to its end; the message is a few words that complete "it ..."."""


def run_program(
    command: Sequence[str],
    stdin: BinaryIO,
    *,
    seconds: float,
    most_bytes: int,
    environment: Mapping[str, str],
) -> bytes:
    """Run a program and return what it writes to standard output; standard error is dropped.

    Call it from a thread that outlives the program: the kernel kills the program with that thread.

    Args:
        command: The program's absolute path and its arguments; no shell sees them.
        stdin: A file, read from where it stands; not a pipe, which somebody would have to fill.
        seconds: After which it is killed.
        most_bytes: Of output, after which it is killed.
        environment: Variables to add.

    Raises:
        ProgramFailed: It could not be started, took too long, said too much, or failed.
    """
    launcher = [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(os.getpid())]
    try:
        process = subprocess.Popen(
            [*launcher, *command],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **environment},
        )
    except OSError as error:
        raise ProgramFailed("could not be started") from error
    with process:
        try:
            output = _read(process, time.monotonic() + seconds, most_bytes)
        finally:
            process.kill()  # it has ended by itself, or must not go on
    if process.returncode != 0:
        raise ProgramFailed(f"ended with code {process.returncode}")
    return output


def _read(process: subprocess.Popen[bytes], deadline: float, most_bytes: int) -> bytes:
    """Everything up to the end of a program's output, and of the program."""
    assert process.stdout is not None  # noqa: S101 - for the type checker
    descriptor = process.stdout.fileno()
    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN)
    output = bytearray()
    while waiting.poll(max(0.0, deadline - time.monotonic()) * 1000):
        part = os.read(descriptor, _READ_BYTES)
        output += part
        if len(output) > most_bytes:
            raise ProgramFailed("said too much")
        if part:
            continue
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            break
        return bytes(output)
    raise ProgramFailed("took too long")
