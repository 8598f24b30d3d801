"""The score of a page: its blocks matched with what was read, and the distances between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rapidfuzz.distance import Levenshtein
from table_recognition_metric import TEDS

from benchmarks.omnidocbench.assignment import assigned
from benchmarks.omnidocbench.invention import (
    invented_runs,
    read_characters,
    readable_characters,
)
from benchmarks.omnidocbench.markdown_blocks import (
    ReadBlock,
    blocks_of,
    formula_lines,
    in_formula_lines,
)
from benchmarks.omnidocbench.matching import Pair, cost_matrix, match
from benchmarks.omnidocbench.normalise import (
    formula_as_text,
    normalised_formula,
    normalised_table,
    normalised_text,
)
from benchmarks.omnidocbench.table_texts import cell_texts
from benchmarks.omnidocbench.truth import TrueBlock, TruePage


@dataclass(frozen=True)
class Difference:
    """A piece of the truth and what was read of it, normalised.

    Attributes:
        kind: ``text`` or ``formula``.
        true: The truth.
        read: What was read; empty if nothing was.
        orders: Places of the truth's blocks in the reading order.
        position: Where in the Markdown it was read; None if it was not.
    """

    kind: str
    true: str
    read: str
    orders: tuple[float, ...] = ()
    position: int | None = None

    @property
    def edits(self) -> int:
        """Characters to insert, delete or exchange."""
        return int(Levenshtein.distance(self.true, self.read))

    @property
    def length(self) -> int:
        """Characters of the longer side."""
        return max(len(self.true), len(self.read))


@dataclass(frozen=True)
class TableScore:
    """A table of the truth, and the table that was read there.

    Attributes:
        true: Normalised HTML.
        read: Normalised HTML; empty if none was read.
        teds: Tree edit distance similarity, 1 is equal.
        structure: The same of rows, cells and spans alone.
    """

    true: str
    read: str
    teds: float
    structure: float


@dataclass(frozen=True)
class PageScore:
    """How well a page was read; None where the page has nothing of the kind.

    Attributes:
        name: Of the page.
        text: Edit distance of text over its length: 0 is equal.
        order: Edit distance of the order in which texts were read: 0 is equal.
        formula: Edit distance of formulas read as formulas, or not read at all.
        tables: Every table of the truth.
        differences: Every text and formula.
        unmatched: What was read and matched with nothing.
        invented: Pieces of what was read that are nowhere on the page.
        characters: Of everything that was read, normalised.
    """

    name: str
    text: float | None
    order: float | None
    formula: float | None
    tables: tuple[TableScore, ...]
    differences: tuple[Difference, ...]
    unmatched: tuple[str, ...]
    invented: tuple[str, ...]
    characters: int

    @property
    def invented_share(self) -> float:
        """Part of the characters read that is nowhere on the page."""
        return sum(map(len, self.invented)) / max(1, self.characters)


def score_page(page: TruePage, markdown: str) -> PageScore:
    """Compare a page's truth with what a program wrote of it."""
    read = blocks_of(markdown)
    tables, left_over = _score_tables(page, [block for block in read if block.kind == "table"])
    others = [block for block in read if block.kind != "table"] + left_over
    lines = sorted(others, key=lambda block: block.kind == "inline formula")
    blocks = [line for block in lines for line in in_formula_lines(block)]
    blocks, contents = _with_content(blocks)
    wanted, wanted_contents = _true_lines(page.of_kind("text", "formula"))
    _, unwanted_contents = _true_lines(page.of_kind("ignored"))
    matching = match(wanted_contents, unwanted_contents, contents)
    differences = []
    places = []
    for pair in matching.pairs:
        difference = _difference(pair, wanted, wanted_contents, blocks, contents)
        differences.append(difference)
        if _category(pair, wanted).kind == "text":
            places.append(difference)
    unmatched = (number for number in matching.unmatched if blocks[number].kind != "inline formula")
    characters = read_characters(read)
    return PageScore(
        page.name,
        _distance([each for each in differences if each.kind == "text"]),
        _order_distance(places),
        _distance([each for each in differences if each.kind == "formula"]),
        tuple(tables),
        tuple(differences),
        tuple(contents[number] for number in unmatched),
        tuple(invented_runs(readable_characters(page), characters)),
        sum(map(len, characters)),
    )


def _score_tables(
    page: TruePage, read: Sequence[ReadBlock]
) -> tuple[list[TableScore], list[ReadBlock]]:
    """Scores of the truth's tables, and the texts of tables that are none of them."""
    true = [normalised_table(block.content) for block in page.of_kind("table")]
    contents = [normalised_table(block.content) for block in read]
    partner = dict(assigned(cost_matrix(true, contents)))
    scores = []
    for number, table in enumerate(true):
        other = contents[partner[number]] if number in partner else ""
        scores.append(TableScore(table, other, _teds(table, other), _teds(table, other, bare=True)))
    used = set(partner.values())
    spare = [block for number, block in enumerate(read) if number not in used]
    return scores, [text for block in spare for text in cell_texts(block)]


def _teds(true: str, read: str, *, bare: bool = False) -> float:
    if not true or not read:
        return 0.0
    return float(TEDS(structure_only=bare)(read, true))


def _true_lines(blocks: Sequence[TrueBlock]) -> tuple[list[TrueBlock], list[str]]:
    """Blocks that have content, formulas by lines, and their normalised contents."""
    lines = [
        replace(block, content=line, order=block.order + number / 10 if number else block.order)
        for block in blocks
        for number, line in enumerate(
            formula_lines(block.content) if block.kind == "formula" else [block.content]
        )
    ]
    contents = [
        normalised_formula(line.content)
        if line.kind == "formula"
        else normalised_text(line.content)
        for line in lines
    ]
    kept = [number for number, content in enumerate(contents) if content]
    return [lines[number] for number in kept], [contents[number] for number in kept]


def _with_content(blocks: Sequence[ReadBlock]) -> tuple[list[ReadBlock], list[str]]:
    contents = [
        normalised_text(block.content)
        if block.kind == "text"
        else normalised_formula(block.content)
        for block in blocks
    ]
    kept = [number for number, content in enumerate(contents) if content]
    return [blocks[number] for number in kept], [contents[number] for number in kept]


def _category(pair: Pair, wanted: Sequence[TrueBlock]) -> TrueBlock:
    """The block that speaks for a pair: one of the most frequent category."""
    blocks = [wanted[number] for number in pair.true]
    ((category, _),) = Counter(block.category for block in blocks).most_common(1)
    return next(block for block in blocks if block.category == category)


def _difference(
    pair: Pair,
    wanted: Sequence[TrueBlock],
    wanted_contents: Sequence[str],
    blocks: Sequence[ReadBlock],
    contents: Sequence[str],
) -> Difference:
    kind = _category(pair, wanted).kind
    true = "".join(wanted_contents[number] for number in pair.true)
    read = "".join(contents[number] for number in pair.read)
    orders = tuple(wanted[number].order for number in pair.true)
    position = blocks[pair.read[0]].position if pair.read else None
    if kind == "formula" and pair.read and blocks[pair.read[0]].kind == "text":
        kind = "text"  # a formula read as text counts as text
        true = formula_as_text("".join(wanted[number].content for number in pair.true))
    return Difference(kind, true, read, orders, position)


def _distance(differences: Sequence[Difference]) -> float | None:
    length = sum(each.length for each in differences)
    return sum(each.edits for each in differences) / length if length else None


def _order_distance(places: Sequence[Difference]) -> float | None:
    """Distance of the truth's order from that in which its blocks were read."""
    true = sorted(order for place in places for order in place.orders if order)
    found = sorted(
        (place for place in places if place.position is not None),
        key=lambda place: place.position or 0,
    )
    read = [order for place in found for order in place.orders if order]
    if not true and not read:
        return None
    return float(Levenshtein.normalized_distance(true, read))
