"""The stages of reading a page or a document, as metrics and traces name them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Literal

from pydantic import Field

Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Stage(str, Enum):
    """What is done. The values are part of the metrics' interface."""

    ADMISSION = "admission"
    """A document waits for a place."""
    INTAKE = "intake"
    """A document is opened, or one of its pages is rendered."""
    QUEUE = "queue"
    """A page waits for an engine process."""
    ENGINE = "engine"
    """An engine process reads a page; what it is made of follows, where the engine says it."""
    LAYOUT = "layout"
    """Regions are looked for."""
    RECOGNITION = "recognition"
    """Text is recognised."""
    ASSEMBLY = "assembly"
    """Pages are put together."""


EngineStage = Literal[Stage.LAYOUT, Stage.RECOGNITION]
"""What only an engine can tell."""


@dataclass(frozen=True)
class StageTime:
    """A stage within an engine call.

    Attributes:
        begin: Seconds from the call's beginning to the stage's first.
        seconds: Spent in it, pauses not counted; stages may run side by side.
    """

    begin: Seconds
    seconds: Seconds
