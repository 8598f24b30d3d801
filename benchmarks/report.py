"""What was measured, as data; `report_text` makes text of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import TypeAdapter


@dataclass(frozen=True)
class Table:
    """Figures of one kind.

    Attributes:
        title: What they are.
        columns: Heads; the first column names what the row is about.
        rows: As many cells each as there are columns.
        note: How they were measured, for whoever reads nothing else.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


@dataclass(frozen=True)
class Goal:
    """A figure with the limit it should keep.

    Attributes:
        what: The figure, in words.
        limit: The most, or the least, that it may be.
        figure: What was measured; None where it could not be.
        unit: Written behind both.
        digits: Behind the point.
        bound: On which side of the limit it is good.
    """

    what: str
    limit: float
    figure: float | None
    unit: str = ""
    digits: int = 2
    bound: Literal["at most", "at least"] = "at most"

    @property
    def verdict(self) -> str:
        """Whether the limit was kept."""
        if self.figure is None:
            return "not measured"
        distance = self.limit - self.figure
        return "met" if (distance if self.bound == "at most" else -distance) >= 0 else "MISSED"

    def row(self) -> tuple[str, ...]:
        """Its cells in the table of goals."""
        shown = "–" if self.figure is None else f"{self.figure:.{self.digits}f}{self.unit}"
        return (self.what, f"{self.bound} {self.limit:g}{self.unit}", shown, self.verdict)


@dataclass(frozen=True)
class Part:
    """What one part of the benchmark brings to the report.

    Attributes:
        tables: For people.
        goals: That it measured.
        versions: Of what it ran, by name.
        raw: Every single measurement, as JSON.
    """

    tables: tuple[Table, ...]
    goals: tuple[Goal, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)
    raw: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """A whole run.

    Attributes:
        started: Date and time, UTC.
        facts: Machine, versions and inputs, by name.
        parts: By name, in the order in which they ran.
    """

    started: str
    facts: dict[str, str]
    parts: dict[str, Part]

    def tables(self) -> list[Table]:
        """All of them: goals first, facts last."""
        goals = tuple(goal.row() for part in self.parts.values() for goal in part.goals)
        versions = {
            name: text for part in self.parts.values() for name, text in part.versions.items()
        }
        facts = {"Measured": self.started, **self.facts, **versions}
        return [
            Table("Goals", ("Figure", "Goal", "Measured", "Verdict"), goals),
            *(table for part in self.parts.values() for table in part.tables),
            Table("Measured on and with", ("What", "Which"), tuple(facts.items())),
        ]

    def to_json(self) -> bytes:
        """The report with every single measurement."""
        return _REPORT.dump_json(self, indent=2)

    @classmethod
    def from_json(cls, text: bytes) -> Report:
        """An earlier report.

        Raises:
            ValueError: The text is none.
        """
        return _REPORT.validate_json(text)


_REPORT: TypeAdapter[Report] = TypeAdapter(Report)
