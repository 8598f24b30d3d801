"""How alike two short texts are: OCR reads one line a little differently each time."""

from __future__ import annotations

from collections import Counter

_ENOUGH = 0.8


def alike(one: str, other: str) -> bool:
    """Whether two texts share most of their pairs of neighbouring characters (Dice's measure)."""
    if one == other:
        return True
    if not one or not other:
        return False
    pairs, others = _pairs(one), _pairs(other)
    count = sum(pairs.values()) + sum(others.values())
    return 2 * sum((pairs & others).values()) >= _ENOUGH * count


def _pairs(text: str) -> Counter[str]:
    padded = f" {text} "
    return Counter(padded[place : place + 2] for place in range(len(padded) - 1))
