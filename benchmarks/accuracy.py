"""``python -m benchmarks.accuracy FOLDER``: how well the service reads born-digital PDFs.

Pages are rendered to images and read with OCR; their own text layer is the truth.
"""

from __future__ import annotations

import argparse
import json
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.in_process import Read, service_in_process
from benchmarks.places import DEFAULT_FOLDER, prepared
from benchmarks.report import Table
from benchmarks.report_text import text_table
from benchmarks.scores import edit_distance, normalised, word_f1
from benchmarks.text_layers import TruePage, true_pages
from paddleocr_vl_service.models.document import ParsedDocument
from paddleocr_vl_service.models.errors import ServiceError, Unavailable

USAGE = (
    "Name a folder of born-digital PDFs, as in make eval CORPUS=folder: their pages are read as "
    "images and compared with their own text layers."
)


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


def main(arguments: Sequence[str]) -> int:
    """Score a folder; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=USAGE)
    parser.add_argument("corpus", nargs="?", type=Path, help="folder of PDFs")
    parser.add_argument("--dpi", type=int, default=150, help="resolution of the images (150)")
    parser.add_argument("--limit", type=int, help="only the first so many pages of a document")
    parser.add_argument("--engine", default="onnx", help="ENGINE (onnx)")
    parser.add_argument("--json", type=Path, help="where the scores go (.bench/accuracy.json)")
    options = parser.parse_args(arguments)
    if options.corpus is None or not options.corpus.is_dir():
        print(USAGE, file=sys.stderr)
        return 2
    documents = sorted(path for path in options.corpus.rglob("*") if path.suffix.lower() == ".pdf")
    scores: list[Score] = []
    skipped: list[Skipped] = []
    try:
        for outcome in _outcomes(options, documents):
            _tell(outcome)
            if isinstance(outcome, Score):
                scores.append(outcome)
            else:
                skipped.append(outcome)
    except Unavailable as error:
        print(f"Error: {error.detail}", file=sys.stderr)
        return 1
    target = options.json or prepared(DEFAULT_FOLDER) / "accuracy.json"
    target.write_text(as_json(options.engine, options.dpi, scores, skipped), "utf-8")
    print()
    print(summary(scores, skipped))
    print(f"Every page is in {target}.", file=sys.stderr)
    return 0 if scores else 1


def _outcomes(options: argparse.Namespace, documents: Sequence[Path]) -> Iterator[Score | Skipped]:
    with (
        service_in_process(options.engine) as read,
        tempfile.TemporaryDirectory(prefix="paddleocr-vl-eval-") as folder,
    ):
        for document in documents:
            for page in true_pages(document, Path(folder), options.dpi):
                if options.limit and page.number > options.limit:
                    break
                yield _score(read, page, str(document.relative_to(options.corpus)))


def _score(read: Read, page: TruePage, name: str) -> Score | Skipped:
    if page.image is None:
        return Skipped(name, page.number, page.skipped or "it could not be rendered")
    started = time.perf_counter()
    try:
        text = text_of(read(page.image))
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


def text_of(document: ParsedDocument) -> str:
    """All that was read, in reading order, with what stands outside the flow at the end."""
    return "\n".join(element.text for element in document.elements)


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


def _row(name: str, scores: Sequence[Score]) -> tuple[str, ...]:
    distances = [score.edit_distance for score in scores]
    words = [score.word_f1 for score in scores]
    figures = (each(values) for values in (distances, words) for each in _AVERAGES)
    seconds = statistics.fmean(score.seconds for score in scores)
    return (name, str(len(scores)), *(f"{figure:.4f}" for figure in figures), f"{seconds:.2f}")


_AVERAGES = (statistics.fmean, statistics.median)


def _tell(outcome: Score | Skipped) -> None:
    place = f"{outcome.document} {outcome.page}" if outcome.page else outcome.document
    if isinstance(outcome, Skipped):
        print(f"{place}: skipped, {outcome.reason}", flush=True)
    else:
        print(
            f"{place}: NED {outcome.edit_distance:.4f}, F1 {outcome.word_f1:.4f}, "
            f"{outcome.seconds:.2f} s",
            flush=True,
        )


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    sys.exit(main(sys.argv[1:]))
