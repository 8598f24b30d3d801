"""Fonts that the machine has, for documents with known text."""

from pathlib import Path

import pytest

_PLACES = ("/usr/share/fonts", "/usr/local/share/fonts")
_FILES = {
    "sans": "DejaVuSans.ttf",
    "serif": "DejaVuSerif.ttf",
    "cjk": "NotoSansCJK-Regular.ttc",
    "hangul": "NotoSansCJK-Regular.ttc",
    "cyrillic": "DejaVuSans.ttf",
    "arabic": "NotoNaskhArabic-Regular.ttf",
    "hebrew": "NotoSansHebrew-Regular.ttf",
    "thai": "NotoSansThai-Regular.ttf",
    "devanagari": "NotoSansDevanagari-Regular.ttf",
}


def font_file(style: str) -> Path:
    """The font file of a style; skips the test where the machine does not have it."""
    name = _FILES[style]
    for place in _PLACES:
        if found := next(Path(place).rglob(name), None):
            return found
    pytest.skip(f"needs the font {name}")
