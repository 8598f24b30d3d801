"""Reads lines in scripts that the embedded models do not, with tesseract where it was asked for.

The lines of a page are stacked into one image, as a column of text, and read in one call. That
costs in proportion to the lines and not to the page, and needs no matching of two programs' ideas
of what a line is. On pages of a Russian manual it is as accurate as reading the whole page, and
twice as quick as a call for each line (docs/accuracy.md).
"""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from PIL import Image, ImageOps, ImageStat

from paddleocr_vl_service.engines.base import EngineConfig
from paddleocr_vl_service.engines.onnx.crops import INPUT_HEIGHT
from paddleocr_vl_service.engines.outside_program import ProgramFailed, run_program
from paddleocr_vl_service.engines.tesseract_program import (
    Tesseract,
    find_tesseract,
    what_is_missing,
)
from paddleocr_vl_service.models.document import Notice
from paddleocr_vl_service.models.errors import EngineUnavailable
from paddleocr_vl_service.text.joining import join_fragments_text

_GAP = INPUT_HEIGHT // 4
_PITCH = INPUT_HEIGHT + _GAP
_LONGEST_LINE = 16_000
"""Pixels; tesseract takes images of up to 32767."""

_LINES_PER_CALL = 200
_LINES_WORTH_A_PROCESS = 8
_MOST_BYTES = 4 << 20

_LEAST_SCORE = 0.6
"""Measured: nearly all Russian lines have .7 or more, lines in scripts of no pack .57 at most."""

_SPACE = 0.3 * INPUT_HEIGHT
"""Pixels. The Korean pack puts spaces between syllables too; those of the page are wider."""

_DARK = 128
_WORD_LEVEL = "5"
_COLUMNS = 12


@dataclass(frozen=True)
class TesseractLine:
    """What tesseract read in one line.

    Attributes:
        text: In logical order, never empty.
        score: Its confidence, 0 to 1: the mean over the words, weighted with their lengths.
    """

    text: str
    score: float


@dataclass(frozen=True)
class _Word:
    text: str
    confidence: float
    left: int
    right: int


@dataclass(frozen=True)
class TesseractPage:
    """What tesseract made of the lines of a page.

    Attributes:
        lines: In the order in which they were given; None for those that it could not read
            either.
        notice: A warning where it failed.
    """

    lines: tuple[TesseractLine | None, ...]
    notice: Notice | None = None


def open_tesseract(config: EngineConfig, workers: Executor) -> TesseractReader | None:
    """The reader that a configuration asks for; None where it asks for none.

    Raises:
        EngineUnavailable: It asks for what is not installed.
    """
    if not config.tesseract_languages:
        return None
    found = find_tesseract(config.tesseract_path)
    missing = what_is_missing(config.tesseract_languages, found)
    if missing or found is None:
        raise EngineUnavailable(missing or "There is no tesseract.")
    return TesseractReader(found, config.tesseract_languages, workers, config.threads)


class TesseractReader:
    """Reads lines with an installed tesseract, in processes of its own.

    Args:
        tesseract: The program.
        languages: Packs that it has, joined with a plus.
        workers: Threads that run several calls side by side.
        threads: How many.
        seconds: For each call; a page's calls run side by side.
    """

    def __init__(
        self,
        tesseract: Tesseract,
        languages: str,
        workers: Executor,
        threads: int,
        *,
        seconds: float = 60.0,
    ) -> None:
        self._command = (
            tesseract.program,
            *("stdin", "stdout", "-l", languages),
            *("--psm", "6"),  # one block of text
            *("-c", "tessedit_create_tsv=1"),
        )
        self._workers = workers
        self._threads = max(1, threads)
        self._seconds = seconds

    def read(self, lines: Sequence[Image.Image], page: int) -> TesseractPage:
        """Read lines of a page that were cut out of it, as `crops.crop_line` does.

        Args:
            lines: Images 48 pixels high.
            page: Its number, for the notice.
        """
        readable = [index for index, line in enumerate(lines) if line.width <= _LONGEST_LINE]
        answers: list[TesseractLine | None] = [None] * len(lines)
        failure = ""
        groups = list(_shared_out(readable, self._threads))
        calls = [[lines[index] for index in group] for group in groups]
        for group, answer in zip(groups, self._workers.map(self._call, calls), strict=True):
            if isinstance(answer, ProgramFailed):
                failure = str(answer)
                continue
            for index, line in zip(group, answer, strict=True):
                answers[index] = line
        return TesseractPage(tuple(answers), _failed(failure, page) if failure else None)

    def _call(self, lines: Sequence[Image.Image]) -> list[TesseractLine | None] | ProgramFailed:
        with os.fdopen(os.memfd_create("lines"), "w+b") as file:
            _stacked(lines).save(file, "PPM")
            file.seek(0)
            try:
                table = run_program(
                    self._command,
                    file,
                    seconds=self._seconds,
                    most_bytes=_MOST_BYTES,
                    environment={"OMP_THREAD_LIMIT": "1"},
                )
            except ProgramFailed as error:
                return error
        return _lines_of(table.decode("utf-8", "replace"), len(lines))


def _shared_out(indices: Sequence[int], threads: int) -> Iterator[Sequence[int]]:
    """Groups for one call each, of about equal size and not so small that starting it dominates."""
    wanted = min(threads, math.ceil(len(indices) / _LINES_WORTH_A_PROCESS))
    size = min(_LINES_PER_CALL, math.ceil(len(indices) / max(1, wanted)))
    for start in range(0, len(indices), max(1, size)):
        yield indices[start : start + size]


def _stacked(lines: Sequence[Image.Image]) -> Image.Image:
    """The lines below each other, dark on white: tesseract has one threshold for all of them."""
    width = max(line.width for line in lines) + 2 * _GAP
    column = Image.new("L", (width, len(lines) * _PITCH + _GAP), 255)
    for number, line in enumerate(lines):
        grey = ImageOps.autocontrast(line.convert("L"), cutoff=1)
        if ImageStat.Stat(grey).median[0] < _DARK:
            grey = ImageOps.invert(grey)
        column.paste(grey, (_GAP, _GAP + number * _PITCH))
    return column


def _lines_of(table: str, count: int) -> list[TesseractLine | None]:
    """Hand the words of tesseract's table to the lines of the column that they stand in."""
    lines: list[list[_Word]] = [[] for _ in range(count)]
    for row in table.splitlines():
        fields = row.split("\t")
        if len(fields) != _COLUMNS or fields[0] != _WORD_LEVEL or not fields[-1].strip():
            continue
        try:
            left, top, width, height = map(int, fields[6:10])
            confidence = min(max(float(fields[10]) / 100, 0.0), 1.0)
        except ValueError:
            continue
        line = int((top + height / 2 - _GAP / 2) // _PITCH)
        if 0 <= line < count:
            lines[line].append(_Word(fields[-1].strip(), confidence, left, left + width))
    return [_line(words) for words in lines]


def _line(words: Sequence[_Word]) -> TesseractLine | None:
    if not words:
        return None
    characters = sum(len(word.text) for word in words)
    score = math.fsum(len(word.text) * word.confidence for word in words) / characters
    if score < _LEAST_SCORE:
        return None
    text = words[0].text
    for before, word in itertools.pairwise(words):
        if _is_hangul(text[-1]) and _is_hangul(word.text[0]) and word.left < before.right + _SPACE:
            text += word.text
        else:
            text = join_fragments_text((text, word.text))
    return TesseractLine(text, score)


def _is_hangul(character: str) -> bool:
    return "\uac00" <= character <= "\ud7a3"


def _failed(reason: str, page: int) -> Notice:
    return Notice(
        "tesseract-failed",
        f"A part of this page could not be read, because tesseract {reason}.",
        page,
    )
