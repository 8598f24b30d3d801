"""``python -m benchmarks.accuracy FOLDER``: how well pages are read, against what is on them."""

from __future__ import annotations

import argparse
import json
import re
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import text_layer_accuracy
from benchmarks.omnidocbench.calibration import LANGUAGES
from benchmarks.omnidocbench.evaluation import as_data, evaluate, table_of, verdict
from benchmarks.omnidocbench.html_report import write_report
from benchmarks.omnidocbench.truth import BrokenCorpus, load_pages, truth_file
from benchmarks.page_readers import page_reader
from benchmarks.places import DEFAULT_FOLDER, ROOT, prepared
from benchmarks.readers import ReaderFailed
from benchmarks.report_text import text_table
from benchmarks.rivals import RIVALS, RivalMissing
from paddleocr_vl_service.models.errors import ServiceError

DEFAULT_CORPUS = ROOT.parent / "shared" / "corpus" / "omnidocbench-dev"

USAGE = """\
Name a folder, as in make eval CORPUS=folder. It has either of these:

- Ground truth in OmniDocBench's format: a JSON file, and the pages' images in images/ or beside it.
  Scored in OmniDocBench's end-to-end sense with quick matching: text, tables, order, formulas.
- Born-digital PDFs: their pages are read as images and compared with their own text layers.

ENGINE=onnx is the service's own; rapidocr and tesseract are read for comparison. With ground truth
for which OmniDocBench's own figures are known, they tell whether this scorer agrees with it."""


def main(arguments: Sequence[str]) -> int:
    """Score a folder; returns the exit status."""
    options = _parser().parse_args(arguments)
    corpus = options.corpus or (DEFAULT_CORPUS if DEFAULT_CORPUS.is_dir() else None)
    if corpus is None or not corpus.is_dir():
        print(USAGE, file=sys.stderr)
        return 2
    try:
        truth = truth_file(corpus)
        if truth is not None:
            return _score_against_truth(truth, options)
        return _score_against_text_layers(corpus, options)
    except (BrokenCorpus, RivalMissing, ReaderFailed) as error:
        print(f"Error: {error}", file=sys.stderr)
    except ServiceError as error:
        print(f"Error: {error.detail}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.accuracy",
        description=USAGE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("corpus", nargs="?", type=Path, help="folder of ground truth or PDFs")
    parser.add_argument("--engine", default="onnx", help=f"ENGINE, or {' or '.join(RIVALS)} (onnx)")
    parser.add_argument("--limit", type=int, help="only the first so many pages (of each PDF)")
    parser.add_argument("--json", type=Path, help="where the scores go (.bench/accuracy.json)")
    parser.add_argument("--dpi", type=int, default=150, help="resolution of images of PDFs (150)")
    parser.add_argument(
        "--languages",
        help="of tesseract, as in eng+deu (PDFs: eng; ground truth: eng+chi_sim)",
    )
    return parser


def _score_against_truth(truth: Path, options: argparse.Namespace) -> int:
    folder = prepared(DEFAULT_FOLDER)
    pages = load_pages(truth)[: options.limit]
    name = re.sub(r"\W+", "-", options.engine)
    target = options.json or folder / f"omnidocbench-{name}.json"
    languages = options.languages.split("+") if options.languages else LANGUAGES
    with page_reader(options.engine, folder, languages) as read:
        evaluation = evaluate(options.engine, pages, read, _tell)
    target.write_text(json.dumps(as_data(evaluation), indent=2, ensure_ascii=False), "utf-8")
    report = write_report(evaluation, target.with_suffix(""))
    comparable, sentence = verdict(evaluation)
    print(f"\n{text_table(table_of(evaluation))}\n\n{sentence}")
    print(f"Every page is in {target}, with its differences in {report}.", file=sys.stderr)
    return 0 if comparable else 1


def _score_against_text_layers(corpus: Path, options: argparse.Namespace) -> int:
    folder = prepared(DEFAULT_FOLDER)
    languages = options.languages.split("+") if options.languages else ("eng",)
    with page_reader(options.engine, folder, languages) as read:
        scores, skipped = text_layer_accuracy.score_folder(
            corpus, read, options.dpi, options.limit, _tell
        )
    target = options.json or folder / "accuracy.json"
    data = text_layer_accuracy.as_json(options.engine, options.dpi, scores, skipped)
    target.write_text(data, "utf-8")
    print(f"\n{text_layer_accuracy.summary(scores, skipped)}")
    print(f"Every page is in {target}.", file=sys.stderr)
    return 0 if scores else 1


def _tell(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    sys.exit(main(sys.argv[1:]))
