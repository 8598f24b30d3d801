"""A look at something that may be slow, or away, for whoever cannot wait for it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

logger = logging.getLogger(__name__)

_T = TypeVar("_T")


class Lookup(Generic[_T]):
    """Asks one thing at a time, however many want to know.

    Args:
        ask: What is asked; may take long, hang or raise.
        seconds: How long anybody waits for the answer. One that comes later is kept for the next.
        fresh_seconds: For which an answer is given again.
    """

    def __init__(
        self, ask: Callable[[], Awaitable[_T]], seconds: float, fresh_seconds: float = 0.0
    ) -> None:
        self._ask = ask
        self._seconds = seconds
        self._fresh_seconds = fresh_seconds
        self._asking: asyncio.Task[_T | None] | None = None
        self._answer: _T | None = None
        self._answered_at = float("-inf")

    async def result(self) -> _T | None:
        """The answer; None where there is none in time."""
        if time.monotonic() - self._answered_at <= self._fresh_seconds:
            return self._answer
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._once())
        done, _ = await asyncio.wait({self._asking}, timeout=self._seconds)
        return self._asking.result() if done and not self._asking.cancelled() else None

    async def _once(self) -> _T | None:
        try:
            answer = await self._ask()
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody may fail because of it
            logger.info("Something could not be looked up", extra={"error": type(error).__name__})
            return None
        self._answer, self._answered_at = answer, time.monotonic()
        return answer

    async def close(self) -> None:
        """Ask nothing more."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait({self._asking})
