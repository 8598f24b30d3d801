"""What stands in a figure's region and is no part of the figure."""

from __future__ import annotations

from collections.abc import Sequence

from paddleocr_vl_service.engines.onnx.line_geometry import PlacedLine, Rect
from paddleocr_vl_service.engines.onnx.table_evidence import table_rows
from paddleocr_vl_service.text.kinds import word_count

_FILL = 0.6
_WORDS = 3
_LINES = 3


def without_paragraphs(rect: Rect, inside: Sequence[PlacedLine]) -> list[PlacedLine]:
    """A figure's lines without paragraphs that its region swallowed.

    A paragraph is several lines of words in a row, each about as wide as the region; what is
    written in a picture is shorter.
    """
    kept: list[PlacedLine] = []
    paragraph: list[PlacedLine] = []
    for row in [*table_rows(inside), []]:
        if len(row) == 1 and (_is_wide(row[0], rect) or _is_last(row[0], paragraph)):
            paragraph += row
            continue
        if len(paragraph) < _LINES:
            kept += paragraph
        paragraph = []
        kept += row
    return kept


def _is_wide(line: PlacedLine, rect: Rect) -> bool:
    return line.rect.width > _FILL * rect.width and word_count(line.text) >= _WORDS


def _is_last(line: PlacedLine, paragraph: Sequence[PlacedLine]) -> bool:
    """Whether a line ends a paragraph: it is as long as it happens to be."""
    return (
        len(paragraph) >= _LINES
        and abs(line.rect.left - paragraph[-1].rect.left) < line.em
        and line.rect.top - paragraph[-1].rect.bottom < line.em
        and word_count(line.text) > 0
    )
