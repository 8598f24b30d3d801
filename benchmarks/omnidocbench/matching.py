"""Which block of the truth was read as which: OmniDocBench's quick matching."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import Levenshtein

from benchmarks.omnidocbench.assignment import assigned
from benchmarks.omnidocbench.runs import joined_runs

_SAME = 0.25
_HARDLY_ALIKE = 0.7
_PART_OF = 0.4

Costs = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Pair:
    """Blocks of the truth and what was read of them; either side may be empty.

    Attributes:
        true: Numbers of blocks of the truth, ascending.
        read: Numbers of blocks that were read, ascending.
    """

    true: tuple[int, ...]
    read: tuple[int, ...]


@dataclass(frozen=True)
class Matching:
    """How a page's blocks belong together.

    Attributes:
        pairs: Every wanted block of the truth is in exactly one.
        unmatched: Numbers of read blocks that are in none, nor blocks that need not be read.
    """

    pairs: tuple[Pair, ...]
    unmatched: tuple[int, ...] = ()


def cost_matrix(true: Sequence[str], read: Sequence[str]) -> Costs:
    """Normalised edit distance of every pair of texts, by rows of the truth."""
    rows = [[Levenshtein.normalized_distance(one, other) for other in read] for one in true]
    return np.array(rows, dtype=np.float64).reshape(len(true), len(read))


def match(wanted: Sequence[str], unwanted: Sequence[str], read: Sequence[str]) -> Matching:
    """Match normalised contents of a page's blocks.

    Args:
        wanted: Of blocks of the truth that should have been read.
        unwanted: Of blocks that need not be read, such as headers.
        read: Of the blocks that were read, in order.
    """
    if len(wanted) + len(unwanted) == 1 and len(read) == 1:
        return Matching((Pair((0,), (0,)),) if wanted else ())
    spare = set(np.argwhere(cost_matrix(unwanted, read) < _SAME)[:, 1].tolist())
    kept = [number for number in range(len(read)) if number not in spare]
    found = _pairs(wanted, [read[number] for number in kept])
    used = {number for pair in found for number in pair.read}
    return Matching(
        tuple(Pair(pair.true, tuple(kept[number] for number in pair.read)) for pair in found),
        tuple(number for place, number in enumerate(kept) if place not in used),
    )


def _pairs(true: Sequence[str], read: Sequence[str]) -> list[Pair]:
    """Pairs with numbers into ``read``; blocks that remain on either side are paired at last."""
    by_run, missing = _assigned_runs(true, read)
    for number, numbers in _contained(true, read, missing).items():
        taken = {each for group in by_run.values() for each in group}
        by_run.setdefault((number,), []).extend(each for each in numbers if each not in taken)
    matched = {each for group in by_run.values() for each in group}
    missing = [number for number in range(len(true)) if number not in matched]
    used = {number for run in by_run for number in run}
    unused = [number for number in range(len(read)) if number not in used]
    pairs = [Pair(tuple(sorted(group)), run) for run, group in by_run.items() if group]
    left = cost_matrix([true[each] for each in missing], [read[each] for each in unused])
    for row, column in assigned(left):
        pairs.append(Pair((missing[row],), (unused[column],)))
        matched.add(missing[row])
    pairs += [Pair((number,), ()) for number in missing if number not in matched]
    return pairs


def _assigned_runs(
    true: Sequence[str], read: Sequence[str]
) -> tuple[dict[tuple[int, ...], list[int]], list[int]]:
    """Blocks of the truth by the run of read blocks they were assigned to, and those without."""
    costs = cost_matrix(true, read)
    runs = joined_runs(true, read, costs, _SAME)
    if any(len(run) > 1 for run in runs):
        costs = cost_matrix(true, [" ".join(read[each] for each in run) for run in runs])
    by_run: dict[tuple[int, ...], list[int]] = {}
    for row, column in assigned(costs):
        if costs[row, column] <= _HARDLY_ALIKE:
            by_run[runs[column]] = [row]
    found = {row for rows in by_run.values() for row in rows}
    return by_run, [number for number in range(len(true)) if number not in found]


def _contained(
    true: Sequence[str], read: Sequence[str], missing: Sequence[int]
) -> dict[int, list[int]]:
    """Missing blocks of the truth by the read block that has them in it."""
    found = {}
    for number, text in enumerate(read):
        inside = [each for each in missing if _is_part(true[each], text)]
        if inside:
            found[number] = inside
    return found


def _is_part(part: str, whole: str) -> bool:
    size = len(part)
    if not size or len(whole) < size:
        return False
    cutoff = int(_PART_OF * size)
    for start in range(len(whole) - size + 1):
        window = whole[start : start + size]
        if Levenshtein.distance(part, window, score_cutoff=cutoff) < _PART_OF * size:
            return True
    return False
