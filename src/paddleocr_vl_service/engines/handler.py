"""An engine as the handler of a child process: JSON in, JSON out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter

from paddleocr_vl_service.engines.base import EngineCapabilities, EngineConfig
from paddleocr_vl_service.engines.registry import load_engine
from paddleocr_vl_service.engines.stage_clock import CLOCK
from paddleocr_vl_service.models.document import PageImage, PageResult, ParseOptions
from paddleocr_vl_service.models.stages import EngineStage, StageTime


@dataclass(frozen=True)
class ParseAnswer:
    """What an engine call brought.

    Attributes:
        results: One a page, in the order given.
        stages: Of the call as a whole; those that the engine says.
    """

    results: list[PageResult]
    stages: dict[EngineStage, StageTime] = field(default_factory=dict)


CAPABILITIES: TypeAdapter[EngineCapabilities] = TypeAdapter(EngineCapabilities)
CONFIG: TypeAdapter[EngineConfig] = TypeAdapter(EngineConfig)
OPTIONS: TypeAdapter[ParseOptions] = TypeAdapter(ParseOptions)
PAGES: TypeAdapter[list[PageImage]] = TypeAdapter(list[PageImage])
ANSWER: TypeAdapter[ParseAnswer] = TypeAdapter(ParseAnswer)


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
            CLOCK.start()
            results = self._engine.parse(pages, options)
            return ANSWER.dump_python(ParseAnswer(results, CLOCK.taken()), mode="json")
        raise ValueError(f"no such method: {method}")

    def close(self) -> None:
        """Release the engine."""
        self._engine.close()
