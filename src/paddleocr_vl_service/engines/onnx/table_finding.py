"""Finds tables by their rules and by the alignment of their text, where layout shows none."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from paddleocr_vl_service.engines.onnx.line_geometry import (
    PlacedLine,
    Rect,
    bounding_rect,
    typical_em,
)
from paddleocr_vl_service.engines.onnx.rules import Rules
from paddleocr_vl_service.engines.onnx.table_evidence import (
    Column,
    cells_of,
    columns_of,
    has_leaders,
    is_marked_list,
    is_running_text,
    is_tabular,
    is_value,
    rises,
    table_rows,
)
from paddleocr_vl_service.engines.onnx.table_ruled import find_grids, holds_table
from paddleocr_vl_service.text.kinds import ends_sentence, starts_like_caption, word_count

_SAME_EXTENT = 1.0
_WIDE_RULE = 8.0
_INSIDE = 0.6
_MIDDLE = 0.3
_ROW_GAP = 2.5
_LEAST_ROWS = 3
_SHORT = 14.0
_FEW_WORDS = 5
_FILLED = 0.6
_PROSE_WORDS = 7
_PROSE_SHARE = 0.6
_WIDEST_SPACE = 3.0
_LONG_HEADING = 60
_AXIS = 4
_WIDER = 3.0


def tables_by_rules(rules: Rules, lines: Sequence[PlacedLine]) -> list[Rect]:
    """Places of tables that rules show: grids first, then what stands between level rules."""
    if not lines:
        return []
    em = typical_em(lines)
    found: list[Rect] = []
    for grid in find_grids(rules, em):
        inside = lines_in(grid.rect, lines)
        if holds_table(grid, inside) and not _overlaps(grid.rect, found):
            found.append(grid.rect)
    for stack in _stacks(rules, em):
        for rect in _between(stack, lines, em):
            if not _overlaps(rect, found):
                found.append(rect)
    return found


def tables_by_alignment(lines: Sequence[PlacedLine]) -> list[list[PlacedLine]]:
    """Lines of tables without rules: rows of short cells that leave gutters, most with values.

    Few and sure: what is prose, a list, a contents page, an index or a formula is left alone.
    """
    return [[line for row in run for line in row] for run in _runs(lines) if _is_aligned(run)]


def lines_in(rect: Rect, lines: Sequence[PlacedLine]) -> list[PlacedLine]:
    """Lines that lie in a place for the most part."""
    return [line for line in lines if line.rect.share_inside(rect) >= _INSIDE]


def without_prose(rect: Rect, inside: Sequence[PlacedLine]) -> list[PlacedLine]:
    """A region's lines without captions and lines of prose above and below its rows."""
    rows = table_rows(inside)
    while len(rows) > 2 and _is_foreign(rows[0], rect, at_top=True):
        rows.pop(0)
    while len(rows) > 2 and _is_foreign(rows[-1], rect, at_top=False):
        rows.pop()
    return [line for row in rows for line in row]


def with_more_rows(
    inside: Sequence[PlacedLine], lines: Sequence[PlacedLine], others: Sequence[Rect]
) -> list[PlacedLine]:
    """A table's lines with the rows above and below that stand in its columns.

    Args:
        inside: Of the table.
        lines: That may belong to it as well.
        others: Places of other tables and figures, which stop it.
    """
    rows = table_rows(inside)
    columns = columns_of([[cell for line in row for cell in cells_of(line)] for row in rows])
    if len(columns) < 2 or len(rows) < 2:
        return list(inside)
    rect = bounding_rect(line.rect for line in inside)
    taken = {id(line) for line in inside}
    free = [line for line in lines if id(line) not in taken and line.rect.shared_width(rect) > 0]
    grown = list(inside)
    pitch = _pitch(rows)
    for rows_beyond, down in (
        ([row for row in table_rows(free) if row[0].rect.middle_y > rect.middle_y], True),
        ([row for row in table_rows(free) if row[0].rect.middle_y < rect.middle_y][::-1], False),
    ):
        edge = rect.bottom if down else rect.top
        for row in rows_beyond:
            place = bounding_rect(line.rect for line in row)
            gap = place.top - edge if down else edge - place.bottom
            em = median(line.em for line in row)
            blocked = any(place.shared_area(other) > 0 for other in others)
            if blocked or gap > max(pitch - 0.5 * em, 0.5 * em) or not _continues(row, columns, rect, em):  # fmt: skip # noqa: E501
                break
            grown += row
            edge = place.bottom if down else place.top
    return grown


def _pitch(rows: Sequence[Sequence[PlacedLine]]) -> float:
    """The usual distance from row to row."""
    middles = [median(line.rect.middle_y for line in row) for row in rows]
    return median(after - before for before, after in pairwise(middles))


def _continues(row: Sequence[PlacedLine], columns: Sequence[Column], rect: Rect, em: float) -> bool:
    """Whether a row stands in columns: several of them filled, none crossed, inside the table."""
    cells = [cell for line in row for cell in cells_of(line)]
    if any(
        cell.rect.left < rect.left - _WIDER * em or cell.rect.right > rect.right + _WIDER * em
        for cell in cells
    ):
        return False
    homes = [
        [
            place
            for place, column in enumerate(columns)
            if min(cell.rect.right, column.right) - max(cell.rect.left, column.left) > 0.3 * em
        ]
        for cell in cells
    ]
    used = {place for home in homes for place in home}
    return len(cells) > 1 and len(used) > 1 and all(len(home) <= 1 for home in homes)


def _is_foreign(row: Sequence[PlacedLine], rect: Rect, *, at_top: bool) -> bool:
    """Whether a row is a caption or a line of prose across the whole table."""
    if len(row) > 1:
        return False
    [line] = row
    if starts_like_caption(line.text):
        return True
    across = line.rect.width > _PROSE_SHARE * rect.width
    return across and word_count(line.text) >= _PROSE_WORDS and (at_top or ends_sentence(line.text))


def _overlaps(rect: Rect, others: Sequence[Rect]) -> bool:
    return any(rect.shared_area(other) > 0.1 * min(rect.area, other.area) for other in others)


def _stacks(rules: Rules, em: float) -> list[list[Rect]]:
    """Level rules of one extent, each stack from the top."""
    stacks: list[list[Rect]] = []
    for rule in rules.horizontal:
        if rule.width < _WIDE_RULE * em:
            continue
        for stack in stacks:
            if (
                abs(stack[-1].left - rule.left) < _SAME_EXTENT * em
                and abs(stack[-1].right - rule.right) < _SAME_EXTENT * em
            ):
                stack.append(rule)
                break
        else:
            stacks.append([rule])
    return [stack for stack in stacks if len(stack) > 1]


def _between(stack: Sequence[Rect], lines: Sequence[PlacedLine], em: float) -> list[Rect]:
    """Tables between the rules of a stack: runs of spaces that hold rows of cells."""
    found: list[Rect] = []
    run: list[tuple[Rect, list[PlacedLine]]] = []
    for upper, lower in pairwise(stack):
        space = Rect(upper.left - em, upper.middle_y, upper.right + em, lower.middle_y)
        inside = _lines_between(space, lines)
        if inside is None or not _may_be_rows(inside, space):
            found += _one_of(run, em)
            run = []
            continue
        if not _goes_on([line for _, before in run for line in before], inside):
            found += _one_of(run, em)
            run = []
        run.append((space, inside))
    return found + _one_of(run, em)


def _lines_between(space: Rect, lines: Sequence[PlacedLine]) -> list[PlacedLine] | None:
    """The lines between two rules; None where others reach across their ends."""
    beside = [
        line
        for line in lines
        if space.top < line.rect.middle_y < space.bottom and line.rect.shared_width(space) > 0
    ]
    if any(
        line.rect.left < space.left - line.em or line.rect.right > space.right + line.em
        for line in beside
    ):
        return None
    return beside


def _may_be_rows(inside: Sequence[PlacedLine], space: Rect) -> bool:
    """Whether nothing speaks against a table's rows between two rules."""
    if not inside:
        return True
    alone = [row[0].text for row in table_rows(inside) if len(row) == 1]
    if any(starts_like_caption(text) for text in alone):
        return False
    # Numbers one below the other with nothing beside them are the axis of a chart.
    if sum(is_value(text) for text in alone) >= _AXIS:
        return False
    return not is_running_text(inside, space)


def _goes_on(before: Sequence[PlacedLine], inside: Sequence[PlacedLine]) -> bool:
    """Whether rows under a rule stand in the columns of those above it, without a wide space."""
    if not before or not inside:
        return True
    edge = max(line.rect.bottom for line in before)
    if min(line.rect.top for line in inside) - edge > _WIDEST_SPACE * inside[0].em:
        return False
    rows = table_rows(_cells(inside))
    if all(len(row) < 2 for row in rows):
        return len(rows) < 2 and len(inside[0].text) < _LONG_HEADING
    together = table_rows(_cells([*before, *inside]))
    return len(columns_of(together)) > 1


def _one_of(run: Sequence[tuple[Rect, list[PlacedLine]]], em: float) -> list[Rect]:
    """The place of a table in neighbouring spaces, if they hold one."""
    spaces = list(run)
    while spaces and not spaces[0][1]:
        spaces.pop(0)
    while spaces and all(len(row) < 2 for row in table_rows(_cells(spaces[-1][1]))):
        spaces.pop()
    inside = [line for _, lines in spaces for line in lines]
    if not is_tabular(inside):
        return []
    place = bounding_rect(space for space, _ in spaces)
    return [Rect(place.left + em, place.top, place.right - em, place.bottom)]


def _cells(lines: Sequence[PlacedLine]) -> list[PlacedLine]:
    return [cell for line in lines for cell in cells_of(line)]


def _runs(lines: Sequence[PlacedLine]) -> list[list[list[PlacedLine]]]:
    """Neighbouring rows of several cells each, from the top."""
    runs: list[list[list[PlacedLine]]] = []
    for row in table_rows(lines):
        cells = sum(len(cells_of(line)) for line in row)
        if cells < 2:
            runs.append([])
            continue
        gap = row[0].rect.top - runs[-1][-1][0].rect.bottom if runs and runs[-1] else 0.0
        if not runs or gap > _ROW_GAP * row[0].em:
            runs.append([])
        runs[-1].append(row)
    return [run for run in runs if len(run) >= _LEAST_ROWS]


def _is_aligned(run: Sequence[Sequence[PlacedLine]]) -> bool:
    rows = [[cell for line in row for cell in cells_of(line)] for row in run]
    cells = [cell for row in rows for cell in row]
    columns = columns_of(rows)
    if len(columns) < 3 or has_leaders(cells) or is_marked_list(columns):
        return False
    rect = bounding_rect(cell.rect for cell in cells)
    if is_running_text(cells, rect):
        return False
    if any(
        median(cell.rect.width / cell.em for cell in column.cells) > _SHORT
        or median(word_count(cell.text) for cell in column.cells) > _FEW_WORDS
        for column in columns
    ):
        return False
    if any(len(column.cells) < _FILLED * len(rows) for column in columns[1:]):
        return False
    placed = sum(len(column.cells) for column in columns)
    # Numbers that rise down the page are those of pages, items or lines.
    numeric = sum(column.numeric and not rises(column) for column in columns)
    values = sum(is_value(cell.text) for cell in cells)
    return placed >= 0.9 * len(cells) and numeric >= 2 and values > 0.4 * len(cells)
