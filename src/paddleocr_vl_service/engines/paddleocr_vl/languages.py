"""The scripts of PaddleOCR-VL's 109 languages."""

from __future__ import annotations

SCRIPTS = (
    "Arab",
    "Cyrl",
    "Deva",
    "Grek",
    "Hang",
    "Hani",
    "Hira",
    "Kana",
    "Latn",
    "Taml",
    "Telu",
    "Thai",
)
"""ISO 15924 codes, after the appendix of the technical report (arXiv 2510.14528)."""
