"""Exact scores for known faults."""

from pathlib import Path

import pytest

from benchmarks.omnidocbench.scoring import PageScore, score_page
from tests.benchmarks.omnidocbench.truths import (
    FIRST,
    FORMULA,
    HEADER,
    MARKDOWN,
    SECOND,
    TABLE,
    THIRD,
    TITLE,
    block,
    everything,
    page_of,
)

LENGTH = sum(sum(map(str.isalnum, text)) for text in (TITLE, FIRST, SECOND, THIRD))


@pytest.fixture
def score(tmp_path: Path) -> PageScore:
    return score_page(page_of(tmp_path, everything()), MARKDOWN)


def test_a_page_without_a_fault(score: PageScore) -> None:
    assert (score.text, score.order, score.formula) == (0, 0, 0)
    assert [(table.teds, table.structure) for table in score.tables] == [(1, 1)]
    assert (score.unmatched, score.invented, score.invented_share) == ((), (), 0)


def letters(text: str) -> int:
    return sum(map(str.isalnum, text))


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ((HEADER, ""), 0),
        (("quick", "quack"), 1 / LENGTH),
        (("lazy dog", "lazy, dog!"), 0),
        ((f"{SECOND}\n\n", ""), letters(SECOND) / LENGTH),
        ((f"{FIRST}\n\n", f"{FIRST[:30]}\n\n{FIRST[30:]}\n\n"), 0),
        ((f"# {TITLE}\n\n", f"{TITLE} "), 0),
    ],
    ids=["no header", "a letter", "punctuation", "no paragraph", "one in two", "two in one"],
)
def test_text(tmp_path: Path, fault: tuple[str, str], expected: float) -> None:
    score = score_page(page_of(tmp_path, everything()), MARKDOWN.replace(*fault))
    assert score.text == pytest.approx(expected)
    assert score.order == pytest.approx(0.25 if expected > 0.1 else 0)


def test_blocks_by_line_where_there_is_no_blank_line(tmp_path: Path) -> None:
    page = page_of(tmp_path, [block("text_block", t, n, n) for n, t in ((1, FIRST), (2, SECOND))])
    assert score_page(page, f"{FIRST}\n{SECOND}").text == 0


def test_two_blocks_in_the_wrong_order(tmp_path: Path) -> None:
    swapped = f"{HEADER}\n\n{TITLE}\n\n{SECOND}\n\n{FORMULA}\n\n{FIRST}\n\n{TABLE}\n\n{THIRD}"
    score = score_page(page_of(tmp_path, everything()), swapped)
    assert score.text == 0
    assert score.order == pytest.approx(2 / 4)


def test_a_formula_that_was_misread(tmp_path: Path) -> None:
    wrong = MARKDOWN.replace("m c^{2}", "m c^{3}")
    score = score_page(page_of(tmp_path, everything()), wrong)
    assert score.formula == pytest.approx(1 / len("e=mc^{2}"))
    assert score.text == 0


def test_a_formula_read_as_text_counts_as_text(tmp_path: Path) -> None:
    score = score_page(page_of(tmp_path, everything()), MARKDOWN.replace(FORMULA, "E = mc2"))
    assert score.formula is None
    assert score.text == 0


def test_a_formula_that_was_not_read(tmp_path: Path) -> None:
    score = score_page(page_of(tmp_path, everything()), MARKDOWN.replace(FORMULA, ""))
    assert score.formula == 1
    assert score.text == 0


@pytest.mark.parametrize(
    ("read", "teds", "structure"),
    [
        (TABLE.replace("34", "35"), 1 - 0.5 / 9, 1),
        (TABLE.replace("<td>34</td>", ""), 1 - 1 / 9, 1 - 1 / 9),
        (TABLE.replace(" colspan='2'", ""), 1 - 1 / 9, 1 - 1 / 9),
        ("| Animals | |\n|---|---|\n| fox | 12 |\n| dog | 34 |", 1 - 2 / 10, 1 - 2 / 10),
        ("", 0, 0),
    ],
    ids=["a figure", "a cell", "a span", "a pipe table", "none"],
)
def test_tables(tmp_path: Path, read: str, teds: float, structure: float) -> None:
    # Nine nodes: the table, three rows, five cells.
    score = score_page(page_of(tmp_path, everything()), MARKDOWN.replace(TABLE, read))
    (table,) = score.tables
    assert table.teds == pytest.approx(teds)
    assert table.structure == pytest.approx(structure)
    assert (score.text, score.invented) == (0, ())


def test_a_table_that_is_none_is_text(tmp_path: Path) -> None:
    page = page_of(tmp_path, [block("table", TABLE, 1, 1), block("text_block", FIRST, 2, 2)])
    score = score_page(page, f"{TABLE}\n\n<table><tr><td>{FIRST}</td></tr></table>")
    assert score.tables[0].teds == 1
    assert score.text == 0


def test_a_text_in_pieces_is_one(tmp_path: Path) -> None:
    blocks = [block("text_block", FIRST[:20], 1, 1), block("text_block", FIRST[20:], 2, 2)]
    relation = {"source_anno_id": 1, "target_anno_id": 2, "relation_type": "truncated"}
    page = page_of(tmp_path, blocks, [relation])
    (true,) = page.blocks
    assert (true.content, len(true.boxes)) == (FIRST, 2)
    assert score_page(page, FIRST).text == 0


def test_invented_text(tmp_path: Path) -> None:
    extra = "Completely unrelated prose"
    score = score_page(page_of(tmp_path, everything()), f"{MARKDOWN}\n\n{extra}")
    assert score.text == 0
    assert score.invented == ("completelyunrelatedprose",)
    assert score.unmatched == ("Completelyunrelatedprose",)
    assert score.invented_share == pytest.approx(24 / score.characters)


def test_nothing_was_read(tmp_path: Path) -> None:
    score = score_page(page_of(tmp_path, everything()), "")
    assert (score.text, score.order, score.formula, score.invented_share) == (1, 1, 1, 0)


def test_inline_formulas_are_folded(tmp_path: Path) -> None:
    page = page_of(tmp_path, [block("text_block", r"Let $ \alpha_{1} \leq \frac{x}{2} $ be", 1, 1)])
    assert score_page(page, "Let α_1 ≤ x/2 be").text == 0
