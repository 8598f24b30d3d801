"""What the stages of the embedded engine hand to each other."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from paddleocr_vl_service.models.document import TextSource, TextWord

Quad = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]
"""Corners of a text line, clockwise from the top left, in pixels of the upright page image."""

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels of the upright page image."""


class LayoutLabel(str, Enum):
    """Classes of the layout model (CDLA), in the order of its outputs."""

    TEXT = "text"
    TITLE = "title"
    FIGURE = "figure"
    FIGURE_CAPTION = "figure_caption"
    TABLE = "table"
    TABLE_CAPTION = "table_caption"
    HEADER = "header"
    FOOTER = "footer"
    REFERENCE = "reference"
    EQUATION = "equation"


@dataclass(frozen=True)
class LayoutRegion:
    """A region that layout detection proposes; advice for grouping, not a wall."""

    label: LayoutLabel
    score: float
    box: Box


@dataclass(frozen=True)
class ReadLine:
    """A line of text with its place.

    Attributes:
        text: In logical order.
        score: Mean probability over its characters; None for a text layer, which is not read.
        quad: Its corners.
        source: OCR or the PDF's text layer.
        words: With their places, where they are known: from a text layer.
        bold: Whether it is known to be set in bold.
    """

    text: str
    score: float | None
    quad: Quad
    source: TextSource = TextSource.OCR
    words: tuple[TextWord, ...] = ()
    bold: bool = False

    @property
    def box(self) -> Box:
        """The upright box around the quad."""
        xs = [x for x, _ in self.quad]
        ys = [y for _, y in self.quad]
        return (min(xs), min(ys), max(xs), max(ys))
