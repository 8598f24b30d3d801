"""An engine without models: says of each page how large it is, and misbehaves on request.

What it is to do is in the top left pixel of the page image (see `Behaviour`).
"""

import os
import time
from collections.abc import Sequence

from PIL import Image

from paddleocr_vl_service.engines.base import EngineCapabilities, EngineConfig
from paddleocr_vl_service.models.document import (
    Element,
    ElementType,
    EngineInfo,
    PageImage,
    PageResult,
    ParseOptions,
)

CRASH, HANG, RAISE, SLOW = (250, 1, 1), (250, 2, 2), (250, 3, 3), (250, 4, 4)


class EchoEngine:
    def __init__(self, config: EngineConfig) -> None:
        self._config = config

    def warmup(self) -> EngineCapabilities:
        return EngineCapabilities(EngineInfo("echo", "none", "1"), self._config.device, ("Latn",))

    def parse(self, pages: Sequence[PageImage], options: ParseOptions) -> list[PageResult]:
        return [self._parse(page) for page in pages]

    def _parse(self, page: PageImage) -> PageResult:
        with Image.open(page.file) as image:
            order = image.getpixel((0, 0))
            colour = image.getpixel((image.width // 2, image.height // 2))
        if order == CRASH:
            os.abort()
        if order == RAISE:
            raise RuntimeError("as asked")
        time.sleep(3600 if order == HANG else 0.5 if order == SLOW else 0)
        text = f"{page.width}x{page.height} {colour}"
        box = (0, 0, page.width, page.height)
        element = Element(ElementType.TEXT, text, box, page.number, order=0)
        return PageResult(page.number, page.width, page.height, elements=(element,))

    def close(self) -> None:
        pass
