"""Documents for engines that do not look at them, and the name of such an engine."""

from __future__ import annotations

import io

from PIL import Image

STEADY_ENGINE = "benchmarks.workers.simulated:SteadyEngine"

_SIZE = (200, 280)


def small_image() -> bytes:
    """A white page as PNG."""
    return _saved("PNG", 1)


def small_document(pages: int) -> bytes:
    """White pages as one TIFF."""
    return _saved("TIFF", pages)


def _saved(kind: str, pages: int) -> bytes:
    page = Image.new("L", _SIZE, "white")
    buffer = io.BytesIO()
    more = {"save_all": True, "append_images": [page] * (pages - 1)} if pages > 1 else {}
    page.save(buffer, kind, **more)
    return buffer.getvalue()
