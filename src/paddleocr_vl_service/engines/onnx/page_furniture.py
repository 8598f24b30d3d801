"""Running headers, footers and page numbers: what a page carries outside its text.

One page alone cannot show that a line is repeated on others, so only this counts here: a bare
page number at the very top or bottom; a row at the edge that layout detection calls header or
footer, or that stands clearly apart and shares its row with a page number; and in the margins
text on its side and the numbers of counted lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median, mode

from paddleocr_vl_service.engines.onnx.fragments import same_row
from paddleocr_vl_service.engines.onnx.layout_advice import Advice, advice_for
from paddleocr_vl_service.engines.onnx.line_geometry import (
    PlacedLine,
    bounding_rect,
    typical_em,
)
from paddleocr_vl_service.engines.onnx.types import LayoutLabel
from paddleocr_vl_service.models.document import ElementType
from paddleocr_vl_service.text.kinds import (
    is_page_number,
    starts_like_caption,
    word_count,
)

_ZONE = 0.15
_APART = 0.6
_MOST_ROWS = 3
_MOST_WORDS = 30
_TALL = 2.0
_COUNTED_LINES = 5
_SAME_STEP = 0.6
_TOLD_SIZE = 1.12
_NUMBER_SIZE = 1.5
_TABLE_COLUMNS = 3
_TABLE_ROWS = 2
_SURE_TABLE = 0.5

Furniture = list[tuple[ElementType, PlacedLine]]


def take_furniture(
    lines: Sequence[PlacedLine], advice: Sequence[Advice], height: float
) -> tuple[Furniture, list[PlacedLine]]:
    """Headers, footers and page numbers, and the lines that are none."""
    furniture, rest = _take_margins(lines)
    for at_top in (True, False):
        for _ in range(_MOST_ROWS):
            row = _outermost_row(rest, at_top)
            kinds = _row_kinds(row, rest, advice, height, at_top)
            if not kinds:
                break
            furniture.extend(sorted(kinds, key=lambda kind: kind[1].rect.left))
            taken = {id(line) for _, line in kinds}
            rest = [line for line in rest if id(line) not in taken]
            if len(kinds) < len(row):
                break
    return furniture, rest


def _take_margins(lines: Sequence[PlacedLine]) -> tuple[Furniture, list[PlacedLine]]:
    """Text on its side and line numbers beyond the edges of everything else."""
    tall = [line for line in lines if line.rect.height > _TALL * line.rect.width]
    tall = [line for line in tall if len(line.text) > 1]
    numbers = [line for line in lines if line.text.isdecimal() and len(line.text) < 4]
    level = [line for line in lines if not any(line is other for other in (*tall, *numbers))]
    if not level:
        return [], list(lines)
    left = min(line.rect.left for line in level)
    right = max(line.rect.right for line in level)
    outside = [line for line in tall if line.rect.middle_x < left or line.rect.middle_x > right]
    for side in (
        [line for line in numbers if line.rect.right < left],
        [line for line in numbers if line.rect.left > right],
    ):
        if _counts_lines(side, level):
            outside.extend(side)
    rest = [line for line in lines if not any(line is other for other in outside)]
    return [(ElementType.ASIDE, line) for line in outside], rest


def _counts_lines(numbers: Sequence[PlacedLine], level: Sequence[PlacedLine]) -> bool:
    """Whether numbers in a margin count the lines: many, in equal steps, smaller than the text."""
    if len(numbers) < _COUNTED_LINES:
        return False
    ordered = sorted(numbers, key=lambda line: line.rect.middle_y)
    steps = [int(after.text) - int(before.text) for before, after in pairwise(ordered)]
    usual = mode(steps)
    smaller = median(line.em for line in numbers) < median(line.em for line in level)
    return smaller and usual > 0 and steps.count(usual) >= _SAME_STEP * len(steps)


def _outermost_row(lines: Sequence[PlacedLine], at_top: bool) -> list[PlacedLine]:
    """The highest (or lowest) line and those level with it."""
    if not lines:
        return []
    if at_top:
        first = min(lines, key=lambda line: (line.rect.middle_y, line.rect.left, line.text))
    else:
        first = max(lines, key=lambda line: (line.rect.middle_y, line.rect.left, line.text))
    return [line for line in lines if line is first or same_row(line.rect, first.rect)]


def _row_kinds(
    row: Sequence[PlacedLine],
    lines: Sequence[PlacedLine],
    advice: Sequence[Advice],
    height: float,
    at_top: bool,
) -> Furniture:
    """The row's lines that are furniture, with what they are."""
    if not row or len(row) == len(lines):
        return []
    rect = bounding_rect(line.rect for line in row)
    if _is_of_table(row, lines, advice):
        return []
    others = [line.rect for line in lines if not any(line is member for member in row)]
    if at_top:
        at_edge = rect.middle_y < _ZONE * height
        gap = min(other.top for other in others) - rect.bottom
    else:
        at_edge = rect.middle_y > (1 - _ZONE) * height
        gap = rect.top - max(other.bottom for other in others)
    if not at_edge or sum(word_count(line.text) for line in row) > _MOST_WORDS:
        return []
    apart = gap > _APART * min(line.em for line in row)
    numbers = [line for line in row if is_page_number(line.text)]
    label = LayoutLabel.HEADER if at_top else LayoutLabel.FOOTER
    kind = ElementType.HEADER if at_top else ElementType.FOOTER
    size = typical_em(lines)
    found: Furniture = []
    for line in row:
        said = advice_for(line.rect, advice)
        told = said is not None and said.label is label
        refused = said is not None and said.label is LayoutLabel.TITLE
        numbered = apart and bool(numbers) and len(row) > 1 and not refused
        if is_page_number(line.text) and (apart or told) and line.em <= _NUMBER_SIZE * size:
            found.append((ElementType.PAGE_NUMBER, line))
        elif (
            ((told and line.em <= _TOLD_SIZE * size) or numbered)
            and line.em <= _NUMBER_SIZE * size
            and not starts_like_caption(line.text)
        ):
            found.append((kind, line))
    if len(found) == len(row):
        return found
    return [(kind, line) for kind, line in found if kind is ElementType.PAGE_NUMBER]


def _is_of_table(
    row: Sequence[PlacedLine], lines: Sequence[PlacedLine], advice: Sequence[Advice]
) -> bool:
    """Whether a row at the edge is the first or last of a table that fills the page.

    It lies in a region that layout detection calls a table, or has the columns of the rows next
    to it. Its numbers are no page numbers.
    """
    rect = bounding_rect(line.rect for line in row)
    if any(
        region.label is LayoutLabel.TABLE
        and region.score >= _SURE_TABLE
        and rect.share_inside(region.rect) >= _SURE_TABLE
        for region in advice
    ):
        return True
    if len(row) < _TABLE_COLUMNS:
        return False
    rest = [line for line in lines if not any(line is member for member in row)]
    for _ in range(_TABLE_ROWS):
        if not rest:
            return False
        nearest = min(rest, key=lambda line: abs(line.rect.middle_y - rect.middle_y))
        beside = [line for line in rest if same_row(line.rect, nearest.rect)]
        if len(beside) != len(row) or not all(
            any(line.rect.shared_width(other.rect) > 0 for other in beside) for line in row
        ):
            return False
        rest = [line for line in rest if not any(line is other for other in beside)]
    return True
