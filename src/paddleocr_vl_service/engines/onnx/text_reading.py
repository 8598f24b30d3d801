"""From a page image to its lines of text: detection, cutting out, recognition."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace

from PIL import Image

from paddleocr_vl_service.engines.onnx.crops import crop_line, is_vertical
from paddleocr_vl_service.engines.onnx.detection import TextDetector
from paddleocr_vl_service.engines.onnx.geometry import clipped
from paddleocr_vl_service.engines.onnx.model_files import model_path
from paddleocr_vl_service.engines.onnx.recognition import Reading, TextRecognizer
from paddleocr_vl_service.engines.onnx.scripts import judge, script_notice, unreadable
from paddleocr_vl_service.engines.onnx.tesseract import TesseractReader
from paddleocr_vl_service.engines.onnx.types import Quad, ReadLine
from paddleocr_vl_service.models.document import Notice

MIN_SCORE = 0.5
"""Lines read with less confidence are left out, as PaddleOCR does: most are no text at all."""

_SURE = 0.9
"""A vertical line read with less confidence is read from bottom to top as well."""

_SAMPLE = 12
_SAMPLE_CHARACTERS = 12


@dataclass(frozen=True)
class PageText:
    """What was read on a page.

    Attributes:
        lines: Those that could be read.
        notices: About those that could not.
    """

    lines: tuple[ReadLine, ...]
    notices: tuple[Notice, ...] = ()


class TextReader:
    """Finds and reads the lines of a page.

    Args:
        threads: CPU threads that detection may use.
        workers: As many threads, which recognition shares its lines among.
        tesseract: Reads lines in scripts that the model does not, if it was asked for.
    """

    def __init__(
        self, threads: int, workers: Executor, tesseract: TesseractReader | None = None
    ) -> None:
        self._tesseract = tesseract
        self._detector = TextDetector(model_path("text_detection"), threads)
        self._recognizer = TextRecognizer(model_path("text_recognition"), workers)

    def read(self, page: Image.Image, number: int) -> PageText:
        """Read an upright RGB page, the `number`-th of its document."""
        quads = self._detector.detect(page)
        crops = [crop_line(page, quad) for quad in quads]
        readings = self._read_crops(quads, crops)
        judged = [judge(crop, reading) for crop, reading in zip(crops, readings, strict=True)]
        lost = [index for index, is_lost in enumerate(unreadable(judged)) if is_lost]
        lines = {
            index: ReadLine(reading.text.strip(), reading.score, quad)
            for index, (quad, reading) in enumerate(zip(quads, readings, strict=True))
            if index not in lost and reading.score >= MIN_SCORE and reading.text.strip()
        }
        notices: list[Notice] = []
        if self._tesseract is not None and lost:
            found = self._tesseract.read([crops[index] for index in lost], number)
            notices += [found.notice] if found.notice else []
            for index, line in zip(lost, found.lines, strict=True):
                if line is not None:
                    lines[index] = ReadLine(line.text, line.score, quads[index])
                    judged[index] = replace(judged[index], legibility=1.0)
        notice = script_notice(judged, number)
        placed = (
            replace(line, quad=clipped(line.quad, page.width, page.height))
            for _, line in sorted(lines.items())
        )
        return PageText(tuple(placed), (*notices, *([notice] if notice else [])))

    def read_quad(self, page: Image.Image, quad: Quad) -> str:
        """What one place of an upright RGB page says."""
        (reading,) = self._recognizer.read([crop_line(page, quad)])
        return reading.text

    def sample_legibility(self, page: Image.Image) -> float:
        """Return how well the page's longest lines read, from 0 to 1.

        Vertical lines count half: most pages that have them are not upright. A page with next to
        no text gives 0.
        """
        longest = sorted(self._detector.detect(page), key=_length, reverse=True)[:_SAMPLE]
        readings = self._recognizer.read([crop_line(page, quad) for quad in longest])
        if sum(len(reading.text) for reading in readings) < _SAMPLE_CHARACTERS:
            return 0.0
        total = math.fsum(_length(quad) for quad in longest)
        weights = [_length(quad) * (0.5 if is_vertical(quad) else 1.0) for quad in longest]
        return (
            math.fsum(
                weight * reading.score for weight, reading in zip(weights, readings, strict=True)
            )
            / total
        )

    def _read_crops(self, quads: Sequence[Quad], crops: list[Image.Image]) -> list[Reading]:
        """Read lines; vertical ones from bottom to top where that reads better.

        A crop that reads better the other way round is replaced in `crops`.
        """
        readings = self._recognizer.read(crops)
        doubtful = [
            index
            for index, quad in enumerate(quads)
            if is_vertical(quad) and readings[index].score < _SURE
        ]
        turned = [crops[index].transpose(Image.Transpose.ROTATE_180) for index in doubtful]
        for index, crop, reading in zip(
            doubtful, turned, self._recognizer.read(turned), strict=True
        ):
            if reading.score > readings[index].score:
                crops[index], readings[index] = crop, reading
        return readings


def _length(quad: Quad) -> float:
    return max(math.dist(quad[0], quad[1]), math.dist(quad[0], quad[3]))
