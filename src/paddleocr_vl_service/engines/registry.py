"""Which engines there are, and which one a configuration means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

from paddleocr_vl_service.engines.base import Engine, EngineConfig
from paddleocr_vl_service.engines.paddleocr_vl.languages import SCRIPTS as PADDLEOCR_VL_SCRIPTS


@dataclass(frozen=True)
class EngineEntry:
    """Where an engine's class is.

    Attributes:
        name: As ``ENGINE`` calls it.
        factory: ``module:Class``, made with an `EngineConfig`.
        uses_gpu: Whether it can run on one at all.
        scripts: ISO 15924 codes of what it reads, known before it is loaded.
        uses_tesseract: Whether tesseract reads further scripts for it where that is asked for.
        is_large: Whether one process takes a machine for itself, so that there is one by default.
    """

    name: str
    factory: str
    uses_gpu: bool = False
    scripts: tuple[str, ...] = ()
    uses_tesseract: bool = False
    is_large: bool = False


ENGINES = {
    entry.name: entry
    for entry in (
        EngineEntry(
            name="onnx",
            factory="paddleocr_vl_service.engines.onnx.engine:OnnxEngine",
            scripts=("Hani", "Hira", "Kana", "Latn"),
            uses_tesseract=True,
        ),
        EngineEntry(
            name="paddleocr-vl",
            factory="paddleocr_vl_service.engines.paddleocr_vl.engine:PaddleOCRVLEngine",
            uses_gpu=True,
            scripts=PADDLEOCR_VL_SCRIPTS,
            is_large=True,
        ),
    )
}


def find_engine(name: str) -> EngineEntry:
    """The engine of that name, or of that ``module:Class``.

    Raises:
        ValueError: There is none; the message is one sentence for whoever set ``ENGINE``.
    """
    if ":" in name:
        _check_importable(name)
        return EngineEntry(name, factory=name, uses_gpu=True)
    try:
        return ENGINES[name]
    except KeyError:
        known = ", ".join(sorted(ENGINES))
        raise ValueError(
            f"ENGINE={name} is not known here: use auto, {known}, or module:Class of your own"
        ) from None


def _check_importable(factory: str) -> None:
    """Find the module without importing it: an engine's libraries belong into its own process."""
    module = factory.partition(":")[0]
    try:
        found = find_spec(module)
    except (ImportError, ValueError):
        found = None
    if found is None:
        raise ValueError(f"ENGINE={factory} cannot be found: there is no module {module}")


def load_engine(factory: str, config: EngineConfig) -> Engine:
    """Import an engine's class and make one; its models are loaded by its ``warmup``."""
    module, _, name = factory.partition(":")
    make: Callable[[EngineConfig], Engine] = getattr(import_module(module), name)
    return make(config)
