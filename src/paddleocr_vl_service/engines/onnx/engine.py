"""The embedded engine: reads pages on the CPU with ONNX Runtime and the models in the package."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from PIL import Image

from paddleocr_vl_service.engines.base import EngineCapabilities, EngineConfig
from paddleocr_vl_service.engines.onnx.layout import LayoutDetector
from paddleocr_vl_service.engines.onnx.model_files import model_path, model_revision
from paddleocr_vl_service.engines.onnx.orientation import (
    OrientationClassifier,
    choose_rotation,
    turn,
)
from paddleocr_vl_service.engines.onnx.page_composition import compose_page
from paddleocr_vl_service.engines.onnx.scripts import SUPPORTED_SCRIPTS
from paddleocr_vl_service.engines.onnx.table_structure import TableStructureModel
from paddleocr_vl_service.engines.onnx.tables import add_table_structure
from paddleocr_vl_service.engines.onnx.text_reading import TextReader
from paddleocr_vl_service.engines.onnx.types import LayoutRegion, ReadLine
from paddleocr_vl_service.models.document import (
    Element,
    EngineInfo,
    Notice,
    PageImage,
    PageResult,
    ParseOptions,
    TextLine,
    TextSource,
    TextSourceChoice,
)

_NAME = "onnx"
_MODEL = "PP-OCRv6 small, PicoDet layout detection, SLANet-1M tables"


class OnnxEngine:
    """Reads printed pages without a GPU; implements `engines.base.Engine`.

    Args:
        config: Its ``device`` is of no importance: this engine runs on the CPU.
    """

    def __init__(self, config: EngineConfig) -> None:
        self._threads = max(1, config.threads)
        self._workers = ThreadPoolExecutor(self._threads, thread_name_prefix="onnx")
        self._reader: PageReader | None = None

    def warmup(self) -> EngineCapabilities:
        """Load the models."""
        self._reader = PageReader(self._threads, self._workers)
        return EngineCapabilities(
            info=EngineInfo(_NAME, _MODEL, model_revision()),
            device="cpu",
            scripts=SUPPORTED_SCRIPTS,
        )

    def parse(self, pages: Sequence[PageImage], options: ParseOptions) -> list[PageResult]:
        """Read pages, one after the other."""
        if self._reader is None:
            raise RuntimeError("parse() was called before warmup()")
        return [self._reader.read(page, options) for page in pages]

    def close(self) -> None:
        """End the worker threads and let go of the models."""
        self._workers.shutdown()
        self._reader = None


class PageReader:
    """The stages of reading one page, with their models loaded.

    Args:
        threads: CPU threads that a stage may use.
        workers: As many threads, for what runs side by side.
    """

    def __init__(self, threads: int, workers: ThreadPoolExecutor) -> None:
        self._workers = workers
        self._orientation = OrientationClassifier(model_path("page_orientation"), threads)
        # Layout detection runs beside the recognition of lines, which fills the other threads.
        self._layout = LayoutDetector(model_path("layout"), threads=1)
        self._text = TextReader(threads, workers)
        self._tables = TableStructureModel(model_path("table_structure"), threads=1)

    def read(self, page: PageImage, options: ParseOptions) -> PageResult:
        """Read a page: its text layer if that is wanted and there is one, else its image."""
        with Image.open(page.path) as file:
            image = file.convert("RGB")
        if options.text_source is TextSourceChoice.TEXT_LAYER and page.text_layer:
            return self._read_text_layer(page, image, page.text_layer)
        return self._read_image(page, image, options)

    def _read_text_layer(
        self, page: PageImage, image: Image.Image, text_layer: Sequence[TextLine]
    ) -> PageResult:
        lines = [_line_of_text_layer(line) for line in text_layer]
        elements = self._compose(page, image, lines, self._layout.detect(image))
        return PageResult(page.number, image.width, image.height, elements=elements)

    def _compose(
        self,
        page: PageImage,
        image: Image.Image,
        lines: Sequence[ReadLine],
        regions: Sequence[LayoutRegion],
    ) -> tuple[Element, ...]:
        elements = compose_page(lines, regions, page.number, image.width, image.height)
        return add_table_structure(elements, lines, image, self._tables)

    def _read_image(self, page: PageImage, image: Image.Image, options: ParseOptions) -> PageResult:
        rotation = choose_rotation(
            self._orientation.classify(image),
            lambda degrees: self._text.sample_legibility(turn(image, degrees)),
        )
        image = turn(image, rotation)
        regions = self._workers.submit(self._layout.detect, image)
        text = self._text.read(image, page.number)
        warnings = []
        if options.text_source is TextSourceChoice.TEXT_LAYER:
            warnings.append(_text_layer_absent(page.number))
        if text.script_notice:
            warnings.append(text.script_notice)
        return PageResult(
            page.number,
            image.width,
            image.height,
            rotation,
            self._compose(page, image, text.lines, regions.result()),
            tuple(warnings),
        )


def _line_of_text_layer(line: TextLine) -> ReadLine:
    left, top, right, bottom = (float(edge) for edge in line.bbox)
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    return ReadLine(line.text, None, corners, TextSource.TEXT_LAYER)


def _text_layer_absent(page: int) -> Notice:
    return Notice(
        "text-layer-absent",
        "The page has no text layer, so its text was recognised from the image.",
        page,
    )
