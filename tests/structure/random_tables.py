"""Tables of shapes that chance chose, for measuring: heads over several columns and rows, spans.

A seed makes the same table every time.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.structure.blocks import Caption, Cell, Document, Paragraph, Style, Table, TableStyle
from tests.structure.prose import Prose

_NOUNS = (
    *("River", "Station", "Year", "Depth", "Remark", "Length", "Mouth", "Harbour", "Bridge"),
    *("Weir", "Spring", "Meadow", "Method", "Model", "Group", "Total", "Share", "Price", "Weight"),
    *("Width", "Region", "City", "Name", "Result", "Error", "Count", "Age", "Date", "Type"),
    *("Class", "Value", "Score", "Source", "Target", "Height", "Speed", "Level", "Grade"),
)
_ADJECTIVES = (
    *("upper", "lower", "old", "new", "first", "last", "mean", "wide", "early", "late"),
    *("dry", "wet", "long", "short"),
)


def random_table(seed: int, style: TableStyle) -> Table:
    """A table of 3 to 6 columns and 3 to 11 rows, with a head of one or two rows."""
    return _Maker(random.Random(seed)).table(style)


def random_tables(seeds: Sequence[int], style: TableStyle) -> Document:
    """A document with a table for each seed, between paragraphs."""
    prose = Prose("en", seeds[0] % 30)
    blocks: list[Paragraph | Caption | Table] = [Paragraph(prose(3))]
    for number, seed in enumerate(seeds, start=1):
        blocks += [
            Caption(f"Table {number}: What was found on the way there."),
            random_table(seed, style),
            Paragraph(prose(3)),
        ]
    font = ("serif", "sans")[seeds[0] % 2]
    return Document(f"random-{style}-{seeds[0]}", blocks, Style(font, size=9 + seeds[0] % 3))


@dataclass
class _Maker:
    chance: random.Random
    numeric: list[bool] = field(default_factory=list)

    def table(self, style: TableStyle) -> Table:
        columns = self.chance.randint(3, 6)
        self.numeric = [False, *(self.chance.random() < 0.6 for _ in range(columns - 1))]
        head = self._head(columns)
        body = self._body(columns, self.chance.randint(3, 8))
        return Table((*head, *body), style, head=len(head))

    def _head(self, columns: int) -> list[tuple[Cell | str, ...]]:
        if self.chance.random() < 0.5:
            return [tuple(self._heading() for _ in range(columns))]
        groups = self._groups(columns)
        upper: list[Cell | str] = []
        lower: list[Cell | str] = []
        for width in groups:
            if width == 1:
                upper.append(Cell(self._heading(), rows=2))
            else:
                upper.append(Cell(self._heading(), columns=width))
                lower += [self._heading() for _ in range(width)]
        return [tuple(upper), tuple(lower)]

    def _groups(self, columns: int) -> list[int]:
        """Widths of the upper head's cells, at least one of them wider than a column."""
        while True:
            groups: list[int] = [1] if self.chance.random() < 0.8 else []
            while sum(groups) < columns:
                groups.append(self.chance.randint(1, min(3, columns - sum(groups))))
            if max(groups) > 1 and len(groups) > 1:
                return groups

    def _body(self, columns: int, rows: int) -> list[tuple[Cell | str, ...]]:
        body: list[tuple[Cell | str, ...]] = []
        tied = 0
        while len(body) < rows:
            row: list[Cell | str] = []
            if tied:
                tied -= 1
            elif self.chance.random() < 0.15 and rows - len(body) > 2:
                tied = self.chance.randint(1, 2)
                row.append(Cell(self._word(), rows=tied + 1))
            else:
                row.append(self._word())
            row += self._cells(range(1, columns))
            body.append(tuple(row))
        return body

    def _cells(self, places: range) -> list[Cell | str]:
        cells: list[Cell | str] = []
        place = places.start
        while place < places.stop:
            chance = self.chance.random()
            if chance < 0.02 and place + 1 < places.stop:
                cells.append(Cell(f"not {self._word()}", columns=2))
                place += 2
                continue
            if chance < 0.06:
                cells.append("")
            elif self.numeric[place]:
                cells.append(self._number())
            elif chance < 0.14:
                cells.append(f"{self._word()}\n{self._word()}")
            else:
                cells.append(self._word())
            place += 1
        return cells

    def _heading(self) -> str:
        if self.chance.random() < 0.3:
            return f"{self.chance.choice(_NOUNS)} in {self.chance.choice('mskg')}"
        return self.chance.choice(_NOUNS)

    def _word(self) -> str:
        noun = self.chance.choice(_NOUNS)
        if self.chance.random() < 0.3:
            return f"{self.chance.choice(_ADJECTIVES)} {noun.lower()}"
        return noun

    def _number(self) -> str:
        if self.chance.random() < 0.5:
            return str(self.chance.randint(1, 9999))
        return f"{self.chance.uniform(0, 100):.2f}"
