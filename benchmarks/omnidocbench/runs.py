"""Neighbouring read blocks that together are one block of the truth, such as its lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import Levenshtein

_PIECE = 0.6

Run = tuple[int, ...]


@dataclass(frozen=True)
class _Candidate:
    run: Run
    cost: float

    def meets(self, other: _Candidate) -> bool:
        return self.run[0] <= other.run[-1] and other.run[0] <= self.run[-1]


def joined_runs(
    true: Sequence[str], read: Sequence[str], costs: npt.NDArray[np.float64], same: float
) -> list[Run]:
    """All read blocks in order, those joined that together resemble a block of the truth best.

    Args:
        true: Normalised blocks of the truth.
        read: Normalised read blocks.
        costs: Their normalised edit distances.
        same: Blocks that are closer than this to one on the other side are left alone.
    """
    settled = np.argwhere(costs < same)
    done, taken = set(settled[:, 0].tolist()), set(settled[:, 1].tolist())
    best = []
    for number, text in enumerate(true):
        if number in done:
            continue
        starts = (start for start in range(len(read)) if start not in taken)
        candidates = [_grown(text, read, start, taken) for start in starts]
        if candidates:
            best.append(min(candidates, key=lambda candidate: candidate.cost))
    chosen = {run[0]: run for run in _without_overlap(best)}
    inside = {number for run in chosen.values() for number in run[1:]}
    return [chosen.get(number, (number,)) for number in range(len(read)) if number not in inside]


def _grown(text: str, read: Sequence[str], start: int, taken: set[int]) -> _Candidate:
    """The run from ``start`` on, as long as each block brings it closer to the text."""
    end = start + 1
    joined = read[start]
    distance = _distance(text, joined)
    if _is_piece(text, read[start]):
        while end < len(read) and end not in taken:
            longer = f"{joined} {read[end]}"
            closer = _distance(text, longer)
            if closer > distance or not _is_piece(text, read[end], strictly=True):
                break
            joined, distance = longer, closer
            end += 1
            if len(joined) > len(text):
                break
    return _Candidate(tuple(range(start, end)), distance)


def _distance(one: str, other: str) -> float:
    return Levenshtein.normalized_distance(one, other)


def _is_piece(text: str, piece: str, *, strictly: bool = False) -> bool:
    """Whether a text has something much like the piece in it."""
    size = len(piece)
    if not size or len(text) < size:
        return False
    limit = _PIECE * size
    for start in range(len(text) - size + 1):
        distance = Levenshtein.distance(text[start : start + size], piece, score_cutoff=int(limit))
        if distance < limit or (distance == limit and not strictly):
            return True
    return False


def _without_overlap(candidates: Sequence[_Candidate]) -> list[Run]:
    """Of runs that overlap, those sets of disjoint ones with the lowest mean cost."""
    chosen: list[Run] = []
    group: list[_Candidate] = []
    for candidate in sorted(candidates, key=lambda each: each.run[0]):
        if group and not any(candidate.meets(other) for other in group):
            chosen += _best_disjoint(group)
            group = []
        group.append(candidate)
    return chosen + _best_disjoint(group)


def _best_disjoint(group: Sequence[_Candidate]) -> list[Run]:
    paths: list[list[_Candidate]] = []
    for candidate in group:
        placed = False
        for path in paths:
            twin = next((n for n, each in enumerate(path) if each.run == candidate.run), None)
            if twin is not None:
                placed = True
                if candidate.cost < path[twin].cost:
                    path[twin] = candidate
            elif not any(candidate.meets(each) for each in path):
                path.append(candidate)
                placed = True
        if not placed:
            paths.append([candidate])
    if not paths:
        return []
    cheapest = min(paths, key=lambda path: fmean(each.cost for each in path))
    return [each.run for each in cheapest]
