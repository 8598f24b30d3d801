"""How well born-digital PDFs are read from images of their pages; their text layer is the truth."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.page_readers import ReadPage
from benchmarks.report import Table
from benchmarks.report_text import text_table
from benchmarks.scores import edit_distance, normalised, word_f1
from benchmarks.text_layers import TruePage, true_pages
from paddleocr_vl_service.models.errors import ServiceError, Unavailable


@dataclass(frozen=True)
class Score:
    """How well a page was read.

    Attributes:
        document: The PDF, relative to the folder.
        page: From 1.
        edit_distance: 0 is perfect; sensitive to reading order.
        word_f1: 1 is perfect; knows no order.
        characters: Of the truth.
        seconds: For reading it.
    """

    document: str
    page: int
    edit_distance: float
    word_f1: float
    characters: int
    seconds: float


@dataclass(frozen=True)
class Skipped:
    """A page, or a whole document (page 0), without a score, and why."""

    document: str
    page: int
    reason: str


def score_folder(
    folder: Path, read: ReadPage, dpi: int, limit: int | None, tell: Callable[[str], None]
) -> tuple[list[Score], list[Skipped]]:
    """Score all PDFs under a folder.

    Args:
        folder: Has them, at any depth.
        read: Reads an image of a page.
        dpi: Resolution of the images.
        limit: Only the first so many pages of each; None is all.
        tell: Gets a line a page.
    """
    scores: list[Score] = []
    skipped: list[Skipped] = []
    for outcome in _outcomes(folder, read, dpi, limit):
        tell(_told(outcome))
        if isinstance(outcome, Score):
            scores.append(outcome)
        else:
            skipped.append(outcome)
    return scores, skipped


def summary(scores: Sequence[Score], skipped: Sequence[Skipped]) -> str:
    """Means and medians, by document and over all pages."""
    by_document: dict[str, list[Score]] = {}
    for score in scores:
        by_document.setdefault(score.document, []).append(score)
    rows = [_row(name, each) for name, each in by_document.items()]
    columns = ("Document", "Pages", "NED mean", "NED median", "F1 mean", "F1 median", "s/page")
    note = (
        "NED: edit distance over length, 0 is perfect, order counts; F1: of words, 1 is perfect, "
        f"order does not count. Pages without a score: {len(skipped)}."
    )
    if scores:
        rows.append(_row("ALL PAGES", scores))
    return text_table(Table("Accuracy against the text layer", columns, tuple(rows), note))


def as_json(engine: str, dpi: int, scores: Sequence[Score], skipped: Sequence[Skipped]) -> str:
    """Everything for programs."""
    return json.dumps(
        {
            "engine": engine,
            "dpi": dpi,
            "scores": [asdict(score) for score in scores],
            "skipped": [asdict(each) for each in skipped],
        },
        indent=2,
        ensure_ascii=False,
    )


def _outcomes(
    folder: Path, read: ReadPage, dpi: int, limit: int | None
) -> Iterator[Score | Skipped]:
    documents = sorted(path for path in folder.rglob("*") if path.suffix.lower() == ".pdf")
    with tempfile.TemporaryDirectory(prefix="paddleocr-vl-eval-") as images:
        for document in documents:
            for page in true_pages(document, Path(images), dpi):
                if limit and page.number > limit:
                    break
                yield _score(read, page, str(document.relative_to(folder)))


def _score(read: ReadPage, page: TruePage, name: str) -> Score | Skipped:
    if page.image is None:
        return Skipped(name, page.number, page.skipped or "it could not be rendered")
    started = time.perf_counter()
    try:
        text = read(page.image).text
    except Unavailable:
        raise
    except ServiceError as error:
        return Skipped(name, page.number, error.detail)
    finally:
        seconds = time.perf_counter() - started
        page.image.unlink()
    return Score(
        document=name,
        page=page.number,
        edit_distance=edit_distance(page.text, text),
        word_f1=word_f1(page.text, text),
        characters=len(normalised(page.text)),
        seconds=seconds,
    )


def _row(name: str, scores: Sequence[Score]) -> tuple[str, ...]:
    distances = [score.edit_distance for score in scores]
    words = [score.word_f1 for score in scores]
    figures = (each(values) for values in (distances, words) for each in _AVERAGES)
    seconds = statistics.fmean(score.seconds for score in scores)
    return (name, str(len(scores)), *(f"{figure:.4f}" for figure in figures), f"{seconds:.2f}")


_AVERAGES = (statistics.fmean, statistics.median)


def _told(outcome: Score | Skipped) -> str:
    place = f"{outcome.document} {outcome.page}" if outcome.page else outcome.document
    if isinstance(outcome, Skipped):
        return f"{place}: skipped, {outcome.reason}"
    return (
        f"{place}: NED {outcome.edit_distance:.4f}, F1 {outcome.word_f1:.4f}, "
        f"{outcome.seconds:.2f} s"
    )
