"""The lines of a PDF page's text layer, in pixels of its rendered image."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterator

import pypdfium2
import pypdfium2.raw as pdfium

from paddleocr_vl_service.intake.pdf_resolution import PixelSize
from paddleocr_vl_service.intake.text_lines import Edges, Glyph, Line, gather
from paddleocr_vl_service.models.document import BBox, TextLine

MAX_CHARACTERS = 100_000
"""A page with more is no text to read but a drawing made of letters; its layer is left out."""

_MEANT = {
    **dict.fromkeys(map(chr, range(32)), ""),
    **dict.fromkeys(map(chr, range(127, 160)), ""),
    **dict.fromkeys("\t\v\f\x85", " "),
    **dict.fromkeys("\r\n", "\n"),
    **dict.fromkeys("\x02\ufffe", "-"),  # PDFium found a word broken at a line's end
}
_REPLACEMENT = "\ufffd"


def read_text_layer(page: pypdfium2.PdfPage, size: PixelSize) -> tuple[TextLine, ...]:
    """The lines of a page's text layer, in the order in which the page draws them.

    Args:
        page: Open.
        size: Of the page's rendered image; what lies outside it is left out.
    """
    text_page = page.get_textpage()
    try:
        if text_page.count_chars() > MAX_CHARACTERS:
            return ()
        lines = gather(_glyphs(text_page, _Placement(page, size), size))
    finally:
        text_page.close()
    return tuple(_text_line(line, size) for line in lines if line.text)


class _Placement:
    """Where a point of the page is in its image: crop box, rotation and resolution in one."""

    def __init__(self, page: pypdfium2.PdfPage, size: PixelSize) -> None:
        width, height = size.width, size.height
        to_page = pypdfium2.PdfPosConv(page, (0, 0, width, height, 0)).to_page
        self._x0, self._y0 = to_page(0, 0)
        right, below = to_page(width, 0), to_page(0, height)
        self._a, self._c = (right[0] - self._x0) / width, (right[1] - self._y0) / width
        self._b, self._d = (below[0] - self._x0) / height, (below[1] - self._y0) / height
        self._determinant = self._a * self._d - self._b * self._c

    def vector(self, dx: float, dy: float) -> tuple[float, float]:
        """A direction on the page as one in the image."""
        return (
            (self._d * dx - self._b * dy) / self._determinant,
            (self._a * dy - self._c * dx) / self._determinant,
        )

    def box(self, left: float, bottom: float, right: float, top: float) -> Edges:
        """A box of the page as left, top, right, bottom in the image."""
        x1, y1 = self.vector(left - self._x0, bottom - self._y0)
        x2, y2 = self.vector(right - self._x0, top - self._y0)
        return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)

    def turn(self, angle: float) -> int:
        """Quarter turns clockwise, in the image, of text at an angle on the page."""
        x, y = self.vector(math.cos(angle), math.sin(angle))
        return round(math.atan2(y, x) / (math.pi / 2)) % 4


def _glyphs(
    text_page: pypdfium2.PdfTextPage, placement: _Placement, size: PixelSize
) -> Iterator[Glyph | None]:
    after_space = False
    for index, character in _characters(text_page):
        if character == "\n":
            yield None
        elif character == " ":
            after_space = True
        elif character:
            box = _box(text_page, index, placement)
            if box is None or not _is_inside(box, size):
                continue
            angle = pdfium.FPDFText_GetCharAngle(text_page, index)
            turn = placement.turn(angle) if math.isfinite(angle) else 0
            yield Glyph(character, box, turn, after_space)
            after_space = False


def _characters(text_page: pypdfium2.PdfTextPage) -> Iterator[tuple[int, str]]:
    r"""Each character with its index: a space for any space, ``\n`` for a line break."""
    high = 0
    for index in range(text_page.count_chars()):
        code = pdfium.FPDFText_GetUnicode(text_page, index)
        if code == 0 and pdfium.FPDFText_IsGenerated(text_page, index) == 1:
            continue
        if high and 0xDC00 <= code < 0xE000:
            code = 0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00)
        elif high:
            yield index - 1, _REPLACEMENT
        high = code if 0xD800 <= code < 0xDC00 else 0
        if not high:
            yield index, _meant(code)


def _meant(code: int) -> str:
    if code == 0 or code > 0x10FFFF or 0xD800 <= code < 0xE000:
        return _REPLACEMENT
    character = _MEANT.get(chr(code), chr(code))
    return " " if character != "\n" and character.isspace() else character


def _box(text_page: pypdfium2.PdfTextPage, index: int, placement: _Placement) -> Edges | None:
    rect = pdfium.FS_RECTF()
    if not pdfium.FPDFText_GetLooseCharBox(text_page, index, ctypes.byref(rect)):
        return None
    edges = (rect.left, rect.bottom, rect.right, rect.top)
    return placement.box(*edges) if all(map(math.isfinite, edges)) else None


def _is_inside(box: Edges, size: PixelSize) -> bool:
    left, top, right, bottom = box
    return 0 <= (left + right) / 2 <= size.width and 0 <= (top + bottom) / 2 <= size.height


def _text_line(line: Line, size: PixelSize) -> TextLine:
    return TextLine(line.text, _pixels(line.box, size))


def _pixels(box: Edges, size: PixelSize) -> BBox:
    left, top, right, bottom = box
    x1 = min(max(0, math.floor(left)), size.width - 1)
    y1 = min(max(0, math.floor(top)), size.height - 1)
    return (
        x1,
        y1,
        max(x1 + 1, min(size.width, math.ceil(right))),
        max(y1 + 1, min(size.height, math.ceil(bottom))),
    )
