"""Names of jobs, of their blobs, and of a document's content."""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from pathlib import Path

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_HASH_BYTES = 1 << 20
_TIME_DIGITS, _RANDOM_DIGITS = 9, 16
_ID = re.compile(rf"job_[{_ALPHABET}]{{{_TIME_DIGITS + _RANDOM_DIGITS}}}")


def new_job_id() -> str:
    """A name that nobody can guess, and that sorts by time."""
    number = int(time.time() * 1000)
    digits = ""
    for _ in range(_TIME_DIGITS):
        number, digit = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return "job_" + digits + "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_DIGITS))


def is_job_id(text: str) -> bool:
    """Whether it is a name that `new_job_id` could have made; only those come near a path."""
    return _ID.fullmatch(text) is not None


def folder_of(job_id: str) -> str:
    """All blobs of a job are below it."""
    return f"jobs/{job_id}"


def upload_blob(job_id: str) -> str:
    """The document."""
    return f"{folder_of(job_id)}/upload"


def page_blob(job_id: str, page: int, epoch: int) -> str:
    """A page as it was read in an epoch: who comes back late writes over nobody's page."""
    return f"{folder_of(job_id)}/pages/{page}-{epoch}.json"


def document_blob(job_id: str) -> str:
    """The result."""
    return f"{folder_of(job_id)}/document.json"


def sha256_of(file: Path) -> str:
    """Of a file's content, in hexadecimal digits; blocks."""
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while chunk := content.read(_HASH_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
