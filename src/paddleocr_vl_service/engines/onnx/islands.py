"""Tables and figures: regions whose lines are no running text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from paddleocr_vl_service.engines.onnx.figure_text import without_paragraphs
from paddleocr_vl_service.engines.onnx.layout_advice import Advice
from paddleocr_vl_service.engines.onnx.line_geometry import PlacedLine, Rect, bounding_rect
from paddleocr_vl_service.engines.onnx.rules import NO_RULES, Rules
from paddleocr_vl_service.engines.onnx.table_evidence import (
    holds_abstract,
    is_plain_table,
    is_running_text,
    table_rows,
)
from paddleocr_vl_service.engines.onnx.table_finding import (
    lines_in,
    tables_by_alignment,
    tables_by_rules,
    with_more_rows,
    without_prose,
)
from paddleocr_vl_service.engines.onnx.types import LayoutLabel
from paddleocr_vl_service.models.document import ElementType
from paddleocr_vl_service.text.joining import join_fragments_text
from paddleocr_vl_service.text.kinds import is_page_number, word_count

_SURE = {LayoutLabel.TABLE: 0.5, LayoutLabel.FIGURE: 0.4}
_SAME_REGION = 0.5
_WORDY = 0.5
_TEXT_DENSITY = 0.25
_FEW_LINES = 8
_LINE_OF_WORDS = 5
_PROSE_FILL = 0.6
_MUCH_TEXT = 300
_MOST_TEXT = 0.7
_TABLE_ROWS = 3
_BESIDE = 0.5
_SIGHT = 10.0
_COLUMN_LINES = 4
_SAME_LEVEL = 0.15
_ALL_LEVEL = 0.8
_SOME_LEVEL = 0.4
_ROWS_TO_TELL = 10


@dataclass(frozen=True)
class Island:
    """A table, a figure or a formula with the lines that stand in it.

    Attributes:
        type: What it becomes.
        rect: The region with its lines.
        lines: As they were placed, not joined.
        advice: The layout region; None where geometry alone found it.
    """

    type: ElementType
    rect: Rect
    lines: tuple[PlacedLine, ...]
    advice: Advice | None = None

    @property
    def text(self) -> str:
        """One row a line; the cells of tables separated by tabs."""
        rows = table_rows(self.lines)
        if self.type is ElementType.TABLE:
            return "\n".join("\t".join(line.text for line in row) for row in rows)
        return "\n".join(join_fragments_text([line.text for line in row]) for row in rows)


def find_islands(
    advice: Sequence[Advice], lines: Sequence[PlacedLine], rules: Rules = NO_RULES
) -> tuple[list[Island], list[PlacedLine]]:
    """Tables and figures that can be believed, and the lines outside them.

    Tables that rules show come first, then the regions of layout detection, and at last tables
    that are seen by alignment alone.

    Args:
        advice: Regions, the surest first.
        lines: Of the page, without its headers and footers.
        rules: Of the page.
    """
    islands, rest = _ruled_tables(advice, lines, rules)
    for region in advice:
        if region.score < _SURE.get(region.label, 1.0):
            continue
        if any(_same_place(region.rect, island.rect) for island in islands):
            continue
        inside = lines_in(region.rect, rest)
        rect = region.rect
        if region.label is LayoutLabel.TABLE:
            inside = _one_table(region.rect, inside, rest)
            inside = without_prose(region.rect, inside)
            inside = with_more_rows(inside, rest, [island.rect for island in islands])
            rect = _around(region.rect, inside, rest)
        kind = _kind(region, inside, lines, advice)
        if kind is ElementType.IMAGE:
            drawn = without_paragraphs(region.rect, inside)
            if inside and not drawn:
                continue  # text is worth more than a picture that may not be there
            inside = drawn
        if kind is None:
            continue
        rest = _without(rest, inside)
        rect = bounding_rect([rect, *(line.rect for line in inside)])
        islands.append(Island(kind, rect, tuple(inside), region))
    for inside in tables_by_alignment(rest):
        islands.append(_table(bounding_rect(line.rect for line in inside), inside, advice))
        rest = _without(rest, inside)
    return islands, rest


def _ruled_tables(
    advice: Sequence[Advice], lines: Sequence[PlacedLine], rules: Rules
) -> tuple[list[Island], list[PlacedLine]]:
    """Tables that rules show, and the lines outside them."""
    islands: list[Island] = []
    rest = list(lines)
    for place in tables_by_rules(rules, rest):
        inside = with_more_rows(lines_in(place, rest), rest, [island.rect for island in islands])
        if not holds_abstract(inside):
            islands.append(_table(place, inside, advice))
            rest = _without(rest, inside)
    return islands, rest


def _table(place: Rect, inside: Sequence[PlacedLine], advice: Sequence[Advice]) -> Island:
    said = [
        region
        for region in advice
        if region.label is LayoutLabel.TABLE and _same_place(region.rect, place)
    ]
    rect = bounding_rect([place, *(line.rect for line in inside)])
    return Island(ElementType.TABLE, rect, tuple(inside), said[0] if said else None)


def _without(lines: Sequence[PlacedLine], taken: Sequence[PlacedLine]) -> list[PlacedLine]:
    members = {id(line) for line in taken}
    return [line for line in lines if id(line) not in members]


def grid_island(lines: Sequence[PlacedLine]) -> Island:
    """Lines side by side that are read across: a table, a list or a text of several lines.

    A table of contents is a list; a listing, pairs of terms and the like are text.
    """
    rect = bounding_rect(line.rect for line in lines)
    rows = table_rows(lines)
    ends = [row[-1].text.lstrip(" .·…") for row in rows if len(row) == 2]
    pages = [end for end in ends if end.isalnum() and is_page_number(end)]
    contents = (
        len(pages) > 1
        and max(map(len, rows)) == 2
        and len(pages) == len(ends)
        and _rising([int(page) for page in pages if page.isdecimal()])
    )
    if contents:
        kind = ElementType.LIST
    else:
        kind = ElementType.TABLE if is_plain_table(lines) else ElementType.TEXT
    return Island(kind, rect, tuple(lines))


def _kind(
    region: Advice,
    inside: Sequence[PlacedLine],
    lines: Sequence[PlacedLine],
    advice: Sequence[Advice],
) -> ElementType | None:
    """What a region really is; None where running text contradicts it."""
    if region.label is LayoutLabel.TABLE:
        if not inside or not _has_rows(inside):
            return None
        if is_running_text(inside, region.rect) or holds_abstract(inside):
            return None
        return ElementType.TABLE
    also_table = any(
        other.label is LayoutLabel.TABLE and _same_place(other.rect, region.rect)
        for other in advice
    )
    if also_table and sum(len(row) > 1 for row in table_rows(inside)) >= _TABLE_ROWS:
        return ElementType.TABLE
    if len(inside) >= _FEW_LINES and (
        _density(inside, region.rect) > _TEXT_DENSITY
        or _is_wordy(inside)
        or _characters(inside) > max(_MUCH_TEXT, _MOST_TEXT * _characters(lines))
    ):
        return None
    return ElementType.IMAGE


def _one_table(
    region: Rect, inside: Sequence[PlacedLine], lines: Sequence[PlacedLine]
) -> list[PlacedLine]:
    """The lines of the region's table without what stands beside it in another column.

    A gutter of the page that goes on above or below the region is no gutter of a table, unless
    rows go on across it.
    """
    taken = {id(line) for line in inside}
    near = [
        line
        for line in lines
        if id(line) not in taken
        and -_SIGHT * line.em < line.rect.shared_height(region) < line.em
        and line.rect.shared_width(region) > 0
    ]
    parts: list[list[PlacedLine]] = []
    edge = 0.0
    for line in sorted(inside, key=lambda line: line.rect):
        gap = Rect(edge, region.top, line.rect.left, region.bottom)
        apart = gap.width > _BESIDE * line.em and _goes_on(gap, near)
        if not parts or (apart and not _is_level(gap, inside)):
            parts.append([])
        parts[-1].append(line)
        edge = max(edge, line.rect.right)
    return max(parts, key=len, default=[])


def _goes_on(gap: Rect, near: Sequence[PlacedLine]) -> bool:
    """Whether several lines stand on each side of a gap and none across it."""
    left = sum(line.rect.right < gap.right for line in near)
    right = sum(line.rect.left > gap.left for line in near)
    return left + right == len(near) and min(left, right) >= _COLUMN_LINES


def _is_level(gap: Rect, lines: Sequence[PlacedLine]) -> bool:
    """Whether the lines on one side of a gap are level with lines on the other."""
    left = [line for line in lines if line.rect.middle_x < gap.middle_x]
    right = [line for line in lines if line.rect.middle_x > gap.middle_x]
    return _level_share(left, right) >= _ALL_LEVEL


def _level_share(left: Sequence[PlacedLine], right: Sequence[PlacedLine]) -> float:
    """The share of the lines on the emptier side that have a line at their very height."""
    few, many = sorted((left, right), key=len)
    level = sum(
        any(abs(one.rect.middle_y - other.rect.middle_y) < _SAME_LEVEL * one.em for other in many)
        for one in few
    )
    return level / len(few) if few else 1.0


def _has_rows(lines: Sequence[PlacedLine]) -> bool:
    """Whether what stands side by side is level: columns of their own have rows of their own.

    Cells of several lines, centred in their rows, leave not all lines level.
    """
    edge = float("-inf")
    ordered = sorted(lines, key=lambda line: line.rect)
    for place, line in enumerate(ordered):
        left, right = ordered[:place], ordered[place:]
        if (
            line.rect.left > edge + _BESIDE * line.em
            and min(len(left), len(right)) >= _ROWS_TO_TELL
            and _level_share(left, right) < _SOME_LEVEL
        ):
            return False
        edge = max(edge, line.rect.right)
    return True


def _around(region: Rect, inside: Sequence[PlacedLine], lines: Sequence[PlacedLine]) -> Rect:
    """The region, cut back to its lines where others that are not in it stand in its way."""
    if not inside:
        return region
    rect = bounding_rect(line.rect for line in inside)
    taken = {id(line) for line in inside}
    foreign = [
        line for line in lines if id(line) not in taken and line.rect.shared_area(region) > 0
    ]
    return rect if foreign else region


def _density(lines: Sequence[PlacedLine], rect: Rect) -> float:
    return sum(line.rect.area for line in lines) / max(rect.area, 1.0)


def _characters(lines: Sequence[PlacedLine]) -> int:
    return sum(len(line.text) for line in lines)


def _is_wordy(lines: Sequence[PlacedLine]) -> bool:
    """Whether most of the characters stand in lines of several words; labels are shorter."""
    worded = sum(len(line.text) for line in lines if word_count(line.text) >= _LINE_OF_WORDS)
    return worded > _WORDY * _characters(lines)


def _rising(numbers: Sequence[int]) -> bool:
    return all(before <= after for before, after in pairwise(numbers))


def _same_place(one: Rect, other: Rect) -> bool:
    smaller = min(one.area, other.area)
    return smaller > 0 and one.shared_area(other) > _SAME_REGION * smaller
