"""Captions stand next to their figure or table: before it where they are above it, else after."""

from __future__ import annotations

import re

from paddleocr_vl_service.assembly.flow import Pages, flow_of, with_flow
from paddleocr_vl_service.models.document import BBox, Element, ElementType, PageResult

_SIGHT = 5.0
_SIDE_SIGHT = 3.0
_SIGHT_ON_PAGE = 0.06
_SHARED = 0.3
_AS_NEAR = 1.0
_OF_TABLE = re.compile(r"tab(?:le|elle|leau|la|\.)?\b|表", re.IGNORECASE)
_OF_FIGURE = re.compile(r"(?:fig(?:ure|\.)?|abb(?:ildung|\.)|chart)\b|[图圖図]", re.IGNORECASE)
_CAPTIONED = frozenset({ElementType.IMAGE, ElementType.TABLE, ElementType.CHART})


def put_captions_at_their_floats(pages: Pages) -> Pages:
    """Every caption next to what it belongs to; figures and tables keep their place."""
    return tuple(_with_captions(page) for page in pages)


def _with_captions(page: PageResult) -> PageResult:
    flow = flow_of(page)
    for caption in [each for each in flow if each.type is ElementType.CAPTION]:
        flow = _placed(caption, flow, page)
    return with_flow(page, flow)


def _placed(caption: Element, flow: list[Element], page: PageResult) -> list[Element]:
    """The flow with one caption where it belongs."""
    line = caption.line_height or 0.012 * page.height
    kinds = _captioned_kinds(caption.text, flow)
    near = {
        id(each): distance
        for each in flow
        if each.type in kinds
        and (distance := _distance(caption.bbox, each.bbox, line, page.height)) is not None
    }
    if not near:
        return flow
    place = next(index for index, each in enumerate(flow) if each is caption)
    for index, first in (
        (_next_float(flow, place, -1), False),
        (_next_float(flow, place, 1), True),
    ):
        if index is None or id(flow[index]) not in near:
            continue
        good_side = _is_above(caption.bbox, flow[index].bbox) is first
        if good_side and near[id(flow[index])] <= min(near.values()) + _AS_NEAR * line:
            return flow
    rest = [each for each in flow if each is not caption]
    nearest = min(near.values())
    target = next(index for index, each in enumerate(rest) if near.get(id(each)) == nearest)
    if not _is_above(caption.bbox, rest[target].bbox):
        target += 1
    return [*rest[:target], caption, *rest[target:]]


def _captioned_kinds(text: str, flow: list[Element]) -> frozenset[ElementType]:
    """What the caption says it belongs to, where the page has that."""
    present = {each.type for each in flow}
    if _OF_TABLE.match(text) and ElementType.TABLE in present:
        return frozenset({ElementType.TABLE})
    if _OF_FIGURE.match(text) and present & {ElementType.IMAGE, ElementType.CHART}:
        return frozenset({ElementType.IMAGE, ElementType.CHART})
    return _CAPTIONED


def _next_float(flow: list[Element], place: int, step: int) -> int | None:
    """The element before or after a caption, other captions not counted."""
    place += step
    while 0 <= place < len(flow) and flow[place].type is ElementType.CAPTION:
        place += step
    return place if 0 <= place < len(flow) else None


def _distance(caption: BBox, area: BBox, line: float, page_height: int) -> float | None:
    """How far a caption is from a figure or table in pixels; None where it is not its."""
    left, top, right, bottom = caption
    gap = max(area[1] - bottom, top - area[3])
    shared = min(right, area[2]) - max(left, area[0])
    if shared >= _SHARED * max(1, min(right - left, area[2] - area[0])):
        return max(0.0, gap) if gap <= min(_SIGHT * line, _SIGHT_ON_PAGE * page_height) else None
    beside = max(area[0] - right, left - area[2])
    return max(0.0, beside) if gap < 0 and beside <= _SIDE_SIGHT * line else None


def _is_above(caption: BBox, area: BBox) -> bool:
    return caption[1] + caption[3] < area[1] + area[3] and caption[3] <= (area[1] + area[3]) / 2
