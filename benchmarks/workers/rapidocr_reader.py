"""Reads pages with rapidocr as it is when nothing is configured; runs in its own environment."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import distributions
from typing import Any

from benchmarks.workers.protocol import ReadPage, serve

_TOLD = ("rapidocr", "onnxruntime", "numpy")


def load() -> tuple[dict[str, str], ReadPage]:
    """Rapidocr with its models loaded."""
    engine: Any = import_module("rapidocr").RapidOCR()

    def read_page(path: str) -> str:
        return "\n".join(engine(path).txts or ())

    found = {each.metadata["Name"].lower(): each.version for each in distributions()}
    told = [name for name in sorted(found) if name in _TOLD or name.startswith("opencv")]
    return {name: found[name] for name in told}, read_page


if __name__ == "__main__":
    serve(load)
