"""Connected areas of a black and white picture, and rows of text among them, with numpy alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Areas = NDArray[np.int64]
"""Rows of left, top, right, bottom and the number of pixels set."""

_NOTHING: Areas = np.zeros((0, 5), np.int64)


def connected_areas(mask: Mask, most_runs: int = 200_000) -> Areas:
    """The boxes of pixels that touch, at their corners too.

    Args:
        mask: Height x width.
        most_runs: A picture with more horizontal runs of pixels has no areas: it is noise.
    """
    height, width = mask.shape
    rows, starts, ends = _horizontal_runs(mask)
    if not 0 < len(rows) <= most_runs:
        return _NOTHING
    labels = _joined(len(rows), *_touching(rows, starts, ends, width))
    _, group = np.unique(labels, return_inverse=True)
    areas = np.zeros((int(group.max()) + 1, 5), np.int64)
    areas[:, :2] = max(height, width) + 1
    np.minimum.at(areas[:, 0], group, starts)
    np.minimum.at(areas[:, 1], group, rows)
    np.maximum.at(areas[:, 2], group, ends)
    np.maximum.at(areas[:, 3], group, rows + 1)
    np.add.at(areas[:, 4], group, ends - starts)
    return areas


def _touching(
    rows: NDArray[np.int64], starts: NDArray[np.int64], ends: NDArray[np.int64], width: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of runs of neighbouring rows that touch, as indices."""
    stride = width + 2
    first = np.searchsorted(rows * stride + ends, (rows - 1) * stride + starts, side="left")
    last = np.searchsorted(rows * stride + starts, (rows - 1) * stride + ends, side="right")
    counts = np.maximum(0, last - first)
    below = np.repeat(np.arange(len(rows)), counts)
    above = np.arange(len(below)) - np.repeat(np.cumsum(counts) - counts, counts)
    above += np.repeat(first, counts)
    return above, below


def _joined(count: int, one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.int64]:
    """A label for each run, the same for all that are connected: the smallest index of any."""
    labels: NDArray[np.int64] = np.arange(count)
    while True:
        before = labels.copy()
        least = np.minimum(labels[one], labels[other])
        np.minimum.at(labels, labels[one], least)
        np.minimum.at(labels, labels[other], least)
        labels = labels[labels]
        labels = labels[labels]
        if np.array_equal(labels, before):
            return labels


def without_rules(mask: Mask, length: int) -> Mask:
    """The picture without straight lines, across and down, at least so long."""
    rest: Mask = mask.copy()
    for picture, turned in ((rest, mask), (rest.T, mask.T)):
        rows, starts, ends = _horizontal_runs(turned)
        for index in np.flatnonzero(ends - starts >= length):
            picture[rows[index], starts[index] : ends[index]] = False
    return rest


def _horizontal_runs(
    mask: Mask,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Row, first column, and the column after the last one, of each run of pixels."""
    width = mask.shape[1]
    used = np.flatnonzero(mask.any(axis=1))
    padded = np.zeros((len(used), width + 2), bool)
    padded[:, 1:-1] = mask[used]
    steps = np.flatnonzero(padded[:, 1:] != padded[:, :-1])
    rows, columns = np.divmod(steps, width + 1)
    return used[rows[::2]], columns[::2], columns[1::2]
