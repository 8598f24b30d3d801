"""The reader as the handler of a child process: JSON in, JSON out."""

from __future__ import annotations

import logging
import resource
from typing import Any

from paddleocr_vl_service.intake.page_files import file_bytes
from paddleocr_vl_service.intake.reader import Reader
from paddleocr_vl_service.intake.types import FACTS, INSPECT, PAGE, RENDER

_BASE_MEMORY = 2 << 30
_BYTES_A_PIXEL = 24  # as decoded, turned, converted to 32-bit floats and back


class ReaderHandler:
    """Answers ``inspect`` and ``render``.

    Args:
        config: ``max_pixels``, and nothing else.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        max_pixels = int(config["max_pixels"])
        _limit_resources(max_pixels)
        # What they have to say of a document is no business of the service's log.
        for library in ("PIL", "pypdfium2"):
            logging.getLogger(library).setLevel(logging.CRITICAL)
        self._reader = Reader(max_pixels)

    def handle(self, method: str, payload: Any) -> Any:
        """Answer one call."""
        if method == "inspect":
            facts = self._reader.inspect(INSPECT.validate_python(payload))
            return FACTS.dump_python(facts, mode="json")
        if method == "render":
            page = self._reader.render(RENDER.validate_python(payload))
            return PAGE.dump_python(page, mode="json")
        raise ValueError(f"no such method: {method}")

    def close(self) -> None:
        """Close every document."""
        self._reader.close()


def _limit_resources(max_pixels: int) -> None:
    """Keep a hostile document from filling the memory or the disk."""
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, file_bytes(max_pixels))
    _lower(resource.RLIMIT_AS, _BASE_MEMORY + _BYTES_A_PIXEL * max_pixels)


def _lower(limit: int, value: int) -> None:
    _, hard = resource.getrlimit(limit)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(limit, (value, value))
