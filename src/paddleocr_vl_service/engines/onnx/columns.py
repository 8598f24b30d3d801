"""What stands side by side on a page: gutters, bands, and whether rows or columns are read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from paddleocr_vl_service.engines.onnx.line_geometry import (
    PlacedLine,
    Rect,
    bounding_rect,
    is_upright,
)
from paddleocr_vl_service.text.kinds import is_bulleted, word_count

_GUTTER = 0.3
_BAND_OVERLAP = 0.3
_ROW_GAP = 0.6
_LEVEL = 0.5
_MOSTLY = 0.8
_PROSE_LINES = 3
_PROSE_WORDS = 3
_PROSE_FILL = 0.8
_PROSE_WIDTH = 6.0
_FLUSH = 0.6
_CENTRED = 0.5
_SPARSE_PITCH = 1.9
_LITTLE = 0.2
_NARROW = 0.4
_FEW_ROWS = 15
_MANY_LINES = 4
_OVERFULL = 3.0
_FILLED = 0.4
_FEW_WORDS = 15.0
_SPANNING_SHARE = 0.15
_SPANNING_LINES = 4
_SPANNING_WIDTH = 0.7
_REACHES_IN = 0.3
_LARGER = 1.3
_NUMERIC = re.compile(
    r"[\s.·…$€£¥%()+\-–—,:/\d]*\d[\s.·…$€£¥%()+\-–—,:/\d]*|[ivxlcIVXLC]{1,6}|[-–—]"
)
_PAGE = re.compile(r"[\s.·…]*(?:\d{1,4}|[ivxlc]{1,7})")


@dataclass(frozen=True)
class Item:
    """A block for the purpose of ordering.

    Attributes:
        rect: Of the block.
        lines: Its lines; none for pictures and tables, whose inside is no matter of order.
    """

    rect: Rect
    lines: tuple[PlacedLine, ...]

    @property
    def left(self) -> float:
        """Where the block starts, but for one line that detection may have made too long."""
        edges = sorted(line.rect.left for line in self.lines)
        return edges[1] if len(edges) >= _MANY_LINES else self.rect.left

    @property
    def right(self) -> float:
        """Where the block ends, but for one line that runs over its column's edge.

        Detection may have made it too long. Of three lines it is a little longer at most, as one
        is that could not be broken.
        """
        edges = sorted(line.rect.right for line in self.lines)
        if len(edges) >= _MANY_LINES:
            return edges[-2]
        overfull = len(edges) == _MANY_LINES - 1 and edges[-1] - edges[-2] < _OVERFULL * max(
            line.em for line in self.lines
        )
        return edges[-2] if overfull else self.rect.right


Items = Sequence[Item]


def rect_of(items: Items) -> Rect:
    """Around all of them."""
    return bounding_rect(item.rect for item in items)


def split_columns(items: Items, em: float) -> list[list[Item]]:
    """Cut at all gutters that run through the whole height, from left to right."""
    columns: list[list[Item]] = []
    edge = 0.0
    for item in sorted(items, key=lambda item: (item.left, item.rect)):
        if columns and item.left < edge + _GUTTER * em:
            columns[-1].append(item)
            edge = max(edge, item.right)
        else:
            columns.append([item])
            edge = item.right
    return [sorted(column, key=_from_top) for column in columns]


def split_bands(items: Items, em: float) -> list[list[Item]]:
    """Cut at all gaps that run through the whole width, those in common columns left together."""
    bands: list[list[Item]] = []
    edge = 0.0
    for item in sorted(items, key=_from_top):
        if bands and item.rect.top < edge - _BAND_OVERLAP * em:
            bands[-1].append(item)
            edge = max(edge, item.rect.bottom)
        else:
            bands.append([item])
            edge = item.rect.bottom
    joined = bands[:1]
    for band in bands[1:]:
        if _same_columns(joined[-1], band, em):
            joined[-1] = joined[-1] + band
        else:
            joined.append(band)
    return joined


def split_at_spanning(items: Items, em: float) -> list[list[Item]]:
    """Cut above and below the few items that stand across a gutter between columns of prose.

    They need not be clear of the columns' lines: a box that reaches into its neighbour's changes
    nothing.
    """
    whole = rect_of(items)
    total = sum(max(len(item.lines), 1) for item in items)
    best: list[Item] = []
    for x in sorted({item.rect.left - _GUTTER * em for item in items}):
        across = [item for item in items if item.rect.left < x < item.rect.right]
        weight = sum(len(item.lines) for item in across)
        if not across or weight > _SPANNING_SHARE * total:
            continue
        if any(
            len(item.lines) > _SPANNING_LINES and item.rect.width < _SPANNING_WIDTH * whole.width
            for item in across
        ):
            continue
        if not _clear_rows(items, across):
            continue
        left = [item for item in items if item.rect.right <= x]
        right = [item for item in items if item.rect.left >= x]
        if _side_by_side(left, right, em) and (not best or len(across) < len(best)):
            best = across
    return _sections(items, best)


def _clear_rows(items: Items, across: Items) -> bool:
    """Whether hardly anything stands beside the items."""
    members = {id(item) for item in across}
    return not any(
        item.rect.shared_height(other.rect) > _REACHES_IN * min(item.rect.height, other.rect.height)
        for item in across
        for other in items
        if id(other) not in members
    )


def _side_by_side(left: Items, right: Items, em: float) -> bool:
    """Whether both are columns of prose that stand mostly beside each other."""
    if not left or not right or not is_prose(left, em) or not is_prose(right, em):
        return False
    one, other = rect_of(left), rect_of(right)
    return one.shared_height(other) > 0.5 * min(one.height, other.height)


def _sections(items: Items, cuts: Items) -> list[list[Item]]:
    sections: list[list[Item]] = [[]]
    members = {id(cut) for cut in cuts}
    for item in sorted(items, key=lambda item: (item.rect.middle_y, item.rect.left)):
        if id(item) in members:
            sections += [[item], []]
        else:
            sections[-1].append(item)
    return [section for section in sections if section]


def reads_by_lines(columns: Sequence[Items], em: float) -> bool:
    """Whether columns are those of a table: contents pages, lists of values, forms.

    Page numbers at the right of a table of contents always are. Otherwise prose fills its column,
    and is read down. Of two columns without prose the rows belong
    together when the lines of the shorter one are level with lines of the others, and there are
    few, or numbers, or gaps; two long columns of words (an index) are read down.
    """
    cells = [[line for item in column for line in item.lines] for column in columns]
    if any(not column for column in cells):
        return False
    if len(cells) == 2 and all(_PAGE.fullmatch(line.text) for line in cells[1]):
        return len(cells[1]) > 1 and _level_share(cells[1], cells[0]) >= _MOSTLY
    if any(is_prose(column, em) for column in columns) or sum(map(_is_stack, columns)) > 1:
        return False
    fewest = min(range(len(cells)), key=lambda place: len(cells[place]))
    others = [line for place, column in enumerate(cells) if place != fewest for line in column]
    if (
        len(cells[fewest]) < max(2, _FILLED * max(map(len, cells)))
        or _level_share(cells[fewest], others) < _MOSTLY
    ):
        return False
    if any(is_bulleted(line.text) for column in cells[1:] for line in column):
        return False
    return (
        _is_short_list(cells)
        or _is_sparse(cells[fewest])
        or any(_is_numeric(column) for column in cells)
    )


def reads_by_blocks(columns: Sequence[Items], em: float) -> bool:
    """Whether columns are labels with their descriptions: each label level with a block's start."""
    prose = [is_prose(column, em) for column in columns]
    if sum(prose) > 1 or any(not item.lines for column in columns for item in column):
        return False
    if sum(map(_is_stack, columns)) > 1:
        return False
    described = max(
        range(len(columns)), key=lambda place: (prose[place], _characters(columns[place]))
    )
    starts = [item.lines[0] for item in columns[described]]
    labels = [
        item.lines[0]
        for place, column in enumerate(columns)
        if place != described
        for item in column
    ]
    return len(labels) > 1 and _level_share(labels, starts) >= _MOSTLY


def split_authors(items: Items, em: float) -> list[list[Item]]:
    """Cut below rows of names with addresses, which may stand just over two columns of text."""
    bands = split_bands(items, em)
    first = split_columns(bands[0], em)
    if len(bands) < 2 or len(first) < 2 or not all(map(_is_stack, first)):
        return [list(items)]
    return [bands[0], [item for band in bands[1:] for item in band]]


def is_aside(column: Items, beside: Items) -> bool:
    """Whether a column is little text low on the page beside much: a note to a picture."""
    rect, main = rect_of(column), rect_of(beside)
    return (
        rect.top > main.top + main.height / 2
        and all(item.lines for item in column)
        and _characters(column) < _LITTLE * _characters(beside)
    )


def is_upright_headline(column: Items, em: float) -> bool:
    """Whether large upright lines are all that stands in a column."""
    lines = [line for item in column for line in item.lines]
    return all(item.lines for item in column) and all(
        is_upright(line) and line.em > _LARGER * em for line in lines
    )


def rows_of(items: Items, em: float) -> list[list[Item]]:
    """Items whose tops are level, rows from top to bottom, each from left to right."""
    rows: list[list[Item]] = []
    for item in sorted(items, key=_from_top):
        if rows and item.rect.top < rows[-1][0].rect.top + _LEVEL * em:
            rows[-1].append(item)
        else:
            rows.append([item])
    return [sorted(row, key=lambda item: item.rect) for row in rows]


def is_prose(column: Items, em: float) -> bool:
    """Whether running text stands in a column: several flush lines that fill it."""
    width = rect_of(column).width
    if width <= _PROSE_WIDTH * em:
        return False
    full = sum(
        line.rect.width > _PROSE_FILL * width and word_count(line.text) >= _PROSE_WORDS
        for item in column
        if len(item.lines) > 1 and _is_flush(item.lines)
        for line in item.lines
    )
    return full >= _PROSE_LINES


def is_notes(column: Items, beside: Items, em: float) -> bool:
    """Whether a column holds marginal notes: narrow, with little text beside much prose."""
    return (
        rect_of(column).width < _NARROW * rect_of(beside).width
        and all(item.lines for item in column)
        and _characters(column) < _LITTLE * _characters(beside)
        and is_prose(beside, em)
        and not is_prose(column, em)
    )


def _characters(items: Items) -> int:
    return sum(len(line.text) for item in items for line in item.lines)


def _from_top(item: Item) -> tuple[float, float, float, float]:
    return (item.rect.top, item.rect.left, item.rect.bottom, item.rect.right)


def _same_columns(upper: Items, lower: Items, em: float) -> bool:
    """Whether two bands stand in the same columns.

    Together they still fall into columns, and no two columns of prose of one of them become one.
    Rows of pictures, or of short texts that stand clear of each other, are rows.
    """
    if len(split_columns(upper, em)) < 2:
        return False
    together = split_columns([*upper, *lower], em)
    if len(together) < 2 or any(
        _prose_columns(_members(band, column), em) > 1
        for column in together
        for band in (upper, lower)
    ):
        return False
    gap = rect_of(lower).top - rect_of(upper).bottom
    return (
        any(not item.lines for item in (*upper, *lower))
        or gap < _ROW_GAP * em
        or _prose_columns(upper, em) > 1
        or (_prose_columns(upper, em) > 0 and _prose_columns(lower, em) > 0)
    )


def _members(band: Items, column: Items) -> list[Item]:
    inside = {id(item) for item in column}
    return [item for item in band if id(item) in inside]


def _prose_columns(items: Items, em: float) -> int:
    return sum(is_prose(column, em) for column in split_columns(items, em)) if items else 0


def _is_flush(lines: Sequence[PlacedLine]) -> bool:
    em = median(line.em for line in lines)
    edges = [line.rect.left for line in lines]
    most = max(sum(abs(edge - other) < _FLUSH * em for other in edges) for edge in edges)
    return 2 * most >= len(edges)


def _is_stack(column: Items) -> bool:
    """Lines centred one under the other, as authors and their addresses are set."""
    lines = [line for item in column for line in item.lines]
    if len(lines) < _PROSE_LINES or _is_numeric(lines):
        return False
    em = median(line.em for line in lines)
    middles = _spread([line.rect.middle_x for line in lines])
    lefts = _spread([line.rect.left for line in lines])
    return middles < _CENTRED * em and lefts > max(_CENTRED * em, 2 * middles)


def _spread(values: Sequence[float]) -> float:
    return max(values) - min(values)


def _level_share(lines: Sequence[PlacedLine], others: Sequence[PlacedLine]) -> float:
    """The share of lines that have another one beside them."""
    level = sum(
        any(
            abs(line.rect.middle_y - other.rect.middle_y) < _LEVEL * min(line.em, other.em)
            for other in others
        )
        for line in lines
    )
    return level / len(lines)


def _is_sparse(lines: Sequence[PlacedLine]) -> bool:
    middles = sorted(line.rect.middle_y for line in lines)
    pitch = median(after - before for before, after in pairwise(middles))
    return pitch > _SPARSE_PITCH * median(line.em for line in lines)


def _is_short_list(cells: Sequence[Sequence[PlacedLine]]) -> bool:
    """Few rows of a few words each."""
    return all(
        len(column) <= _FEW_ROWS
        and max(line.rect.width for line in column)
        <= _FEW_WORDS * median(line.em for line in column)
        for column in cells
    )


def _is_numeric(lines: Sequence[PlacedLine]) -> bool:
    numeric = sum(_NUMERIC.fullmatch(line.text) is not None for line in lines)
    return bool(lines) and numeric > 0.6 * len(lines)
