"""A client's file name, made fit for a log line, a header or a page."""

from __future__ import annotations

import unicodedata

MAX_BYTES = 150
"""Longest cleaned name in UTF-8."""

_FALLBACK = "document"
_LONGEST_EXTENSION = 10
_UNSAFE = str.maketrans(dict.fromkeys("\"'`<>|?*:;", "_"))


def clean_filename(raw: str | None) -> str:
    """The name without folders, control and formatting characters, quotes and excess length.

    The extension survives the cut. What is left of nothing is ``document``.
    """
    name = (raw or "").replace("\\", "/").rstrip("/").rpartition("/")[2]
    name = unicodedata.normalize("NFC", "".join(_kept(character) for character in name))
    stem, extension = _split(" ".join(name.translate(_UNSAFE).split()).rstrip(". "))
    stem = _cut(stem.lstrip(". "), MAX_BYTES - len(extension.encode())).rstrip(". ")
    return (stem or _FALLBACK) + extension


def extension_of(filename: str) -> str:
    """The extension in lower case with its dot, or an empty string."""
    return _split(clean_filename(filename))[1].lower()


def _kept(character: str) -> str:
    category = unicodedata.category(character)
    if category[0] == "Z":
        return " "
    return "" if category[0] == "C" else character


def _split(name: str) -> tuple[str, str]:
    stem, dot, extension = name.rpartition(".")
    if not dot or not extension.isalnum() or len(extension.encode()) > _LONGEST_EXTENSION:
        return name, ""
    return stem, dot + extension


def _cut(text: str, size: int) -> str:
    return text.encode()[:size].decode("utf-8", "ignore")
