"""What repeated measurements say."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """Median and range of repeated measurements."""

    median: float
    low: float
    high: float
    count: int

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        """The spread of at least one value.

        Raises:
            ValueError: There is none.
        """
        known = sorted(values)
        if not known:
            raise ValueError("nothing was measured")
        return cls(statistics.median(known), known[0], known[-1], len(known))

    def shown(self, digits: int = 2, factor: float = 1.0) -> str:
        """For people: ``1.25 (1.20–1.31)``."""
        median, low, high = (
            f"{value * factor:.{digits}f}" for value in (self.median, self.low, self.high)
        )
        return f"{median} ({low}–{high})"


def percentile(values: Iterable[float], percent: float) -> float:
    """The least of the values that so many percent of them do not exceed.

    Raises:
        ValueError: There is none.
    """
    known = sorted(values)
    if not known:
        raise ValueError("nothing was measured")
    return known[max(1, math.ceil(len(known) * percent / 100)) - 1]


def pair_ratios(ours: Iterable[float], theirs: Iterable[float]) -> list[float]:
    """Each of ours divided by the one of theirs that was measured beside it."""
    return [one / other for one, other in zip(ours, theirs, strict=True)]
