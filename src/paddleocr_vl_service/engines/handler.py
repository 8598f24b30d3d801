"""An engine as the handler of a child process: JSON in, JSON out."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from paddleocr_vl_service.engines.base import EngineCapabilities, EngineConfig
from paddleocr_vl_service.engines.registry import load_engine
from paddleocr_vl_service.models.document import PageImage, PageResult, ParseOptions

CAPABILITIES: TypeAdapter[EngineCapabilities] = TypeAdapter(EngineCapabilities)
CONFIG: TypeAdapter[EngineConfig] = TypeAdapter(EngineConfig)
OPTIONS: TypeAdapter[ParseOptions] = TypeAdapter(ParseOptions)
PAGES: TypeAdapter[list[PageImage]] = TypeAdapter(list[PageImage])
RESULTS: TypeAdapter[list[PageResult]] = TypeAdapter(list[PageResult])


class EngineHandler:
    """Answers ``warmup`` and ``parse``."""

    def __init__(self, config: dict[str, Any]) -> None:
        self._engine = load_engine(config["factory"], CONFIG.validate_python(config["engine"]))

    def handle(self, method: str, payload: Any) -> Any:
        """Run one engine call."""
        if method == "warmup":
            return CAPABILITIES.dump_python(self._engine.warmup(), mode="json")
        if method == "parse":
            pages = PAGES.validate_python(payload["pages"])
            options = OPTIONS.validate_python(payload["options"])
            return RESULTS.dump_python(self._engine.parse(pages, options), mode="json")
        raise ValueError(f"no such method: {method}")

    def close(self) -> None:
        """Release the engine."""
        self._engine.close()
