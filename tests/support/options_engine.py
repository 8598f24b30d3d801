"""An engine that answers each page with the options it was given, and a picture if asked."""

from collections.abc import Sequence

from paddleocr_vl_service.engines.base import EngineCapabilities, EngineConfig
from paddleocr_vl_service.models.document import (
    Crop,
    Element,
    ElementType,
    EngineInfo,
    PageImage,
    PageResult,
    ParseOptions,
)

CROP = Crop("image/png", "iVBORw0KGgo=")


class OptionsEngine:
    def __init__(self, config: EngineConfig) -> None:
        self._config = config

    def warmup(self) -> EngineCapabilities:
        return EngineCapabilities(EngineInfo("options", "none", "1"), "cpu", ("Latn",))

    def parse(self, pages: Sequence[PageImage], options: ParseOptions) -> list[PageResult]:
        return [self._parse(page, options) for page in pages]

    def _parse(self, page: PageImage, options: ParseOptions) -> PageResult:
        text = f"{options.text_source.value}, layout {options.layout_detection}"
        if self._config.tesseract_languages:
            text += f", {self._config.tesseract_path} {self._config.tesseract_languages}"
        element = Element(
            ElementType.IMAGE,
            text,
            (0, 0, page.width, page.height),
            page.number,
            order=0,
            crop=CROP if options.crops else None,
        )
        return PageResult(page.number, page.width, page.height, elements=(element,))

    def close(self) -> None:
        pass
