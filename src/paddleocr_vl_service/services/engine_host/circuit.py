"""When to try again what keeps failing."""

from __future__ import annotations

FAILURES_TO_OPEN = 3

_FIRST_DELAY = 0.5
_LONGEST_DELAY = 30.0


class Circuit:
    """Counts failures in a row; open from the third one until the next success.

    Attributes:
        reason: Why the last attempt failed, in one sentence; None after a success.
    """

    def __init__(self) -> None:
        self.reason: str | None = None
        self._failures = 0

    @property
    def open(self) -> bool:
        """Whether nobody should count on it."""
        return self._failures >= FAILURES_TO_OPEN

    @property
    def delay(self) -> float:
        """Seconds to wait before the next attempt; doubles with every failure, up to a bound."""
        if self._failures == 0:
            return 0.0
        doublings = min(self._failures - 1, 10)  # 2.0 ** 1024 would be an OverflowError
        return float(min(_LONGEST_DELAY, _FIRST_DELAY * 2.0**doublings))

    def failed(self, reason: str) -> None:
        """Note a failure."""
        self.reason = reason
        self._failures += 1

    def succeeded(self) -> None:
        """Note a success, which makes up for all failures before."""
        self.reason = None
        self._failures = 0
