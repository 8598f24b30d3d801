"""Programs that read pages for their accuracy: engines of the service, and rivals."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import rivals
from benchmarks.in_process import service_in_process
from benchmarks.readers import running
from paddleocr_vl_service.exports.markdown import to_markdown
from paddleocr_vl_service.models.document import Element


@dataclass(frozen=True)
class PageReading:
    """What a program makes of an image.

    Attributes:
        text: All that it read, from the top of the page to its end: what stands outside the flow
            comes before it where it stands above it, else after it.
        markdown: The document; of rivals their plain text.
        seconds: For reading it.
        elements: With their places; empty of rivals.
    """

    text: str
    markdown: str
    seconds: float
    elements: tuple[Element, ...] = ()


ReadPage = Callable[[Path], PageReading]
"""Reads an image; raises `ServiceError` or `ReaderFailed`."""


@contextmanager
def page_reader(engine: str, folder: Path, languages: Sequence[str]) -> Iterator[ReadPage]:
    """What reads pages, with its models loaded.

    Args:
        engine: As ``ENGINE``, or one of the rivals.
        folder: Keeps the rivals' environments and logs.
        languages: Of tesseract.

    Raises:
        ServiceError: The engine cannot be loaded.
        RivalMissing: The rival cannot be measured here.
        ReaderFailed: The rival does not start.
    """
    if engine in rivals.RIVALS:
        with _rival(engine, folder, languages) as read:
            yield read
    else:
        with _engine(engine) as read:
            yield read


@contextmanager
def _engine(engine: str) -> Iterator[ReadPage]:
    with service_in_process(engine) as read:

        def read_page(path: Path) -> PageReading:
            started = time.perf_counter()
            document = read(path)
            seconds = time.perf_counter() - started
            return PageReading(
                text_of(document.elements), to_markdown(document), seconds, document.elements
            )

        yield read_page


def text_of(elements: Sequence[Element]) -> str:
    """The text of a page's elements, running heads at its top and the rest at its foot."""
    flow = [element for element in elements if element.order is not None]
    others = [element for element in elements if element.order is None]
    top = min((element.bbox[1] for element in flow), default=0)
    heads = [element for element in others if element.bbox[1] + element.bbox[3] < 2 * top]
    feet = [element for element in others if element not in heads]
    return "\n".join(element.text for element in (*heads, *flow, *feet))


@contextmanager
def _rival(name: str, folder: Path, languages: Sequence[str]) -> Iterator[ReadPage]:
    spec = rivals.prepare(name, folder, languages)
    with running([spec], folder) as (process,):

        def read_page(path: Path) -> PageReading:
            reading = process.read(path)
            return PageReading(reading.text, reading.text, reading.seconds)

        yield read_page
