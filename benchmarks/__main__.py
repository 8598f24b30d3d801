"""``python -m benchmarks``: measures the service beside other OCR programs."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path

from benchmarks import (
    born_digital,
    comparison,
    fairness,
    jobs,
    journey,
    leak,
    load,
    overhead,
    startup,
)
from benchmarks.machine import busy_before, machine_facts, own_versions
from benchmarks.pages import Page, described, given_images, given_pdfs, own_pages
from benchmarks.places import DEFAULT_FOLDER, PERFORMANCE_PAGE, prepared
from benchmarks.readers import ReaderFailed
from benchmarks.report import Part, Report
from benchmarks.report_text import as_text, write_into_page
from benchmarks.rivals import RIVALS
from benchmarks.server import ServerFailed
from benchmarks.setup import Setup
from paddleocr_vl_service.models.errors import ServiceError

PARTS: dict[str, Callable[[Setup], Part]] = {
    "pages": comparison.measure,
    "born-digital": born_digital.measure,
    "load": load.measure,
    "start": startup.measure,
    "overhead": overhead.measure,
    "journey": journey.measure,
    "fairness": fairness.measure,
    "leak": leak.measure,
    "jobs": jobs.measure,
}


def main(arguments: Sequence[str]) -> int:
    """Measure, print, and keep the figures; returns the exit status."""
    options = _parser().parse_args(arguments)
    folder = prepared(options.folder)
    if options.report:
        report = Report.from_json(options.report.read_bytes())
    else:
        try:
            report = _measure(options, folder)
        except (ReaderFailed, ServerFailed, ServiceError, OSError) as error:
            print(f"Error: {error}", file=sys.stderr)
            return 1
        kept = folder / f"benchmark-{report.started.replace(':', '').replace(' ', '-')}.json"
        kept.write_bytes(report.to_json())
        tell(f"kept in {kept}")
    print(as_text(report))
    if options.write_docs:
        write_into_page(PERFORMANCE_PAGE, report)
        tell(f"written into {PERFORMANCE_PAGE}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measures the service beside other OCR programs on the same page images.",
    )
    pages = parser.add_mutually_exclusive_group()
    pages.add_argument("--pdf", nargs="+", type=Path, help="PDF files instead of our own pages")
    pages.add_argument("--images", type=Path, help="folder of page images instead of our own")
    parser.add_argument("--dpi", type=int, default=150, help="resolution of the page images (150)")
    parser.add_argument("--limit", type=int, help="only the first so many pages")
    parser.add_argument("--rounds", type=int, default=3, help="times every page is read (3)")
    parser.add_argument("--starts", type=int, default=7, help="times the server is started (7)")
    parser.add_argument("--pairs", type=int, default=12, help="comparisons of HTTP (12)")
    parser.add_argument("--processes", type=int, default=2, help="ENGINE_PROCESSES (2)")
    parser.add_argument("--engine", default="onnx", help="ENGINE (onnx)")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=[*PARTS], help="not all parts")
    parser.add_argument("--rivals", nargs="*", choices=RIVALS, default=[*RIVALS], help="not all")
    parser.add_argument("--folder", type=Path, default=DEFAULT_FOLDER, help="for results (.bench)")
    parser.add_argument("--report", type=Path, help="measure nothing, show this earlier JSON file")
    parser.add_argument("--write-docs", action="store_true", help="put it into docs/performance.md")
    return parser


def _measure(options: argparse.Namespace, folder: Path) -> Report:
    logs = prepared(folder / "logs")
    pages, source = _pages(options, folder)
    setup = Setup(
        pages=tuple(pages),
        engine=options.engine,
        processes=options.processes,
        rounds=options.rounds,
        starts=options.starts,
        pairs=options.pairs,
        rivals=tuple(options.rivals),
        folder=folder,
        logs=logs,
        tell=tell,
    )
    started = f"{datetime.now(timezone.utc):%Y-%m-%d %H:%M:%S}"
    facts = {
        **machine_facts(),
        "Busy before": busy_before(),
        "Pages": described(pages, source),
        **own_versions(),
    }
    begun = time.monotonic()
    parts = {}
    for name in options.parts:
        tell(f"{name} ...")
        parts[name] = PARTS[name](setup)
    facts["Took"] = f"{(time.monotonic() - begun) / 60:.1f} minutes"
    return Report(f"{started} UTC", facts, parts)


def _pages(options: argparse.Namespace, folder: Path) -> tuple[list[Page], str]:
    if options.images:
        pages, source = given_images(options.images, folder / "pages"), "given images"
    elif options.pdf:
        pages = given_pdfs(options.pdf, folder / "pages", options.dpi)
        source = f"{', '.join(path.name for path in options.pdf)} at {options.dpi} dpi"
    else:
        pages = own_pages(folder / "pages", options.dpi, options.limit)
        source = f"made by benchmarks/documents.py, {options.dpi} dpi"
    if not pages:
        raise FileNotFoundError("there are no pages to measure")
    return pages[: options.limit], source


def tell(what: str) -> None:
    """Say on standard error how far it is."""
    print(f"[{time.strftime('%H:%M:%S')}] {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    sys.exit(main(sys.argv[1:]))
