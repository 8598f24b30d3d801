"""What layout detection says about a piece of the page: advice, weighed against the lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from paddleocr_vl_service.engines.onnx.line_geometry import Frame, Rect
from paddleocr_vl_service.engines.onnx.types import LayoutLabel, LayoutRegion

_COVERS = 0.5


@dataclass(frozen=True)
class Advice:
    """A proposed region in the frame of the lines."""

    label: LayoutLabel
    score: float
    rect: Rect


def place_regions(regions: Sequence[LayoutRegion], frame: Frame) -> list[Advice]:
    """Regions in the frame, the surest first."""
    placed = [Advice(region.label, region.score, frame.box_rect(region.box)) for region in regions]
    return sorted(placed, key=lambda advice: (-advice.score, advice.rect, advice.label.value))


def advice_for(rect: Rect, advice: Sequence[Advice]) -> Advice | None:
    """The region that says most about a block: it covers the block and is little more than it."""
    best: Advice | None = None
    best_fit = 0.0
    for candidate in advice:
        inside = rect.share_inside(candidate.rect)
        if inside < _COVERS:
            continue
        union = rect.area + candidate.rect.area - rect.shared_area(candidate.rect)
        fit = candidate.score * (inside + rect.shared_area(candidate.rect) / union)
        if fit > best_fit:
            best, best_fit = candidate, fit
    return best
