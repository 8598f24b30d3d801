"""Puts a table's text into the cells that the structure model found, and says if they fit.

Each piece of text goes to the cell that it overlaps most, else to the nearest one: none is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from paddleocr_vl_service.engines.onnx.line_geometry import Rect, bounding_rect
from paddleocr_vl_service.engines.onnx.table_fragments import Fragment
from paddleocr_vl_service.engines.onnx.table_grid import Slot
from paddleocr_vl_service.engines.onnx.table_structure import StructureCell, TableStructure
from paddleocr_vl_service.text.joining import join_fragments_text, join_lines

_TRIM = 0.2
_LEVEL = 0.5
_LANDED = 0.3
_BESIDE = 0.5
_ROWS_WEIGH = 3.0

_LEAST_SCORE = 0.6
_LEAST_LANDED = 0.7
_MOST_CROWDED = 0.08
_MOST_TORN = 0.15
_MOST_EMPTY_ROWS = 0.3
_MOST_RAGGED = 0.2


@dataclass(frozen=True)
class FilledCell:
    """A cell with its text."""

    slot: Slot
    text: str


@dataclass(frozen=True)
class FilledTable:
    """A table with its text.

    Attributes:
        rows: Their number.
        columns: Their number.
        header_rows: How many rows at the top are the table's head.
        cells: Row by row; they cover every place of the grid once.
    """

    rows: int
    columns: int
    header_rows: int
    cells: tuple[FilledCell, ...]


@dataclass(frozen=True)
class Fit:
    """How well a structure fits a table's text; all are shares from 0 to 1.

    Attributes:
        landed: Pieces of text that lie in their cell.
        crowded: Pieces that stand beside another one, well apart, in the same cell.
        torn: Neighbours on one level that are in different rows.
        empty_rows: Rows without any text.
        ragged: Rows that the model left too short.
        score: The model's own.
    """

    landed: float
    crowded: float
    torn: float
    empty_rows: float
    ragged: float
    score: float

    @property
    def plausible(self) -> bool:
        """Whether the structure can be that of the table."""
        return (
            self.score >= _LEAST_SCORE
            and self.landed >= _LEAST_LANDED
            and self.crowded <= _MOST_CROWDED
            and self.torn <= _MOST_TORN
            and self.empty_rows <= _MOST_EMPTY_ROWS
            and self.ragged <= _MOST_RAGGED
        )


def assign(structure: TableStructure, fragments: Sequence[Fragment]) -> list[StructureCell]:
    """The cell of each fragment, in their order; the structure must have cells.

    A cell's box is where the model expects its text, and a guess where it is empty. So first
    comes what clearly lies in a cell; then it is known where columns and rows are, and the rest
    goes where these cross.
    """
    rects = [trimmed(fragment) for fragment in fragments]
    homes: list[StructureCell | None] = []
    for rect in rects:
        best = max(structure.cells, key=lambda cell: rect.share_inside(cell.rect))
        homes.append(best if rect.share_inside(best.rect) >= _LANDED else None)
    bands = _Bands(structure, rects, homes)
    return [
        home or min(structure.cells, key=lambda cell: _distance(rect, bands.area(cell)))
        for rect, home in zip(rects, homes, strict=True)
    ]


def fill(
    structure: TableStructure, fragments: Sequence[Fragment], homes: Sequence[StructureCell]
) -> FilledTable:
    """The table with each fragment in its cell (from `assign`)."""
    inside: dict[Slot, list[Fragment]] = {cell.slot: [] for cell in structure.cells}
    for fragment, home in zip(fragments, homes, strict=True):
        inside[home.slot].append(fragment)
    return FilledTable(
        structure.rows,
        structure.columns,
        structure.header_rows,
        tuple(FilledCell(cell.slot, cell_text(inside[cell.slot])) for cell in structure.cells),
    )


def measure_fit(
    structure: TableStructure, fragments: Sequence[Fragment], homes: Sequence[StructureCell]
) -> Fit:
    """Compare a structure with where the fragments (with their cells) stand."""
    placed = list(zip(fragments, homes, strict=True))
    landed = sum(trimmed(one).share_inside(home.rect) >= _LANDED for one, home in placed)
    crowded = neighbours = torn = 0
    for level in levels(fragments):
        row = [placed[index] for index in level]
        for (before, old), (after, new) in pairwise(row):
            neighbours += 1
            apart = after.rect.left - before.rect.right > _BESIDE * min(before.em, after.em)
            if old.slot == new.slot:
                crowded += apart
            else:
                torn += old.slot.row >= new.slot.row_end or new.slot.row >= old.slot.row_end
    used = {row for home in homes for row in range(home.slot.row, home.slot.row_end)}
    return Fit(
        landed=landed / max(len(fragments), 1),
        crowded=crowded / max(len(fragments), 1),
        torn=torn / max(neighbours, 1),
        empty_rows=(structure.rows - len(used)) / structure.rows,
        ragged=structure.ragged / structure.rows,
        score=structure.score,
    )


def cell_text(fragments: Sequence[Fragment]) -> str:
    """The running text of a cell: level by level, from left to right."""
    return join_lines(
        join_fragments_text([fragments[index].text for index in level])
        for level in levels(fragments)
    )


def levels(fragments: Sequence[Fragment]) -> list[list[int]]:
    """Indices of the fragments that stand side by side, from the top, each from left to right."""
    found: list[list[int]] = []
    rects = [trimmed(fragment) for fragment in fragments]
    order = sorted(
        range(len(rects)),
        key=lambda index: (rects[index].middle_y, rects[index], fragments[index].text),
    )
    for index in order:
        rect = rects[index]
        for level in found[-2:]:
            last = rects[level[-1]]
            if rect.shared_height(last) > _LEVEL * min(rect.height, last.height):
                level.append(index)
                break
        else:
            found.append([index])
    return [
        sorted(level, key=lambda index: (rects[index].left, rects[index], fragments[index].text))
        for level in found
    ]


def trimmed(fragment: Fragment) -> Rect:
    """The fragment without the margin above and below, which reaches into other rows."""
    rect = fragment.rect
    margin = _TRIM * rect.height
    return Rect(rect.left, rect.top + margin, rect.right, rect.bottom - margin)


class _Bands:
    """Where the rows and columns of a table are: around their text, else around their cells."""

    def __init__(
        self,
        structure: TableStructure,
        rects: Sequence[Rect],
        homes: Sequence[StructureCell | None],
    ) -> None:
        placed = [(rect, home.slot) for rect, home in zip(rects, homes, strict=True) if home]
        guessed = [(cell.rect, cell.slot) for cell in structure.cells]
        self._rows, self._columns = [], []
        for row in range(structure.rows):
            found = [rect for rect, slot in placed if (slot.row, slot.rows) == (row, 1)] or [
                rect for rect, slot in guessed if slot.row <= row < slot.row_end
            ]
            self._rows.append(bounding_rect(found))
        for column in range(structure.columns):
            found = [
                rect for rect, slot in placed if (slot.column, slot.columns) == (column, 1)
            ] or [rect for rect, slot in guessed if slot.column <= column < slot.column_end]
            self._columns.append(bounding_rect(found))

    def area(self, cell: StructureCell) -> Rect:
        """Where a cell's row and column cross."""
        rows = self._rows[cell.slot.row : cell.slot.row_end]
        columns = self._columns[cell.slot.column : cell.slot.column_end]
        across, down = bounding_rect(columns), bounding_rect(rows)
        return Rect(across.left, down.top, across.right, down.bottom)


def _distance(rect: Rect, area: Rect) -> tuple[float, float]:
    """How far a piece of text is from a cell's area; a row's height counts more than a width."""
    across = max(-rect.shared_width(area), 0.0)
    down = max(-rect.shared_height(area), 0.0)
    off_middle = abs(rect.middle_x - area.middle_x) + _ROWS_WEIGH * abs(
        rect.middle_y - area.middle_y
    )
    return across + _ROWS_WEIGH * down, off_middle
