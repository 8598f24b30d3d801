"""Pages set from known text, as detection, recognition and layout would see them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from paddleocr_vl_service.engines.onnx.page_composition import compose_page
from paddleocr_vl_service.engines.onnx.types import LayoutLabel, LayoutRegion, ReadLine
from paddleocr_vl_service.models.document import Element, ElementType, TextSource

WIDTH, HEIGHT = 1000, 1400
EM = 20.0
PITCH = 24.0
LEFT, COLUMN, GUTTER = 100.0, 380.0, 40.0
RIGHT_COLUMN = LEFT + COLUMN + GUTTER
FULL = 2 * COLUMN + GUTTER
_SENTENCE = """the measured spectrum shows that every sample of this series was stable under light
while a control group without treatment lost half of its mass before winter came to an end"""
_WORDS = _SENTENCE.split()


def prose(count: int, seed: int = 0) -> list[str]:
    """Words that differ from seed to seed, so that a misplaced line shows."""
    mark = chr(ord("a") + seed)
    return [f"{_WORDS[(seed + place) % len(_WORDS)]}{mark}" for place in range(count)]


@dataclass
class Page:
    """A page that text is set on, line by line."""

    lines: list[ReadLine] = field(default_factory=list)
    regions: list[LayoutRegion] = field(default_factory=list)
    source: TextSource = TextSource.OCR

    def line(
        self, text: str, left: float, top: float, width: float | None = None, em: float = EM
    ) -> float:
        """One line; returns where the next one starts."""
        if width is None:
            width = sum(em if ord(char) > 0x2E80 else em / 2 for char in text)
        right, bottom = left + width, top + em
        quad = ((left, top), (right, top), (right, bottom), (left, bottom))
        score = None if self.source is TextSource.TEXT_LAYER else 0.9
        self.lines.append(ReadLine(text, score, quad, self.source))
        return top + em * PITCH / EM

    def paragraph(
        self,
        left: float,
        top: float,
        width: float,
        words: Sequence[str],
        *,
        indent: float = 0.0,
    ) -> float:
        """Justified text with a last line that ends early; returns where the next one starts."""
        row: list[str] = []
        rows: list[list[str]] = []
        for word in words:
            room = width - (indent if not rows else 0.0)
            if len(" ".join([*row, word])) * EM / 2 > room:
                rows.append(row)
                row = []
            row.append(word)
        rows.append(row)
        for place, words_of_row in enumerate(rows):
            text = " ".join(words_of_row)
            start = left + (indent if place == 0 else 0.0)
            last = place == len(rows) - 1
            top = self.line(text, start, top, None if last else left + width - start)
        return top

    def region(
        self, label: LayoutLabel, left: float, top: float, right: float, bottom: float
    ) -> None:
        """Advice of the layout detector."""
        self.regions.append(LayoutRegion(label, 0.8, (left, top, right, bottom)))

    def compose(self, page: int = 2) -> tuple[Element, ...]:
        """Elements of the page; not the first of its document, so without a title."""
        return compose_page(self.lines, self.regions, page, WIDTH, HEIGHT)


def moved(line: ReadLine, right: float, down: float) -> ReadLine:
    """A line elsewhere."""
    a, b, c, d = ((x + right, y + down) for x, y in line.quad)
    return ReadLine(line.text, line.score, (a, b, c, d), line.source)


def turned(lines: Iterable[ReadLine], degrees: float) -> list[ReadLine]:
    """Lines of a scan that is askew."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    x0, y0 = WIDTH / 2, HEIGHT / 2

    def turn(point: tuple[float, float]) -> tuple[float, float]:
        x, y = point[0] - x0, point[1] - y0
        return (x0 + x * cos - y * sin, y0 + x * sin + y * cos)

    return [
        ReadLine(
            line.text,
            line.score,
            (turn(line.quad[0]), turn(line.quad[1]), turn(line.quad[2]), turn(line.quad[3])),
            line.source,
        )
        for line in lines
    ]


def texts(elements: Iterable[Element]) -> list[str]:
    """Texts in the flow, in order."""
    return [element.text for element in elements if element.order is not None]


def types(elements: Iterable[Element]) -> list[ElementType]:
    """Types in the flow, in order."""
    return [element.type for element in elements if element.order is not None]


def two_columns() -> Page:
    """A spanning title above two columns of two paragraphs each."""
    page = Page()
    page.line("On the Stability of Samples", 320, 100, em=36)
    for place, left in enumerate((LEFT, RIGHT_COLUMN)):
        top = page.paragraph(left, 200, COLUMN, prose(60, 4 * place + 1), indent=30)
        page.paragraph(left, top, COLUMN, prose(50, 4 * place + 2), indent=30)
    return page
