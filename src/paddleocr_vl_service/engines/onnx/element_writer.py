"""Writing pieces of the straightened page down as elements in pixels of the image."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from paddleocr_vl_service.engines.onnx.layout_advice import Advice
from paddleocr_vl_service.engines.onnx.line_geometry import (
    Frame,
    PlacedLine,
    Rect,
    bounding_rect,
)
from paddleocr_vl_service.engines.onnx.types import ReadLine
from paddleocr_vl_service.models.document import BBox, Element, ElementType, Point, TextSource

_CLEARLY_SKEWED = math.radians(0.5)


@dataclass(frozen=True)
class Piece:
    """Something on the page that is known for what it is.

    Attributes:
        type: What it becomes.
        text: Joined.
        lines: In it.
        advice: The layout region that says the same; None where geometry alone says it.
        area: Of tables, pictures and formulas, which are larger than their lines.
    """

    type: ElementType
    text: str
    lines: tuple[PlacedLine, ...]
    advice: Advice | None = None
    area: Rect | None = None

    @property
    def rect(self) -> Rect:
        """All of it."""
        rects = [line.rect for line in self.lines]
        return bounding_rect(rects if self.area is None else [*rects, self.area])


@dataclass(frozen=True)
class ElementWriter:
    """Turns pieces of one page into elements."""

    page: int
    width: int
    height: int
    frame: Frame

    def element(self, piece: Piece, order: int | None) -> Element:
        """One piece; `order` is its place in the flow."""
        parts = [part for line in piece.lines for part in line.parts]
        return Element(
            type=piece.type,
            text=piece.text,
            bbox=self._bbox(parts, piece.area),
            page=self.page,
            order=order,
            polygon=self._polygon(piece.rect),
            layout_confidence=piece.advice.score if piece.advice is not None else None,
            recognition_confidence=_mean_score(parts),
            text_source=_source(parts),
            line_height=median(line.em for line in piece.lines) if piece.lines else None,
            bold=_is_bold(parts),
        )

    def _bbox(self, parts: Sequence[ReadLine], area: Rect | None) -> BBox:
        points = [point for part in parts for point in part.quad]
        if area is not None:
            points += self.frame.image_quad(area)
        xs, ys = zip(*points, strict=True)
        return (
            _clamped(math.floor(min(xs)), self.width),
            _clamped(math.floor(min(ys)), self.height),
            _clamped(math.ceil(max(xs)), self.width),
            _clamped(math.ceil(max(ys)), self.height),
        )

    def _polygon(self, rect: Rect) -> tuple[Point, ...] | None:
        if abs(self.frame.angle) < _CLEARLY_SKEWED:
            return None
        return tuple(
            (_clamped(round(x), self.width), _clamped(round(y), self.height))
            for x, y in self.frame.image_quad(rect)
        )


def _clamped(value: int, most: int) -> int:
    return min(max(value, 0), most)


def _mean_score(parts: Iterable[ReadLine]) -> float | None:
    """The mean over the characters that were recognised."""
    scored = [(part.score, len(part.text)) for part in parts if part.score is not None]
    if not scored:
        return None
    return sum(score * count for score, count in scored) / sum(count for _, count in scored)


def _is_bold(parts: Iterable[ReadLine]) -> bool:
    """Whether most of the text is known to be bold."""
    weights = [len(part.text) if part.bold else -len(part.text) for part in parts]
    return sum(weights) > 0


def _source(parts: Sequence[ReadLine]) -> TextSource | None:
    """OCR as soon as one line was read; a text layer is exact, a reading is not."""
    if not parts:
        return None
    return (
        TextSource.OCR
        if any(part.source is TextSource.OCR for part in parts)
        else TextSource.TEXT_LAYER
    )
