"""What a PromQL expression names, found without a parser of the whole language."""

from __future__ import annotations

import re
from dataclasses import dataclass

_STRING = re.compile(r'"[^"]*"')
_MATCHERS = re.compile(r"([a-zA-Z_:][\w:]*)\{([^}]*)\}")
_MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"')
_LABELS = re.compile(
    r"\b(by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)", re.IGNORECASE
)
_DURATION = re.compile(r"\[[^\]]*\]|\boffset\s+\w+")
_NAME = re.compile(r"(?<![\w.])([a-zA-Z_:][\w:]*)\b(?!\s*\()")
_WORDS = frozenset({"and", "or", "unless", "bool", "inf", "nan"})


@dataclass(frozen=True)
class Matcher:
    """A condition within braces."""

    metric: str
    label: str
    operator: str
    value: str

    @property
    def values(self) -> set[str]:
        """Those that are spelt out; none where the value is a pattern."""
        if self.operator in {"=", "!="}:
            return {self.value}
        plain = re.fullmatch(r"[\w|-]+", self.value)
        return set(self.value.split("|")) if plain else set()


def matchers(expression: str) -> list[Matcher]:
    return [
        Matcher(metric, *condition)
        for metric, inside in _MATCHERS.findall(expression)
        for condition in _MATCHER.findall(inside)
    ]


def metrics(expression: str) -> set[str]:
    """Names of all metrics."""
    rest = _MATCHERS.sub(r"\1", expression)
    for pattern in (_STRING, _LABELS, _DURATION):
        rest = pattern.sub(" ", rest)
    return {name for name in _NAME.findall(rest) if name.lower() not in _WORDS}


def grouping_labels(expression: str) -> set[str]:
    """Labels by which something is summed up or joined."""
    found = (labels for _, labels in _LABELS.findall(expression))
    return {label.strip() for labels in found for label in labels.split(",") if label.strip()}
