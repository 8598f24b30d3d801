"""Displayed formulas: pieces that detection cut a formula into, put together again.

Detection breaks a formula at its fractions, limits and brackets. Typesetters set it apart: it
starts and ends at none of the edges that lines of text share. So what layout detection proposes as
an equation is one, but for the prose in it; and where nothing is proposed, pieces with signs that
only mathematics has are one when no prose stands beside them.
"""

from __future__ import annotations

from collections.abc import Sequence

from paddleocr_vl_service.engines.onnx.fragments import same_row
from paddleocr_vl_service.engines.onnx.islands import Island
from paddleocr_vl_service.engines.onnx.layout_advice import Advice
from paddleocr_vl_service.engines.onnx.line_geometry import PlacedLine, Rect, bounding_rect
from paddleocr_vl_service.engines.onnx.types import LayoutLabel
from paddleocr_vl_service.models.document import ElementType
from paddleocr_vl_service.text.kinds import (
    has_formula_signs,
    has_mathematics,
    has_signs,
    is_cjk,
    is_equation_number,
    reads_like_prose,
    starts_sentence,
)

_SURE = 0.4
_INSIDE = 0.5
_WIDE = 12.0
_AT_EDGE = 0.8
_TOUCHES_BESIDE = 3.0
_TOUCHES_BELOW = 0.35
_SCRAP = 8
_SCRAP_BESIDE = 0.5
_PROSE_BESIDE = 3.0
_NUMBER_SPACE = 30.0

Lines = Sequence[PlacedLine]


def find_formulas(advice: Sequence[Advice], lines: Lines) -> tuple[list[Island], list[PlacedLine]]:
    """Displayed formulas, and the lines outside them."""
    regions = [
        region
        for region in advice
        if region.label is LayoutLabel.EQUATION and region.score >= _SURE
    ]
    prose = [line for line in lines if reads_like_prose(line.text)]
    wide = [
        line
        for line in prose
        if line.rect.width > _WIDE * line.em and not has_mathematics(line.text)
    ]
    pieces = [line for line in lines if not _is_text(line, wide)]
    groups: list[list[PlacedLine]] = []
    for region in regions:
        taken = {id(line) for group in groups for line in group}
        inside = [
            line
            for line in pieces
            if id(line) not in taken and line.rect.share_inside(region.rect) >= _INSIDE
        ]
        if any(has_signs(line.text) and not is_equation_number(line.text) for line in inside):
            groups += _touching([line for line in inside if not is_equation_number(line.text)])
    groups += _without_advice(pieces, prose, groups)
    _absorb(groups, lines)
    taken = {id(line) for group in groups for line in group}
    groups = _stacked(groups, regions, [line for line in lines if id(line) not in taken])
    islands = [_island(group, regions) for group in groups]
    return islands, [line for line in lines if id(line) not in taken]


def _is_text(line: PlacedLine, wide: Lines) -> bool:
    """Whether a line belongs to text: prose, at an edge of text or without any mathematics."""
    if not reads_like_prose(line.text):
        return False
    if is_cjk(line.text) or not has_signs(line.text) or starts_sentence(line.text):
        return True
    return any(
        min(abs(other.rect.left - line.rect.left), abs(other.rect.right - line.rect.right))
        < _AT_EDGE * min(line.em, other.em)
        for other in wide
        if other is not line
    )


def _without_advice(pieces: Lines, prose: Lines, known: Sequence[Lines]) -> list[list[PlacedLine]]:
    """Groups of pieces that mathematics alone has, with no prose beside them."""
    taken = {id(line) for group in known for line in group}
    free = [
        line
        for line in pieces
        if id(line) not in taken
        and not is_equation_number(line.text)
        and not reads_like_prose(line.text)
        and not any(
            same_row(line.rect, other.rect)
            and line.rect.shared_width(other.rect) > -_PROSE_BESIDE * line.em
            for other in prose
        )
    ]
    return [
        group
        for group in _touching(free)
        if len(group) > 1 and any(has_formula_signs(line.text) for line in group)
    ]


def _touching(lines: Lines) -> list[list[PlacedLine]]:
    """Pieces that touch, directly or through others."""
    groups: list[list[PlacedLine]] = []
    for line in lines:
        touching = [group for group in groups if any(_touch(line, other) for other in group)]
        merged = [other for group in touching for other in group]
        groups = [group for group in groups if not any(group is other for other in touching)]
        groups.append([*merged, line])
    return groups


def _absorb(groups: Sequence[list[PlacedLine]], lines: Lines) -> None:
    """Scraps within or right at a formula join it; so does the number at its right."""
    taken = {id(line) for group in groups for line in group}
    for line in lines:
        if id(line) in taken:
            continue
        if is_equation_number(line.text):
            nearest = min(groups, key=lambda group: _distance(group, line), default=[])
            if nearest and _distance(nearest, line) <= _NUMBER_SPACE * line.em:
                nearest.append(line)
        elif len(line.text) <= _SCRAP and not reads_like_prose(line.text):
            beside = [
                group
                for group in groups
                if any(_touch(line, member, beside=_SCRAP_BESIDE) for member in group)
            ]
            if beside:
                beside[0].append(line)


def _distance(group: Lines, number: PlacedLine) -> float:
    """How far right of a formula a number stands; no distance at all where it does not."""
    rect = _rect(group)
    beside = rect.top < number.rect.middle_y < rect.bottom and rect.right < number.rect.middle_x
    return number.rect.left - rect.right if beside else float("inf")


def _stacked(
    groups: Sequence[list[PlacedLine]], regions: Sequence[Advice], others: Lines
) -> list[list[PlacedLine]]:
    """Rows of one formula together: those of a region that no other line parts."""
    stacked: list[list[PlacedLine]] = []
    for group in sorted(groups, key=_rect):
        goes_on = [above for above in stacked if _one_formula(above, group, regions, others)]
        if goes_on:
            goes_on[0].extend(group)
        else:
            stacked.append(list(group))
    return stacked


def _one_formula(one: Lines, other: Lines, regions: Sequence[Advice], others: Lines) -> bool:
    whole = _rect([*one, *other])
    return any(
        min(_rect(part).share_inside(region.rect) for part in (one, other)) >= _INSIDE
        for region in regions
    ) and not any(_lies_in(line, whole) for line in others)


def _lies_in(line: PlacedLine, rect: Rect) -> bool:
    return rect.top < line.rect.middle_y < rect.bottom and line.rect.shared_width(rect) > 0


def _rect(group: Lines) -> Rect:
    return bounding_rect(line.rect for line in group)


def _island(group: Lines, regions: Sequence[Advice]) -> Island:
    rect = _rect(group)
    said = max(
        regions, key=lambda region: (region.rect.shared_area(rect), region.score), default=None
    )
    if said is not None and said.rect.shared_area(rect) <= 0:
        said = None
    return Island(ElementType.FORMULA, rect, tuple(group), said)


def _touch(one: PlacedLine, other: PlacedLine, beside: float = _TOUCHES_BESIDE) -> bool:
    em = min(one.em, other.em)
    return (
        one.rect.shared_width(other.rect) > -beside * em
        and one.rect.shared_height(other.rect) > -_TOUCHES_BELOW * em
    )
