"""Ruling lines: the thin level and upright lines that tables, boxes and headings are set with.

A pixel of a rule differs from what lies on both sides of it, in the same sense: it is darker than
both, or lighter (white lines on a shaded table). Runs of such pixels that are long are rules;
strokes of letters are short. The long edge of a shaded area parts a table's rows as a rule does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from paddleocr_vl_service.engines.onnx.line_geometry import (
    Frame,
    PlacedLine,
    Rect,
    bounding_rect,
    page_frame,
    place,
    typical_em,
)
from paddleocr_vl_service.engines.onnx.rule_pixels import (
    BRIDGED,
    CONTRAST,
    DOTS,
    NO_LETTER,
    STEP,
    Pixels,
    Squeezed,
    between,
    core,
    long_runs,
    ridges_of,
    steps_between,
)
from paddleocr_vl_service.engines.onnx.types import ReadLine

_THICKEST = 0.0032
_LEAST_REACH = 3
_LENGTH = 1.2
_LEAST_LENGTH = 10.0
_LONG_EDGE = 5.0
_EDGE_HEIGHT = 3.0
_JOIN = 3.0
_SLOPE = 0.03
_BROKEN = 1.5


@dataclass(frozen=True)
class Rules:
    """Ruling lines of a page, in its straightened frame, from the top and from the left.

    Attributes:
        horizontal: As thick as they are high.
        vertical: As thick as they are wide.
    """

    horizontal: tuple[Rect, ...] = ()
    vertical: tuple[Rect, ...] = ()

    def inside(self, area: Rect) -> Rules:
        """Those that lie in an area for the most part, cut off at its edges."""
        level = [_clipped(rule, area) for rule in self.horizontal if _crosses(rule, area)]
        upright = [_clipped(rule, area) for rule in self.vertical if _crosses(rule, area)]
        return Rules(tuple(level), tuple(upright))


NO_RULES = Rules()


def page_rules(image: Image.Image, lines: Sequence[ReadLine]) -> Rules:
    """The rules of a page in the frame of its lines; none on a page of vertical writing.

    Args:
        image: The upright page, RGB.
        lines: All of the page; they say how far it is askew.
    """
    frame = page_frame([line for line in lines if line.text.strip()], image.width, image.height)
    if frame.vertical:
        return NO_RULES
    return find_rules(straightened(image, frame), [place(line, frame) for line in lines])


def find_rules(page: Image.Image, lines: Sequence[PlacedLine]) -> Rules:
    """The rules of a straightened page, RGB, with its lines of text, which hide strokes."""
    grey = np.asarray(page.convert("L"))
    reach = max(round(_THICKEST * max(grey.shape)), _LEAST_REACH)
    # Enough for a rule over one narrow column; strokes of letters are not as long.
    length = round(max(_LENGTH * typical_em(lines), _LEAST_LENGTH))
    texts = [line.rect for line in lines if line.rect.width > line.rect.height]
    level = _level_rules(grey, reach, length, texts)
    sides = [
        Rect(line.rect.top, line.rect.left, line.rect.bottom, line.rect.right)
        for line in lines
        if line.rect.height >= line.rect.width
    ]
    across = [Rect(top, left, bottom, right) for left, top, right, bottom in level]
    upright = _level_rules(np.ascontiguousarray(grey.T), reach, length, sides, across)
    turned = [Rect(top, left, bottom, right) for left, top, right, bottom in upright]
    return Rules(
        tuple(sorted(level, key=lambda rule: (rule.top, rule.left))),
        tuple(sorted(rule for rule in turned if not any(_stroke(rule, text) for text in texts))),
    )


def _stroke(rule: Rect, text: Rect) -> bool:
    """Whether an upright line is part of a letter."""
    return rule.share_inside(text) > 0.7


def level_frame(lines: Sequence[ReadLine], image: Image.Image) -> Frame:
    """Straightened, but not turned: a page of vertical writing has level tables."""
    frame = page_frame(lines, image.width, image.height)
    return replace(frame, angle=0.0, vertical=False) if frame.vertical else frame


def straightened(image: Image.Image, frame: Frame) -> Image.Image:
    """The image as the frame sees it, but for quarter turns."""
    if not frame.angle:
        return image
    x0, y0 = frame.image_point(0.0, 0.0)
    x1, y1 = frame.image_point(1.0, 0.0)
    x2, y2 = frame.image_point(0.0, 1.0)
    return image.transform(
        image.size,
        Image.Transform.AFFINE,
        (x1 - x0, x2 - x0, x0, y1 - y0, y2 - y0, y0),
        resample=Image.Resampling.BICUBIC,
        fillcolor=(255, 255, 255),
    )


def _level_rules(
    grey: Pixels, reach: int, length: int, texts: Sequence[Rect], across: Sequence[Rect] = ()
) -> list[Rect]:
    """Level rules of a picture.

    Args:
        grey: Height x width.
        reach: More than their thickness, pixels.
        length: The least, pixels.
        texts: Lines of text, whose strokes are no rules.
        across: Upright rules; they do not break level ones that cross them.
    """
    squeezed = Squeezed.of(grey, length)
    rows = squeezed.rows_with_rules(reach, length, texts, across)
    marks = ridges_of(grey, reach, rows) > CONTRAST
    bridged = marks.copy() if across else marks
    for left, top, right, bottom in across:
        bridged[between(rows, int(top) - reach, int(bottom) + reach), int(left) : int(right)] = True
    hidden = np.zeros(marks.shape, dtype=np.bool_)
    for text in texts:
        hidden[between(rows, *core(text)), max(round(text.left), 0) : max(round(text.right), 0)] = (
            True
        )
    place_of = {row: place for place, row in enumerate(rows.tolist())}
    found = [
        run
        for run in long_runs(marks, rows, length, 1)
        if run.width >= NO_LETTER * length or not hidden[place_of[int(run.top)], int(run.middle_x)]
    ]
    # The dots of a dotted rule; letters do not follow each other as closely for long.
    found += long_runs(marks & ~hidden, rows, NO_LETTER * length, DOTS)
    if across:
        found += long_runs(bridged, rows, BRIDGED * length, 1)
    runs = _united(found)
    rules = _in_line(_stacked(runs, reach), _BROKEN * length)
    edges = _band_edges(grey, squeezed, round(_LONG_EDGE * length))
    return rules + [edge for edge in edges if not any(_beside(edge, rule) for rule in rules)]


def _band_edges(grey: Pixels, squeezed: Squeezed, length: int) -> list[Rect]:
    """Long level edges of filled areas: a shaded head ends as if there were a rule."""
    if len(grey) < 3:
        return []
    rows = squeezed.rows_below_edges(length)
    runs = long_runs(steps_between(grey[rows - 1], grey[rows + 1], STEP), rows, length, 1)
    return _in_line(_stacked(runs, _EDGE_HEIGHT), float(length))


def _beside(edge: Rect, rule: Rect) -> bool:
    return edge.shared_height(rule) > -_EDGE_HEIGHT and edge.shared_width(rule) > 0


def _united(runs: Sequence[Rect]) -> list[Rect]:
    """Runs of one row that overlap put together; row by row."""
    united: list[Rect] = []
    for run in sorted(runs, key=lambda run: (run.top, run.left)):
        if united and united[-1].top == run.top and run.left <= united[-1].right:
            united[-1] = bounding_rect((united[-1], run))
        else:
            united.append(run)
    return united


@dataclass
class _Bundle:
    """Runs of neighbouring rows."""

    rect: Rect
    pixels: float

    def take(self, run: Rect) -> None:
        self.rect = bounding_rect((self.rect, run))
        self.pixels += run.width


def _stacked(runs: Sequence[Rect], thickest: float) -> list[Rect]:
    """Runs of neighbouring rows put into one rule; they come row by row."""
    bundles: list[_Bundle] = []
    near: list[_Bundle] = []
    for run in runs:
        near = [bundle for bundle in near if bundle.rect.bottom >= run.top]
        for bundle in near:
            if bundle.rect.shared_width(run) > 0:
                bundle.take(run)
                break
        else:
            near.append(_Bundle(run, run.width))
            bundles.append(near[-1])
    # A rule that is a little askew is higher than it is thick.
    return [
        bundle.rect
        for bundle in bundles
        if bundle.pixels <= thickest * bundle.rect.width
        and bundle.rect.height <= max(thickest, _SLOPE * bundle.rect.width)
    ]


def _in_line(rules: Sequence[Rect], gap: float) -> list[Rect]:
    """Pieces of one rule, a step askew, or broken by what crosses or touches it, put together."""
    joined: list[Rect] = []
    for rule in sorted(rules):
        for index in range(len(joined) - 1, -1, -1):
            before = joined[index]
            slack = _JOIN + (rule.height + before.height) / 2
            level = abs(rule.middle_y - before.middle_y) < slack
            if level and rule.left - before.right < gap:
                joined[index] = bounding_rect((before, rule))
                break
        else:
            joined.append(rule)
    return joined


def _crosses(rule: Rect, area: Rect) -> bool:
    longer = rule.width >= rule.height
    shared = rule.shared_width(area) if longer else rule.shared_height(area)
    inside = (
        area.top <= rule.middle_y <= area.bottom
        if longer
        else area.left <= rule.middle_x <= area.right
    )
    return inside and shared > 0.5 * max(rule.width, rule.height)


def _clipped(rule: Rect, area: Rect) -> Rect:
    if rule.width >= rule.height:
        return Rect(max(rule.left, area.left), rule.top, min(rule.right, area.right), rule.bottom)
    return Rect(rule.left, max(rule.top, area.top), rule.right, min(rule.bottom, area.bottom))
