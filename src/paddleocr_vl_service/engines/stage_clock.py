"""How long the stages of an engine call take, measured inside the engine's process.

An engine that wants its stages known wraps them: ``with CLOCK.running(Stage.LAYOUT): ...``. One
that does not is measured as a whole, from outside.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from paddleocr_vl_service.models.stages import EngineStage, StageTime


class StageClock:
    """Adds up the stages of one call at a time.

    Different stages may run in threads side by side; the same one may not.
    """

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._stages: dict[EngineStage, StageTime] = {}

    def start(self) -> None:
        """A call begins."""
        self._started = time.monotonic()
        self._stages = {}

    @contextmanager
    def running(self, stage: EngineStage) -> Iterator[None]:
        """The time inside belongs to the stage, whatever becomes of it."""
        begun = time.monotonic()
        try:
            yield
        finally:
            seconds = time.monotonic() - begun
            before = self._stages.get(stage)
            self._stages[stage] = (
                StageTime(max(0.0, begun - self._started), seconds)
                if before is None
                else StageTime(before.begin, before.seconds + seconds)
            )

    def taken(self) -> dict[EngineStage, StageTime]:
        """What the call's stages took so far."""
        return dict(self._stages)


CLOCK = StageClock()
"""Of this process, which runs one engine call at a time."""
