"""Layout detection: PicoDet (Yu et al., 2021) trained on CDLA, a set of Chinese papers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from paddleocr_vl_service.engines.onnx.sessions import FloatArray, Model, image_tensor
from paddleocr_vl_service.engines.onnx.types import LayoutLabel, LayoutRegion

INPUT_WIDTH, INPUT_HEIGHT = 608, 800
"""Pixels; the page is squeezed into them."""

_STRIDES = (8, 16, 32, 64)
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_SCORE_THRESHOLD = 0.4
_OVERLAP_THRESHOLD = 0.5

Boxes = npt.NDArray[np.float64]
"""N x 4: left, top, right, bottom."""


class LayoutDetector:
    """The layout model.

    Args:
        path: Its ONNX file.
        threads: CPU threads to use.
    """

    def __init__(self, path: Path, threads: int) -> None:
        self._model = Model(path, threads)

    def detect(self, page: Image.Image) -> list[LayoutRegion]:
        """Return the regions of an RGB page, in its pixels, the surest first."""
        resized = page.resize((INPUT_WIDTH, INPUT_HEIGHT), Image.Resampling.BICUBIC)
        outputs = self._model.run(image_tensor(np.asarray(resized), _MEAN, _DEVIATION))
        levels = len(_STRIDES)
        regions = decode(
            [scores[0] for scores in outputs[:levels]],
            [distances[0] for distances in outputs[levels:]],
        )
        scale_x, scale_y = page.width / INPUT_WIDTH, page.height / INPUT_HEIGHT
        return [_scaled(region, scale_x, scale_y) for region in regions]


def decode(scores: list[FloatArray], distances: list[FloatArray]) -> list[LayoutRegion]:
    """Turn the model's outputs into regions, in pixels of its input.

    Every output level is a grid of cells, row by row. A cell proposes one box by the distances
    of its four sides from the cell's middle, each a distribution over multiples of the cell's
    size (Li et al., Generalized Focal Loss, 2020).

    Args:
        scores: Of each level, cells x classes.
        distances: Of each level, cells x (4 sides x bins), as logits.
    """
    boxes = np.concatenate(
        [_boxes(level, stride) for level, stride in zip(distances, _STRIDES, strict=True)]
    )
    all_scores = np.concatenate(scores)
    regions = []
    for index, label in enumerate(LayoutLabel):
        candidates = np.flatnonzero(all_scores[:, index] > _SCORE_THRESHOLD)
        label_boxes, label_scores = boxes[candidates], all_scores[candidates, index]
        for kept in suppress_overlaps(label_boxes, label_scores):
            left, top, right, bottom = label_boxes[kept].tolist()
            regions.append(
                LayoutRegion(label, float(label_scores[kept]), (left, top, right, bottom))
            )
    return sorted(regions, key=lambda region: -region.score)


def _boxes(distances: FloatArray, stride: int) -> Boxes:
    columns, rows = -(-INPUT_WIDTH // stride), -(-INPUT_HEIGHT // stride)
    logits = distances.reshape(rows * columns, 4, -1).astype(np.float64)
    weights = np.exp(logits - logits.max(axis=2, keepdims=True))
    weights /= weights.sum(axis=2, keepdims=True)
    reach = weights @ np.arange(logits.shape[2]) * stride
    y, x = np.divmod(np.arange(rows * columns), columns)
    middle = (np.stack([x, y, x, y], axis=1) + 0.5) * stride
    boxes: Boxes = np.clip(middle + reach * (-1, -1, 1, 1), 0, (INPUT_WIDTH, INPUT_HEIGHT) * 2)
    return boxes


def suppress_overlaps(boxes: Boxes, scores: FloatArray) -> list[int]:
    """Return the indices of the boxes to keep, the surest first (non-maximum suppression).

    Of two boxes whose intersection is more than half of their union the surer one is kept.
    """
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    remaining = np.argsort(-scores, kind="stable")
    kept = []
    while len(remaining):
        best, remaining = remaining[0], remaining[1:]
        kept.append(int(best))
        low = np.maximum(boxes[remaining, :2], boxes[best, :2])
        high = np.minimum(boxes[remaining, 2:], boxes[best, 2:])
        shared = np.prod(np.clip(high - low, 0, None), axis=1)
        union = areas[remaining] + areas[best] - shared
        remaining = remaining[shared <= _OVERLAP_THRESHOLD * union]
    return kept


def _scaled(region: LayoutRegion, scale_x: float, scale_y: float) -> LayoutRegion:
    left, top, right, bottom = region.box
    return LayoutRegion(
        region.label,
        region.score,
        (left * scale_x, top * scale_y, right * scale_x, bottom * scale_y),
    )
