"""A whole corpus, read and scored."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.omnidocbench.calibration import calibration, corpus_mark
from benchmarks.omnidocbench.scoring import Difference, PageScore, score_page
from benchmarks.omnidocbench.truth import TruePage
from benchmarks.page_readers import PageReading, ReadPage
from benchmarks.report import Table

COLUMNS = ("Page", "Text", "Order", "TEDS", "TEDS-S", "Formula", "Invented", "s")
NOTE = (
    "Text, order and formula: edit distance, 0 is perfect. TEDS (TEDS-S: of structure alone): "
    "likeness of tables, 1 is perfect. Invented: part of the "
    "characters read that is nowhere on the page. Means over pages, of tables over tables."
)


@dataclass(frozen=True)
class ScoredPage:
    """A page with what was made of it."""

    page: TruePage
    reading: PageReading
    score: PageScore


@dataclass(frozen=True)
class Evaluation:
    """What was measured.

    Attributes:
        engine: That read.
        scored: Every page.
    """

    engine: str
    scored: tuple[ScoredPage, ...]

    @property
    def pages(self) -> list[TruePage]:
        """The corpus."""
        return [each.page for each in self.scored]

    @property
    def figures(self) -> dict[str, float | None]:
        """The scores of the corpus by name; None for what none of its pages has."""
        scores = [each.score for each in self.scored]
        tables = [table for score in scores for table in score.tables]
        figures = {
            "text": _mean(score.text for score in scores),
            "order": _mean(score.order for score in scores),
            "teds": _mean(table.teds for table in tables),
            "teds_structure": _mean(table.structure for table in tables),
            "formula": _mean(score.formula for score in scores),
            "invented": _mean(score.invented_share for score in scores),
        }
        return {**figures, "overall": _overall(figures)}


def evaluate(
    engine: str,
    pages: Sequence[TruePage],
    read: ReadPage,
    tell: Callable[[str], None],
) -> Evaluation:
    """Read and score pages, one after the other."""
    return Evaluation(engine, tuple(_scored(pages, read, tell)))


def table_of(evaluation: Evaluation) -> Table:
    """The scores for people."""
    rows = [_row(_short(each.page.name), _page_figures(each)) for each in evaluation.scored]
    seconds = statistics.fmean(each.reading.seconds for each in evaluation.scored)
    rows.append(_row("ALL PAGES", {**evaluation.figures, "seconds": seconds}))
    overall = f"Overall {evaluation.figures['overall']:.1f} of 100. {NOTE}"
    return Table(f"Accuracy of {evaluation.engine}", COLUMNS, tuple(rows), overall)


def verdict(evaluation: Evaluation) -> tuple[bool, str]:
    """Whether the figures may be compared with those of others, and why, in a sentence."""
    figures = evaluation.figures
    found = calibration(evaluation.engine, evaluation.pages, figures["text"])
    if found is None:
        return True, (
            "Not calibrated by this run: there is no known figure of this engine on this corpus."
        )
    return found.holds, found.sentence


def as_data(evaluation: Evaluation) -> dict[str, Any]:
    """Everything for programs."""
    comparable, sentence = verdict(evaluation)
    return {
        "engine": evaluation.engine,
        "corpus": corpus_mark(evaluation.pages),
        "comparable": comparable,
        "calibration": sentence,
        "figures": evaluation.figures,
        "pages": [_page_data(each) for each in evaluation.scored],
    }


def _scored(
    pages: Iterable[TruePage], read: ReadPage, tell: Callable[[str], None]
) -> Iterator[ScoredPage]:
    for page in pages:
        reading = read(page.image)
        scored = ScoredPage(page, reading, score_page(page, reading.markdown))
        tell(f"{page.name}: text {_shown(scored.score.text)}, {reading.seconds:.2f} s")
        yield scored


def _page_figures(scored: ScoredPage) -> dict[str, float | None]:
    score = scored.score
    return {
        "text": score.text,
        "order": score.order,
        "teds": _mean(table.teds for table in score.tables),
        "teds_structure": _mean(table.structure for table in score.tables),
        "formula": score.formula,
        "invented": score.invented_share,
        "seconds": scored.reading.seconds,
    }


def _page_data(scored: ScoredPage) -> dict[str, Any]:
    score = scored.score
    return {
        "name": scored.page.name,
        **_page_figures(scored),
        "tables": [vars(table) for table in score.tables],
        "differences": [_difference_data(each) for each in score.differences],
        "unmatched": list(score.unmatched),
        "invented_texts": list(score.invented),
        "markdown": scored.reading.markdown,
    }


def _difference_data(difference: Difference) -> dict[str, Any]:
    return {**vars(difference), "edits": difference.edits}


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.fmean(known) if known else None


def _overall(figures: dict[str, float | None]) -> float:
    """Mean of the four likenesses, of 100; what the corpus has and was not read counts 0."""
    text, order, formula = (figures[name] for name in ("text", "order", "formula"))
    likenesses = [0.0 if distance is None else 1 - distance for distance in (text, order, formula)]
    return 100 * statistics.fmean([*likenesses, figures["teds"] or 0.0])


def _row(name: str, figures: dict[str, float | None]) -> tuple[str, ...]:
    names = ("text", "order", "teds", "teds_structure", "formula", "invented")
    seconds = figures["seconds"] or 0.0
    return (name, *(_shown(figures[each]) for each in names), f"{seconds:.2f}")


def _shown(figure: float | None) -> str:
    return "–" if figure is None else f"{figure:.3f}"


def _short(name: str) -> str:
    """Names of pages are hashes with a number at the end."""
    return name if len(name) <= 40 else f"{name[:22]}…{name[-17:]}"
