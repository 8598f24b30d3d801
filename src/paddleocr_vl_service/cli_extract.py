"""What ``extract`` does: documents from the command line through the service, results out."""

from __future__ import annotations

import asyncio
import shutil
import signal
import sys
import time
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from paddleocr_vl_service.config.settings import Settings
from paddleocr_vl_service.exports.extract_answer import extract_response
from paddleocr_vl_service.exports.markdown import to_markdown
from paddleocr_vl_service.intake.filenames import clean_filename
from paddleocr_vl_service.intake.page_selection import parse_pages
from paddleocr_vl_service.intake.sniffing import EXTENSIONS, kind_of
from paddleocr_vl_service.models.document import (
    DocumentOptions,
    ParsedDocument,
    ParseOptions,
    TextSourceChoice,
)
from paddleocr_vl_service.models.errors import OptionInvalid, ServiceError
from paddleocr_vl_service.models.model_options import OPTION_NAMES, parse_model_options
from paddleocr_vl_service.services.build import build_service
from paddleocr_vl_service.services.paddleocr_vl_service import (
    DocumentFinished,
    DocumentOpened,
    DocumentPlace,
    PaddleOCRVLService,
    PageFinished,
)

STANDARD_INPUT = "-"


@dataclass(frozen=True)
class ExtractCommand:
    """What was asked for on the command line.

    Attributes:
        files: Paths; ``-`` is standard input.
        as_markdown: Markdown instead of the HTTP API's JSON.
        out: Folder for one result file a document; None is standard output.
        options: For every document.
    """

    files: tuple[str, ...]
    as_markdown: bool
    out: Path | None
    options: DocumentOptions

    @classmethod
    def from_options(
        cls,
        *,
        files: list[str],
        as_markdown: bool,
        out: Path | None,
        pages: str,
        password: str | None,
        text_source: str,
        layout_detection: bool,
        images: bool,
        model: list[str],
    ) -> ExtractCommand:
        """Check what was typed.

        Raises:
            OptionInvalid: An option's value makes no sense.
        """
        if files.count(STANDARD_INPUT) > 1:
            raise OptionInvalid("Standard input can be read once.")
        try:
            source = TextSourceChoice(text_source)
        except ValueError:
            raise OptionInvalid("--text-source must be auto, ocr or text-layer.") from None
        # Markdown shows no images, so none are cut out for it.
        parse = ParseOptions(
            source,
            layout_detection,
            crops=images and not as_markdown,
            model=parse_model_options(_named(model)),
        )
        options = DocumentOptions(pages=parse_pages(pages), password=password, parse=parse)
        return cls(tuple(files), as_markdown, out, options)


def _named(assignments: list[str]) -> dict[str, str]:
    values = dict(each.partition("=")[::2] for each in assignments)
    for name in values:
        if name not in OPTION_NAMES:
            raise OptionInvalid(f"--option {name} is not known: {', '.join(OPTION_NAMES)}.")
    return values


async def extract_files(command: ExtractCommand, settings: Settings, console: Console) -> int:
    """Read the documents one after the other.

    Returns:
        How many of them failed, wholly or in part.
    """
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - for the type checker
    # As Ctrl-C does: what was begun is cleaned up.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    service = build_service(settings)
    service.open()
    failed = 0
    try:
        with _progress(console) as progress:
            for index, file in enumerate(command.files):
                failed += not await _extract_one(service, command, index, file, progress)
    finally:
        await service.close()
    return failed


async def _extract_one(
    service: PaddleOCRVLService, command: ExtractCommand, index: int, file: str, progress: Progress
) -> bool:
    """Read one document and write its result; whether all of it could be read."""
    try:
        document, seconds = await _extract(service, file, command.options, progress)
        _write(command, index, file, document, seconds)
    except (ServiceError, OSError) as error:
        reason = error.detail if isinstance(error, ServiceError) else error.strerror
        progress.console.print(f"{file}: {reason}", style="red", markup=False)
        return False
    _tell(progress.console, file, document)
    return not document.errors


async def _extract(
    service: PaddleOCRVLService, file: str, options: DocumentOptions, progress: Progress
) -> tuple[ParsedDocument, float]:
    started = time.monotonic()
    async with service.admit() as place:
        source, name = await _source(file, place)
        task = progress.add_task(_title(file), total=None)
        try:
            async with aclosing(place.events(source, name, options)) as events:
                async for event in events:
                    if isinstance(event, DocumentOpened):
                        progress.update(task, total=len(event.pages))
                    elif isinstance(event, PageFinished):
                        progress.advance(task)
                    elif isinstance(event, DocumentFinished):
                        return event.document, time.monotonic() - started
        finally:
            progress.remove_task(task)
    raise AssertionError("a document ends with DocumentFinished or an error")


async def _source(file: str, place: DocumentPlace) -> tuple[Path, str]:
    if file != STANDARD_INPUT:
        path = Path(file)
        await asyncio.to_thread(_check_readable, path)
        return path, clean_filename(path.name)
    path = place.folder / "stdin"
    await asyncio.to_thread(_copy, sys.stdin.buffer, path)
    return path, await asyncio.to_thread(_name_by_content, path)


def _check_readable(path: Path) -> None:
    with path.open("rb"):
        pass


def _copy(stream: BinaryIO, path: Path) -> None:
    with path.open("wb") as target:
        shutil.copyfileobj(stream, target)


def _name_by_content(path: Path) -> str:
    """A name as intake wants it; what is of no known kind is called a PDF and refused there."""
    with path.open("rb") as file:
        kind = kind_of(file.read(4096))
    return "stdin" + next((ending for ending, each in EXTENSIONS.items() if each is kind), ".pdf")


def _write(
    command: ExtractCommand, index: int, file: str, document: ParsedDocument, seconds: float
) -> None:
    if command.as_markdown:
        text, extension = to_markdown(document), ".md"
    else:
        several = len(command.files) > 1 and command.out is None
        answer = extract_response(document, to_markdown(document, heading=True), seconds)
        text = answer.model_dump_json(exclude_unset=True, indent=None if several else 2) + "\n"
        extension = ".json"
    if command.out is None:
        separator = "\n" if command.as_markdown and index else ""
        sys.stdout.write(separator + text)
        sys.stdout.flush()
        return
    command.out.mkdir(parents=True, exist_ok=True)
    _free_path(command.out, _title(file), extension).write_text(text, "utf-8")


def _free_path(folder: Path, title: str, extension: str) -> Path:
    """``scan.pdf.json``, else ``scan.pdf-2.json``: nothing of this or an earlier run is lost."""
    path, number = folder / f"{title}{extension}", 1
    while path.exists():
        number += 1
        path = folder / f"{title}-{number}{extension}"
    return path


def _title(file: str) -> str:
    return "stdin" if file == STANDARD_INPUT else clean_filename(Path(file).name)


def _tell(console: Console, file: str, document: ParsedDocument) -> None:
    for warning in document.warnings:
        console.print(f"{file}: {warning.message}", style="yellow", markup=False)
    for error in document.errors:
        console.print(f"{file}: {error.message}", style="red", markup=False)


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("pages"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
