"""What happens inside, told to whoever counts and traces it. By itself nobody does.

Metrics and traces are told the same things in the same places, and what tells them knows neither.
Never told: the text of a document, its name, a password.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from paddleocr_vl_service.models.stages import Stage

READ = "read"
"""A page's outcome where it was read; others are codes of `PageError`."""


class Meter:
    """Counts; this one does not."""

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered; method and route have few values, whatever clients sent."""

    def problem(self, code: str) -> None:
        """An error was answered."""

    def page(self, outcome: str) -> None:
        """A page was read, or failed with a code."""

    def stage(self, stage: Stage, seconds: float) -> None:
        """A stage took so long for a page, or for a document."""

    def job(self, status: str) -> None:
        """A job ended here."""

    def purge(self) -> None:
        """A job's files and results were removed here."""

    def webhook(self, outcome: str) -> None:
        """An attempt to tell somebody of a job's end was made here."""


class Span:
    """A stretch of time in a trace; this one is in none."""

    def set(self, **attributes: str | float) -> None:
        """Say something about it."""

    def rename(self, name: str) -> None:
        """Call it something else than when it began."""

    def fail(self, reason: str) -> None:
        """It went wrong; the reason is a code or the name of a class, never a message."""

    def end(self) -> None:
        """It is over."""


NO_SPAN = Span()


class Tracer:
    """Makes spans; this one makes none."""

    def request(
        self, traceparent: str | None, tracestate: str | None
    ) -> AbstractContextManager[Span]:
        """A request, within the client's trace where it names one."""
        del traceparent, tracestate
        return nullcontext(NO_SPAN)

    def span(self, name: str, **attributes: str | float) -> AbstractContextManager[Span]:
        """A part of the current span."""
        del name, attributes
        return nullcontext(NO_SPAN)

    def past(self, name: str, begin: float, seconds: float) -> None:
        """A part of the current span that is over; it began at that monotonic time."""

    def begin(self, name: str, traceparent: str | None) -> Span:
        """A span of its own that somebody ends later."""
        del name, traceparent
        return NO_SPAN

    def within(self, span: Span) -> AbstractContextManager[None]:
        """What begins inside is a part of the span."""
        del span
        return nullcontext()

    @property
    def traceparent(self) -> str | None:
        """The current span, for somebody who goes on with the trace later."""
        return None

    async def close(self) -> None:
        """Hand on what there still is."""


class Telemetry:
    """Both of them.

    Attributes:
        meter: Counts.
        tracer: Traces; put in its place when the service opens.
    """

    def __init__(self, meter: Meter | None = None, tracer: Tracer | None = None) -> None:
        self.meter = meter or Meter()
        self.tracer = tracer or Tracer()

    @contextmanager
    def stage(self, stage: Stage) -> Iterator[None]:
        """What is done inside belongs to the stage; what failed is not measured."""
        begin = time.monotonic()
        with self.tracer.span(stage.value):
            yield
        self.meter.stage(stage, time.monotonic() - begin)

    def stage_took(self, stage: Stage, begin: float, seconds: float, pages: int = 1) -> None:
        """A stage is over that nobody could watch from here.

        Args:
            stage: Which one.
            begin: By the monotonic clock.
            seconds: It took.
            pages: That were in it together, each to be counted by itself.
        """
        self.tracer.past(stage.value, begin, seconds)
        self.meter.stage(stage, seconds / pages)

    @contextmanager
    def page(self, number: int) -> Iterator[Span]:
        """A page is read inside; `page_done` says what came of it."""
        with self.tracer.span("page", **{"page.number": number}) as span:
            yield span

    def page_done(self, span: Span, failure: str | None) -> None:
        """A page was read, or failed with a code."""
        if failure is not None:
            span.fail(failure)
        self.meter.page(failure or READ)


SILENT = Telemetry()
"""Nobody is told anything. Not to be changed."""
