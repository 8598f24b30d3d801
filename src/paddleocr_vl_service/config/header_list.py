"""HTTP headers in one line, as OpenTelemetry's variables have them."""

from __future__ import annotations

import re
from urllib.parse import unquote

_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)=([\x20-\x7e]*)")


def parse_headers(line: str) -> dict[str, str]:
    """``name=value,name=value`` with percent-encoded values; raises `ValueError` for others."""
    found = [_HEADER.fullmatch(part.strip()) for part in line.split(",") if part.strip()]
    if not all(found):
        raise ValueError("must be headers such as 'authorization=Bearer ...'")
    return {each[1]: unquote(each[2]) for each in found if each is not None}
