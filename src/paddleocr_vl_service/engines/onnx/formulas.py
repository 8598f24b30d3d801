"""Displayed formulas: pieces that detection cut a formula into, put together again.

Detection breaks a formula at its fractions, limits and brackets. Where layout detection proposes
an equation, the pieces in it that are no prose are gathered, and the scraps that touch them.
"""

from __future__ import annotations

from collections.abc import Sequence

from paddleocr_vl_service.engines.onnx.islands import Island
from paddleocr_vl_service.engines.onnx.layout_advice import Advice
from paddleocr_vl_service.engines.onnx.line_geometry import PlacedLine, bounding_rect
from paddleocr_vl_service.engines.onnx.text_kinds import (
    has_signs,
    is_equation_number,
    reads_like_prose,
)
from paddleocr_vl_service.engines.onnx.types import LayoutLabel
from paddleocr_vl_service.models.document import ElementType

_SURE = 0.4
_INSIDE = 0.5
_TOUCHES_BESIDE = 3.0
_TOUCHES_BELOW = 0.35
_SCRAP = 8
_NUMBER_SPACE = 30.0


def find_formulas(
    advice: Sequence[Advice], lines: Sequence[PlacedLine]
) -> tuple[list[Island], list[PlacedLine]]:
    """Displayed formulas, and the lines outside them."""
    regions = [
        region
        for region in advice
        if region.label is LayoutLabel.EQUATION and region.score >= _SURE
    ]
    seeds = [
        line
        for line in lines
        if not reads_like_prose(line.text)
        and has_signs(line.text)
        and any(line.rect.share_inside(region.rect) >= _INSIDE for region in regions)
    ]
    seeds = [line for line in seeds if not is_equation_number(line.text)]
    chosen = {id(line) for line in seeds}
    scraps = [
        line
        for line in lines
        if id(line) not in chosen
        and (
            is_equation_number(line.text)
            or (len(line.text) <= _SCRAP and not reads_like_prose(line.text))
        )
    ]
    groups = _absorb(_groups(seeds), scraps)
    taken = {id(line) for group in groups for line in group}
    islands = []
    for group in groups:
        rect = bounding_rect(line.rect for line in group)
        best = max(regions, key=lambda region: (region.rect.shared_area(rect), region.score))
        islands.append(Island(ElementType.FORMULA, rect, tuple(group), best))
    return islands, [line for line in lines if id(line) not in taken]


def _groups(seeds: Sequence[PlacedLine]) -> list[list[PlacedLine]]:
    """Pieces that touch, directly or through others."""
    groups: list[list[PlacedLine]] = []
    for line in seeds:
        touching = [group for group in groups if any(_touch(line, other) for other in group)]
        merged = [line]
        for group in touching:
            merged = group + merged
        groups = [group for group in groups if not any(group is other for other in touching)]
        groups.append(merged)
    return groups


def _absorb(groups: list[list[PlacedLine]], scraps: Sequence[PlacedLine]) -> list[list[PlacedLine]]:
    """Scraps within or right at a formula join it; so does the number at its right."""
    for line in scraps:
        if is_equation_number(line.text):
            nearest = min(groups, key=lambda group: _distance(group, line), default=[])
            if nearest and _distance(nearest, line) <= _NUMBER_SPACE * line.em:
                nearest.append(line)
            continue
        for group in groups:
            if any(_touch(line, member, beside=0.5) for member in group):
                group.append(line)
                break
    return groups


def _distance(group: Sequence[PlacedLine], number: PlacedLine) -> float:
    """How far right of a formula a number stands; no distance at all where it does not."""
    rect = bounding_rect(line.rect for line in group)
    beside = rect.top < number.rect.middle_y < rect.bottom and rect.right < number.rect.middle_x
    return number.rect.left - rect.right if beside else float("inf")


def _touch(one: PlacedLine, other: PlacedLine, beside: float = _TOUCHES_BESIDE) -> bool:
    em = min(one.em, other.em)
    return (
        one.rect.shared_width(other.rect) > -beside * em
        and one.rect.shared_height(other.rect) > -_TOUCHES_BELOW * em
    )
