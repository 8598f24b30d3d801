"""A page on its way through the host."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from paddleocr_vl_service.models.document import PageImage, PageResult, ParseOptions
from paddleocr_vl_service.models.errors import ServiceError
from paddleocr_vl_service.models.stages import EngineStage, StageTime

SHORT_PAGES = 5
"""A document of up to so many pages is short, and never waits for long ones."""

ATTEMPTS = 2
"""Calls of its own in which a page may fail."""


@dataclass(eq=False)
class DocumentTurns:
    """A document as the scheduler sees it: something whose pages take turns with others'.

    Attributes:
        pages: How many it has in all.
    """

    pages: int

    @property
    def short(self) -> bool:
        """Whether it is a short one."""
        return self.pages <= SHORT_PAGES


@dataclass(frozen=True)
class CallTimes:
    """The call in which a page was read.

    Attributes:
        begin: By the monotonic clock.
        seconds: It took.
        pages: It carried.
        stages: Of the call, as far as the engine says them.
    """

    begin: float
    seconds: float
    pages: int
    stages: Mapping[EngineStage, StageTime]


@dataclass(eq=False)
class PageTask:
    """A page that somebody waits for.

    Attributes:
        document: Whose page it is.
        image: Its file belongs to the host.
        options: What the engine is told.
        request_id: For log lines.
        answer: What the caller waits for; cancelled when the caller gave up.
        suspect: Whether it was in a call that failed: perhaps because of it, perhaps not.
        failures: Calls that failed and carried nothing else.
        queued_at: When it began to wait, by the monotonic clock.
        call: In which it was read; None before.
    """

    document: DocumentTurns
    image: PageImage
    options: ParseOptions
    request_id: str | None
    answer: asyncio.Future[PageResult] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    suspect: bool = False
    failures: int = 0
    queued_at: float = field(default_factory=time.monotonic)
    call: CallTimes | None = None

    @property
    def short(self) -> bool:
        """Whether its document is."""
        return self.document.short

    @property
    def number(self) -> int:
        """Page of the document, from 1."""
        return self.image.number

    def succeed(self, result: PageResult) -> None:
        """Hand the result to whoever still waits."""
        if not self.answer.done():
            self.answer.set_result(result)

    def fail(self, error: ServiceError) -> None:
        """Hand the error to whoever still waits."""
        if not self.answer.done():
            self.answer.set_exception(error)
