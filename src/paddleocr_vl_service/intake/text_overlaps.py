"""Text that lies on other text, to be looked at one after the other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from paddleocr_vl_service.intake.page_placement import Boxes
from paddleocr_vl_service.intake.text_characters import Characters

MOST_LAYERS = 4

_OVERLAP = 0.25  # of the smaller one; accents and lines that are set close have less
_MOST_NEIGHBOURS = 400  # keeps the time within bounds where everything lies in one place


def layers_of(characters: Characters) -> NDArray[np.int64]:
    """The layer of each text object, by its index: one lies on none of its own layer.

    What lies below comes first. So the letters below are taken away before those above are:
    had both been one layer, letters in no colour would pass for those that they lie on.
    """
    written = characters.owners >= 0
    owners, boxes = characters.owners[written], characters.boxes[written]
    count = int(owners.max(initial=-1)) + 1
    layers = np.zeros(count, np.int64)
    if count < 2:
        return layers
    extents = np.tile([np.inf, np.inf, -np.inf, -np.inf], (count, 1))
    for side, join in enumerate((np.minimum, np.minimum, np.maximum, np.maximum)):
        join.at(extents[:, side], owners, boxes[:, side])
    for below, above in _overlapping(extents):
        layers[above] = min(max(layers[above], layers[below] + 1), MOST_LAYERS - 1)
    return layers


def _overlapping(boxes: Boxes) -> list[tuple[int, int]]:
    """Pairs of boxes, the first with the smaller index, ordered by the second."""
    drawn = np.flatnonzero(np.isfinite(boxes).all(axis=1))
    order = drawn[np.argsort(boxes[drawn, 1], kind="stable")]
    boxes = boxes[order]
    areas = np.maximum(1e-9, (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))
    pairs = []
    for step in range(1, min(len(order), _MOST_NEIGHBOURS)):
        upper, lower = boxes[:-step], boxes[step:]
        high = np.minimum(upper[:, 3], lower[:, 3]) - lower[:, 1]
        if not (high > 0).any():
            break
        wide = np.minimum(upper[:, 2], lower[:, 2]) - np.maximum(upper[:, 0], lower[:, 0])
        least = _OVERLAP * np.minimum(areas[:-step], areas[step:])
        for place in np.flatnonzero((high > 0) & (wide > 0) & (high * wide > least)):
            first, second = sorted((int(order[place]), int(order[place + step])))
            pairs.append((first, second))
    return sorted(pairs, key=lambda pair: (pair[1], pair[0]))
