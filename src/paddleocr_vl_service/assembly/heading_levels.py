"""Levels of headings over a whole document: from their numbers first, then from their size.

Headings of one family of numbers ("2.3" and "4.1") are of one level. One without a number has the
level of the numbered ones of its size; where no number is of its size, it stands above or below
them as it is larger or smaller.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from paddleocr_vl_service.assembly.numbering import Numbering, NumberingKind

_SAME_SIZE = 0.08
_DEEPEST = 6

_Family = tuple[NumberingKind, int]


@dataclass(frozen=True)
class HeadingFacts:
    """What is known of one heading.

    Attributes:
        numbering: Its number; None where it has none.
        size: Of its lines, relative to the body text; None where nobody knows.
        bold: Whether it is known to be bold.
        names_previous: Whether it is the name of a heading that is but a number: "Chapter 4".
    """

    numbering: Numbering | None
    size: float | None
    bold: bool
    names_previous: bool = False


def heading_levels(headings: Sequence[HeadingFacts]) -> list[int]:
    """A level for each, 1 being the highest, without gaps."""
    if not headings:
        return []
    families = _family_ranks(headings)
    sizes = _family_sizes(headings, families)
    plain = _plain_ranks(headings, sizes)
    ranks: list[float] = []
    for place, heading in enumerate(headings):
        if heading.numbering is not None:
            ranks.append(families[heading.numbering.family])
        elif heading.names_previous and place:
            ranks.append(ranks[-1])
        else:
            ranks.append(plain[place])
    levels = {rank: level for level, rank in enumerate(sorted(set(ranks)), start=1)}
    return [min(_DEEPEST, levels[rank]) for rank in ranks]


def _family_ranks(headings: Sequence[HeadingFacts]) -> dict[_Family, float]:
    """Each family's place in the order of families; smaller is higher."""
    families = {heading.numbering.family for heading in headings if heading.numbering is not None}
    kinds = {kind for kind, _ in families}
    above_sections = 1 if NumberingKind.CHAPTER in kinds else 0
    in_sections = above_sections + (1 if NumberingKind.SECTION in kinds else 0)
    # "1.1" below "Chapter 1" counts the chapter; "1" below it does not.
    counts_chapter = (NumberingKind.DECIMAL, 1) not in families or not in_sections
    in_romans = in_sections + (1 if NumberingKind.ROMAN in kinds else 0)
    lettered = NumberingKind.LETTER in kinds and NumberingKind.ROMAN in kinds
    ranks: dict[_Family, float] = {}
    for kind, depth in families:
        if kind is NumberingKind.PART:
            rank = 0
        elif kind is NumberingKind.CHAPTER:
            rank = depth
        elif kind is NumberingKind.SECTION:
            rank = above_sections + depth
        elif kind is NumberingKind.ROMAN:
            rank = in_sections + depth
        elif kind is NumberingKind.LETTER:
            rank = in_romans + depth
        elif NumberingKind.ROMAN in kinds:
            rank = in_romans + int(lettered) + depth
        else:
            rank = depth if counts_chapter else in_sections + depth
        ranks[kind, depth] = float(rank)
    return ranks


def _family_sizes(
    headings: Sequence[HeadingFacts], ranks: dict[_Family, float]
) -> dict[float, float]:
    """The usual size of the numbered headings of each rank."""
    sizes: dict[float, list[float]] = defaultdict(list)
    for heading in headings:
        if heading.numbering is not None and heading.size is not None:
            sizes[ranks[heading.numbering.family]].append(heading.size)
    return {rank: median(each) for rank, each in sizes.items()}


def _plain_ranks(headings: Sequence[HeadingFacts], sizes: dict[float, float]) -> dict[int, float]:
    """Ranks of headings without a number."""
    plain = [
        (place, heading)
        for place, heading in enumerate(headings)
        if heading.numbering is None and not (heading.names_previous and place)
    ]
    if not sizes:
        return _ranks_by_size(plain, [h.numbering is not None for h in headings])
    clusters = _clusters(_sizes_of(plain))
    members: dict[float, list[int]] = defaultdict(list)
    for place, heading in plain:
        if heading.size is not None:
            members[_nearest(heading.size, clusters)].append(place)
    cluster_ranks = {
        cluster: _cluster_rank(cluster, places, headings, sizes)
        for cluster, places in members.items()
    }
    ranks: dict[int, float] = {}
    for place, heading in plain:
        if heading.size is None:
            ranks[place] = min(sizes)
            continue
        same = [rank for rank, usual in sizes.items() if _is_same(heading.size, usual)]
        cluster = _nearest(heading.size, clusters)
        ranks[place] = min(same) if same else cluster_ranks[cluster]
    return ranks


def _cluster_rank(
    size: float,
    members: Sequence[int],
    headings: Sequence[HeadingFacts],
    sizes: dict[float, float],
) -> float:
    """The rank of headings without a number that are set in a size of their own."""
    largest = size >= max(sizes.values())
    if len(members) < 2 or (largest and not _enclose(members, headings)):
        # Neither one heading nor some in a row, as authors below a title, are a level.
        return min(sizes, key=lambda rank: (abs(sizes[rank] - size), rank))
    if largest:
        return min(sizes) - 1 + 1 / (1 + size)
    return max(rank for rank, usual in sizes.items() if usual > size) + 1 / (1 + size)


def _enclose(members: Sequence[int], headings: Sequence[HeadingFacts]) -> bool:
    """Whether numbered headings stand between some of them."""
    return any(
        headings[place].numbering is not None for place in range(members[0], members[-1] + 1)
    )


def _ranks_by_size(
    plain: Sequence[tuple[int, HeadingFacts]], numbered: Sequence[bool]
) -> dict[int, float]:
    """Where no numbered heading has a size: by size, and bold before light."""
    clusters = _clusters(_sizes_of(plain))
    order = sorted(
        {(_nearest(h.size, clusters), h.bold) for _, h in plain if h.size is not None},
        key=lambda style: (-style[0], not style[1]),
    )
    if any(numbered):
        return {place: 1.0 for place, _ in plain}
    return {
        place: float(order.index((_nearest(h.size, clusters), h.bold)) if h.size is not None else 0)
        for place, h in plain
    }


def _sizes_of(plain: Sequence[tuple[int, HeadingFacts]]) -> list[float]:
    return [heading.size for _, heading in plain if heading.size is not None]


def _is_same(one: float, other: float) -> bool:
    return abs(one - other) <= _SAME_SIZE * max(one, other)


def _clusters(sizes: Sequence[float]) -> list[float]:
    """The middles of groups of like sizes."""
    groups: list[list[float]] = []
    for size in sorted(sizes):
        if groups and _is_same(size, groups[-1][0]):
            groups[-1].append(size)
        else:
            groups.append([size])
    return [median(group) for group in groups]


def _nearest(size: float, clusters: Sequence[float]) -> float:
    return min(clusters, key=lambda middle: abs(middle - size))
