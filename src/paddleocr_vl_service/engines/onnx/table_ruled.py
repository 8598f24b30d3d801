"""Tables that are ruled: grids of level and upright rules, their cells and their spans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from paddleocr_vl_service.engines.onnx.line_geometry import (
    PlacedLine,
    Rect,
    bounding_rect,
    typical_em,
)
from paddleocr_vl_service.engines.onnx.rules import Rules
from paddleocr_vl_service.engines.onnx.table_filling import (
    assign,
    levels,
    measure_fit,
    trimmed,
)
from paddleocr_vl_service.engines.onnx.table_fragments import Fragment
from paddleocr_vl_service.engines.onnx.table_grid import Slot
from paddleocr_vl_service.engines.onnx.table_structure import StructureCell, TableStructure

_TOUCH = 0.4
_SAME_EDGE = 0.3
_DRAWN = 0.6
_NEAR = 4.0
_BLANK, _WHOLE = 0.2, 0.8
_MOST_BROKEN = 0.1
_CLEAR = 0.2
_LONG = 2.0
_TEXT_IN_CELL = 0.4
_USED = 0.5
_LONG_CELL = 8
_MOST_LONG = 0.5
_LEAST_TEXT = 0.02
_OPEN_SIDE = 0.8
_MOST_CROWDED = 0.08
_ROWS_IN_ROW = 3
_MOSTLY_WHOLE = 0.6
_MOST_PACKED = 0.5
_OFF_MIDDLE = 0.75


@dataclass(frozen=True)
class RuledGrid:
    """A grid of rules.

    Attributes:
        xs: Edges of its columns, from the left.
        ys: Edges of its rows, from the top.
        slots: Cells; they cover every place of the grid once.
        sure: Most of its rules run through; broken ones leave doubt what is one cell.
    """

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    slots: tuple[Slot, ...]
    sure: bool = True

    @property
    def rect(self) -> Rect:
        """All of it."""
        return Rect(self.xs[0], self.ys[0], self.xs[-1], self.ys[-1])

    @property
    def rows(self) -> int:
        """Their number."""
        return len(self.ys) - 1

    @property
    def columns(self) -> int:
        """Their number."""
        return len(self.xs) - 1

    def area(self, slot: Slot) -> Rect:
        """The place of a cell on the page."""
        return Rect(
            self.xs[slot.column],
            self.ys[slot.row],
            self.xs[slot.column_end],
            self.ys[slot.row_end],
        )

    def structure(self) -> TableStructure:
        """As a table without a head; the rules leave no doubt."""
        cells = tuple(StructureCell(slot, self.area(slot)) for slot in self.slots)
        return TableStructure(self.rows, self.columns, 0, cells, 1.0)


def find_grids(rules: Rules, em: float) -> list[RuledGrid]:
    """Grids of at least two rows and two columns, whatever stands in them, from the top."""
    grids = [_grid(group, em) for group in _connected(rules, em)]
    return sorted((grid for grid in grids if grid), key=lambda grid: (grid.ys[0], grid.xs[0]))


def holds_table(grid: RuledGrid, lines: Sequence[PlacedLine]) -> bool:
    """Whether text stands in a grid as in a table.

    Most rows and columns have some. Charts with grid lines have theirs beside them, boxes with
    columns of running text have most of it in long cells, sheets to be filled in have hardly any.
    """
    rows: set[int] = set()
    columns: set[int] = set()
    lengths: dict[Slot, int] = {}
    characters: dict[Slot, int] = {}
    for line in lines:
        for slot in grid.slots:
            area = grid.area(slot)
            if (
                area.shared_width(line.rect) > _TEXT_IN_CELL * min(line.em, line.rect.width)
                and area.shared_height(line.rect) > _TEXT_IN_CELL * line.rect.height
            ):
                rows.update(range(slot.row, slot.row_end))
                columns.update(range(slot.column, slot.column_end))
                lengths[slot] = lengths.get(slot, 0) + 1
                characters[slot] = characters.get(slot, 0) + len(line.text)
    text = sum(line.rect.area for line in lines)
    long = sum(count for slot, count in characters.items() if lengths[slot] > _LONG_CELL)
    return (
        len(lengths) > 3
        and len(rows) >= max(2, _USED * grid.rows)
        and len(columns) >= max(2, _USED * grid.columns)
        and long <= _MOST_LONG * sum(characters.values())
        and text >= _LEAST_TEXT * grid.rect.area
    )


def ruled_structure(
    rules: Rules, lines: Sequence[PlacedLine], fragments: Sequence[Fragment]
) -> TableStructure | None:
    """The structure of a table whose cells are all bounded; None where rules are only some of it.

    Args:
        rules: In the table's place.
        lines: Of the table.
        fragments: Of the lines.
    """
    for grid in find_grids(rules, typical_em(lines)):
        inside = [
            fragment
            for fragment in fragments
            if grid.rect.left < fragment.rect.middle_x < grid.rect.right
            and grid.rect.top < fragment.rect.middle_y < grid.rect.bottom
        ]
        if grid.sure and len(inside) == len(fragments):
            parted = _joined(_parted(grid, fragments), fragments)
            if not _packed(parted, fragments):
                return parted.structure()
    return None


def _parted(grid: RuledGrid, fragments: Sequence[Fragment]) -> RuledGrid:
    """A grid whose joined cells are parted again where text stands in each part.

    A piece of a rule may be too faint to be seen; text that spans columns runs across them.
    """
    slots: list[Slot] = []
    for slot in grid.slots:
        area = grid.area(slot)
        inside = [one for one in fragments if trimmed(one).share_inside(area) > _TEXT_IN_CELL]
        edges = grid.xs[slot.column + 1 : slot.column_end]
        crossed = any(
            one.rect.left + _CLEAR * one.em < edge < one.rect.right - _CLEAR * one.em
            for one in inside
            for edge in edges
        )
        level = max((len(row) for row in levels(inside)), default=0)
        if crossed or level < 2:
            slots.append(slot)
            continue
        slots += [
            Slot(slot.row, column, slot.rows) for column in range(slot.column, slot.column_end)
        ]
    return replace(grid, slots=tuple(slots))


def _joined(grid: RuledGrid, fragments: Sequence[Fragment]) -> RuledGrid:
    """A grid whose neighbouring cells are one where text runs across the edge between them.

    A rule that ends above a cell and goes on below it may have been taken for one that runs
    through; no text stands on a rule.
    """
    slots = list(grid.slots)
    used = {
        slot
        for slot in slots
        for one in fragments
        if trimmed(one).share_inside(grid.area(slot)) > _TEXT_IN_CELL
    }
    for one in fragments:
        margin = _CLEAR * one.em
        crossed = [
            slot
            for slot in slots
            if (area := grid.area(slot)).shared_height(trimmed(one)) > _CLEAR * one.em
            and min(area.right, one.rect.right) - max(area.left, one.rect.left) > margin
        ]
        rows = {(slot.row, slot.rows) for slot in crossed}
        if len(crossed) < 2 or len(rows) > 1 or len(used.intersection(crossed)) > 1:
            continue
        first, last = crossed[0], crossed[-1]
        whole = replace(first, columns=last.column_end - first.column)
        place = slots.index(first)
        slots[place : place + 1] = [whole]
        slots = [slot for slot in slots if slot not in crossed]
        used.add(whole)
    return replace(grid, slots=tuple(slots))


def with_spans_seen(
    ruled: TableStructure, seen: TableStructure, fragments: Sequence[Fragment]
) -> TableStructure:
    """A ruled table with the head that the model sees, and its spans over cells without text.

    Args:
        ruled: As the rules show it.
        seen: As the model does, with as many rows and columns.
        fragments: Of the table.
    """
    homes = assign(ruled, fragments)
    used = {home.slot for home in homes}
    cells = list(ruled.cells)
    for slot in (cell.slot for cell in seen.cells if cell.slot.columns > 1):
        covered = [
            cell
            for cell in cells
            if (cell.slot.row, cell.slot.rows) == (slot.row, slot.rows)
            and slot.column <= cell.slot.column < cell.slot.column_end <= slot.column_end
        ]
        own = [cell for cell in covered if cell.slot in used]
        if sum(cell.slot.columns for cell in covered) != slot.columns or len(own) != 1:
            continue
        area = bounding_rect(cell.rect for cell in covered)
        text = bounding_rect(
            one.rect for one, home in zip(fragments, homes, strict=True) if home is own[0]
        )
        if abs(text.middle_x - area.middle_x) < _OFF_MIDDLE * text.height:
            cells = [cell for cell in cells if cell not in covered]
            cells.append(StructureCell(slot, area))
            used.add(slot)
    cells.sort(key=lambda cell: (cell.slot.row, cell.slot.column))
    return replace(ruled, header_rows=seen.header_rows, cells=tuple(cells))


def _packed(grid: RuledGrid, fragments: Sequence[Fragment]) -> bool:
    """Whether cells hold rows or columns of their own: rules part only some of them."""
    structure = grid.structure()
    homes = assign(structure, fragments)
    if measure_fit(structure, fragments, homes).crowded > _MOST_CROWDED:
        return True
    packed = 0
    for row in range(grid.rows):
        inside = [
            (one, home)
            for one, home in zip(fragments, homes, strict=True)
            if home.slot.row == row and home.slot.rows == 1
        ]
        rows = levels([one for one, _ in inside])
        whole = sum(len({inside[index][1].slot.column for index in level}) > 1 for level in rows)
        if len(rows) >= _ROWS_IN_ROW and whole >= _MOSTLY_WHOLE * len(rows):
            packed += len(inside)
    return packed > _MOST_PACKED * len(fragments)


def _connected(rules: Rules, em: float) -> list[Rules]:
    """Groups of rules that touch each other."""
    both = [*rules.horizontal, *rules.vertical]
    owner = list(range(len(both)))

    def root(index: int) -> int:
        while owner[index] != index:
            owner[index] = owner[owner[index]]
            index = owner[index]
        return index

    reach = -_TOUCH * em
    level = len(rules.horizontal)
    for one in range(level):
        for other in range(level, len(both)):
            if (
                both[one].shared_width(both[other]) > reach
                and both[one].shared_height(both[other]) > reach
            ):
                owner[root(one)] = root(other)
    groups: dict[int, tuple[list[Rect], list[Rect]]] = {}
    for index, rule in enumerate(both):
        groups.setdefault(root(index), ([], []))[index >= level].append(rule)
    return [Rules(tuple(across), tuple(down)) for across, down in groups.values()]


def _grid(rules: Rules, em: float) -> RuledGrid | None:
    level = [rule for rule in rules.horizontal if rule.width > _LONG * em]
    upright = list(rules.vertical)
    if len(level) < 2 or not upright:
        return None
    whole = bounding_rect([*level, *upright])
    ys = _edges([rule.middle_y for rule in level], whole.top, whole.bottom, em)
    xs = _edges([rule.middle_x for rule in upright], whole.left, whole.right, em)
    if len(ys) < 3 or len(xs) < 3:
        return None
    slots = _cells(xs, ys, level, upright)
    if slots is None or len(slots) < 4:
        return None
    sure = _run_through(xs, ys, level, upright)
    return RuledGrid(tuple(xs), tuple(ys), tuple(slots), sure)


def _run_through(
    xs: Sequence[float], ys: Sequence[float], level: Sequence[Rect], upright: Sequence[Rect]
) -> bool:
    """Whether hardly any rule ends within the side of a cell."""
    shares = [
        *(_share_across(y, *side, level) for y in ys[1:-1] for side in pairwise(xs)),
        *(_share_down(x, *side, upright) for x in xs[1:-1] for side in pairwise(ys)),
    ]
    broken = sum(_BLANK < share < _WHOLE for share in shares)
    return broken <= _MOST_BROKEN * len(shares)


def _edges(places: Sequence[float], first: float, last: float, em: float) -> list[float]:
    """Where columns or rows end; the outer sides of a table may be left open."""
    edges: list[list[float]] = []
    for place in sorted(places):
        if edges and place - edges[-1][-1] < _SAME_EDGE * em:
            edges[-1].append(place)
        else:
            edges.append([place])
    middles = [sum(edge) / len(edge) for edge in edges]
    if middles[0] - first > _OPEN_SIDE * em:
        middles.insert(0, first)
    if last - middles[-1] > _OPEN_SIDE * em:
        middles.append(last)
    return middles


def _cells(
    xs: Sequence[float], ys: Sequence[float], level: Sequence[Rect], upright: Sequence[Rect]
) -> list[Slot] | None:
    """Places of the grid joined where no rule parts them; None where that gives no rectangles."""
    rows, columns = len(ys) - 1, len(xs) - 1
    owner = {(row, column): (row, column) for row in range(rows) for column in range(columns)}

    def root(place: tuple[int, int]) -> tuple[int, int]:
        while owner[place] != place:
            owner[place] = owner[owner[place]]
            place = owner[place]
        return place

    for row, (top, bottom) in enumerate(pairwise(ys)):
        for column, (left, right) in enumerate(pairwise(xs)):
            if column + 1 < columns and _share_down(right, top, bottom, upright) < _DRAWN:
                owner[root((row, column + 1))] = root((row, column))
            if row + 1 < rows and _share_across(bottom, left, right, level) < _DRAWN:
                owner[root((row + 1, column))] = root((row, column))
    groups: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for place in sorted(owner):
        groups.setdefault(root(place), []).append(place)
    slots = []
    for places in groups.values():
        (first, left), (last, right) = places[0], places[-1]
        if len(places) != (last - first + 1) * (right - left + 1):
            return None
        slots.append(Slot(first, left, last - first + 1, right - left + 1))
    return sorted(slots, key=lambda slot: (slot.row, slot.column))


def _share_down(x: float, top: float, bottom: float, rules: Sequence[Rect]) -> float:
    """The part of a column's edge that is drawn."""
    drawn = sum(
        max(min(rule.bottom, bottom) - max(rule.top, top), 0.0)
        for rule in rules
        if rule.left - _NEAR <= x <= rule.right + _NEAR
    )
    return drawn / max(bottom - top, 1.0)


def _share_across(y: float, left: float, right: float, rules: Sequence[Rect]) -> float:
    """The part of a row's edge that is drawn."""
    drawn = sum(
        max(min(rule.right, right) - max(rule.left, left), 0.0)
        for rule in rules
        if rule.top - _NEAR <= y <= rule.bottom + _NEAR
    )
    return drawn / max(right - left, 1.0)
