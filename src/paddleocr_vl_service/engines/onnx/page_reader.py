"""The stages of reading one page: its own text layer where that can be believed, else its image."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from PIL import Image

from paddleocr_vl_service.engines.base import EngineConfig
from paddleocr_vl_service.engines.element_crops import add_crops
from paddleocr_vl_service.engines.onnx.figure_ink import without_false_figures
from paddleocr_vl_service.engines.onnx.layout import LayoutDetector
from paddleocr_vl_service.engines.onnx.model_files import model_path
from paddleocr_vl_service.engines.onnx.orientation import (
    OrientationClassifier,
    choose_rotation,
    turn,
)
from paddleocr_vl_service.engines.onnx.page_composition import compose_page
from paddleocr_vl_service.engines.onnx.rules import NO_RULES, page_rules
from paddleocr_vl_service.engines.onnx.table_structure import TableStructureModel
from paddleocr_vl_service.engines.onnx.tables import add_table_structure
from paddleocr_vl_service.engines.onnx.tesseract import open_tesseract
from paddleocr_vl_service.engines.onnx.text_layer_reading import (
    UprightLayer,
    moved,
    says_what_one_sees,
    upright,
    without_layer,
)
from paddleocr_vl_service.engines.onnx.text_reading import PageText, TextReader
from paddleocr_vl_service.engines.onnx.types import LayoutRegion, ReadLine
from paddleocr_vl_service.engines.stage_clock import CLOCK
from paddleocr_vl_service.models.document import (
    Notice,
    PageImage,
    PageResult,
    ParseOptions,
    TextSourceChoice,
)
from paddleocr_vl_service.models.stages import Stage

_VISIBLE = 8
"""Levels of grey, of 255, by which ink differs from paper at the least."""


@dataclass(frozen=True)
class _Seen:
    """An upright page with everything that was read and found on it.

    `bare`: there is nothing but text on it, so no rules either.
    """

    image: Image.Image
    rotation: int
    lines: Sequence[ReadLine]
    regions: Sequence[LayoutRegion]
    warnings: Sequence[Notice]
    bare: bool = False


class PageReader:
    """Reads pages, with all models loaded.

    Args:
        config: CPU threads that a stage may use, and what tesseract is to read.
        workers: As many threads, for what runs side by side.

    Raises:
        EngineUnavailable: Tesseract is asked for and is not there.
    """

    def __init__(self, config: EngineConfig, workers: ThreadPoolExecutor) -> None:
        self._workers = workers
        threads = config.threads
        self._orientation = OrientationClassifier(model_path("page_orientation"), threads)
        # Layout detection runs beside the recognition of lines, which fills the other threads.
        self._layout = LayoutDetector(model_path("layout"), threads=1)
        self._text = TextReader(threads, workers, open_tesseract(config, workers))
        self._tables = TableStructureModel(model_path("table_structure"), threads=1)

    def read(self, page: PageImage, options: ParseOptions, *, pages: int = 1) -> PageResult:
        """Read one of the pages that go into one answer."""
        if page.path is None:  # there is nothing but text on it, which is known
            paper = Image.new("L", (page.width, page.height), "white")
            return self._read(page, paper, options, pages)
        # Its pixels are read when somebody asks for them: a text layer may say all there is.
        with Image.open(page.path) as file:
            image: Image.Image = file if file.mode == "RGB" else file.convert("RGB")
            return self._read(page, image, options, pages)

    def _read(
        self, page: PageImage, image: Image.Image, options: ParseOptions, pages: int
    ) -> PageResult:
        seen = self._see(page, image, options)
        width, height = seen.image.size
        rules = NO_RULES if seen.bare else page_rules(seen.image, seen.lines)
        regions = without_false_figures(seen.regions, seen.lines, seen.image)
        elements = compose_page(seen.lines, regions, page.number, width, height, rules=rules)
        model = self._tables if options.layout_detection else None
        elements = add_table_structure(elements, seen.lines, seen.image, model, rules)
        notices = tuple(seen.warnings)
        if options.crops:
            elements, left_out = add_crops(elements, seen.image, page.number, pages=pages)
            notices += left_out
        return PageResult(page.number, width, height, seen.rotation, elements, notices)

    def _see(self, page: PageImage, image: Image.Image, options: ParseOptions) -> _Seen:
        if options.text_source is TextSourceChoice.OCR:
            return self._read_image(page.number, image, options)
        forced = options.text_source is TextSourceChoice.TEXT_LAYER
        layer = page.text_layer
        if layer is None or not layer.lines:
            warnings = [_text_layer_absent(page.number)] if forced else []
            return self._read_image(page.number, image, options, warnings)
        lying = upright(layer, image.width, image.height)
        turned = turn(image, lying.rotation)
        if forced or (not layer.doubts and self._agrees(lying, turned, options)):
            return self._take_layer(page.number, lying, turned, options)
        return self._read_image(page.number, image, options, [_text_layer_distrusted(page.number)])

    def _agrees(self, layer: UprightLayer, image: Image.Image, options: ParseOptions) -> bool:
        """Whether a line or two read as the layer says; not asked where speed is wanted."""
        return not options.layout_detection or says_what_one_sees(
            layer.lines, image, self._text.read_quad
        )

    def _take_layer(
        self, number: int, layer: UprightLayer, image: Image.Image, options: ParseOptions
    ) -> _Seen:
        """Take the layer's lines, and read what it does not explain."""
        lines = list(layer.lines)
        warnings: list[Notice] = []
        rest = without_layer(image, layer)
        if rest is not None:
            picture, corner = rest
            text = self._recognise(picture, number)
            lines += (moved(line, *corner) for line in text.lines)
            warnings += text.notices
        regions = self._regions(image) if options.layout_detection else []
        return _Seen(image, layer.rotation, lines, regions, warnings, layer.bare)

    def _read_image(
        self,
        number: int,
        image: Image.Image,
        options: ParseOptions,
        warnings: Sequence[Notice] = (),
    ) -> _Seen:
        if _is_blank(image):
            return _Seen(image, 0, (), (), warnings)
        rotation = choose_rotation(
            self._orientation.classify(image),
            lambda degrees: self._text.sample_legibility(turn(image, degrees)),
        )
        image = turn(image, rotation)
        wanted = options.layout_detection
        regions = self._workers.submit(self._regions, image) if wanted else None
        text = self._recognise(image, number)
        found = regions.result() if regions else []
        return _Seen(image, rotation, text.lines, found, (*warnings, *text.notices))

    def _regions(self, image: Image.Image) -> list[LayoutRegion]:
        with CLOCK.running(Stage.LAYOUT):
            return self._layout.detect(image)

    def _recognise(self, image: Image.Image, number: int) -> PageText:
        with CLOCK.running(Stage.RECOGNITION):
            return self._text.read(image, number)


def _is_blank(image: Image.Image) -> bool:
    """Whether there is nothing to see on a page."""
    grey = np.asarray(image.convert("L"))
    return int(grey.max()) - int(grey.min()) < _VISIBLE


def _text_layer_absent(page: int) -> Notice:
    return Notice(
        "text-layer-absent",
        "The page has no text layer that one can see, so its text was recognised from the image.",
        page,
    )


def _text_layer_distrusted(page: int) -> Notice:
    return Notice(
        "text-layer-distrusted",
        "The page's text layer does not say what the page shows, so its text was recognised from "
        "the image.",
        page,
    )
