"""The characters of a PDF page's text layer, as PDFium finds them."""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium

from paddleocr_vl_service.intake.page_placement import Boxes, Placement

REPLACEMENT = "\ufffd"

_MEANT = {
    **dict.fromkeys(map(chr, range(32)), ""),
    **dict.fromkeys(map(chr, range(127, 160)), ""),
    **dict.fromkeys("\t\v\f\x85", " "),
    **dict.fromkeys("\r\n", "\n"),
    **dict.fromkeys("\x02\ufffe", "-"),  # PDFium found a word broken at a line's end
}
_BOLD = re.compile(
    r"bold|black|heavy|semib|demi|(?:cm|sf|ec|tc|la)[a-z]*bx|-medi(?:ital)?$|[-,]bd?$"
)
_NOT_BOLD = re.compile(r"regular|roman|book|light|medium|thin|oblique|italic")
_BOLD_WEIGHT = 650
_FORCE_BOLD = 1 << 18  # of a font descriptor's flags
_MAP_ERRORS_ASKED = 500
_ASCII = range(33, 127)
_BLANK = frozenset(" \n")


@dataclass(frozen=True)
class TextObject:
    """A string as the page draws it at once.

    Attributes:
        turn: Quarter turns clockwise, in the image, by which it runs away from left to right.
        bold: Whether its font is.
        mode: Its text rendering mode.
    """

    turn: int
    bold: bool
    mode: int


@dataclass(frozen=True)
class Characters:
    r"""The characters of a page, in the order in which they are drawn.

    Attributes:
        texts: One each; a space for any space, ``\n`` for a line break.
        places: PDFium's number of each.
        boxes: n x 4, as high as the font; NaN where there is none, as for spaces.
        owners: n; index of the text object that draws it among those of the page, -1 for none.
        objects: By that index.
    """

    texts: list[str]
    places: list[int]
    boxes: Boxes
    owners: np.ndarray[tuple[int], np.dtype[np.int64]]
    objects: dict[int, TextObject]


def read_characters(
    text_page: pypdfium2.PdfTextPage,
    placement: Placement,
    drawn: list[pdfium.FPDF_PAGEOBJECT],
) -> Characters:
    """All characters of a page.

    Args:
        text_page: Open.
        placement: Of the page.
        drawn: The page's text objects.
    """
    index_of = {ctypes.addressof(each.contents): index for index, each in enumerate(drawn)}
    fonts = _Fonts()
    handle = ctypes.addressof(text_page.raw.contents)
    found = list(_characters(text_page, handle))
    count = len(found)
    owners = [-1] * count
    objects: dict[int, TextObject] = {}
    rectangles = (pdfium.FS_RECTF * count)()
    address, step = ctypes.addressof(rectangles), ctypes.sizeof(pdfium.FS_RECTF)
    written = np.zeros(count, np.bool_)
    for row, (place, character) in enumerate(found):
        if character in _BLANK or not _box_of(handle, place, address + row * step):
            continue
        written[row] = True
        index = index_of.get(_object_of(handle, place), -1)
        if index not in objects:
            turn = placement.turn(*_direction(text_page, place))
            objects[index] = fonts.described(drawn[index] if index >= 0 else None, turn)
        owners[row] = index
    # Left, top, right, bottom as PDFium has them, which counts upwards.
    sides = np.frombuffer(rectangles, np.float32).reshape(-1, 4) if count else np.zeros((0, 4))
    boxes = sides[:, [0, 3, 2, 1]].astype(np.float64)
    boxes[~(written & np.isfinite(boxes).all(axis=1))] = math.nan
    drawers = np.where(np.isnan(boxes[:, 0]), -1, np.array(owners, np.int64))
    places, texts = [place for place, _ in found], [character for _, character in found]
    return Characters(texts, places, placement.boxes(boxes), drawers, objects)


def _direction(text_page: pypdfium2.PdfTextPage, place: int) -> tuple[float, float]:
    """Where on the page a character's line runs; to the right where that is unknown.

    `FPDFText_GetCharAngle` tells as well, but takes what rises for what falls.
    """
    matrix = pdfium.FS_MATRIX()
    known = pdfium.FPDFText_GetMatrix(text_page, place, ctypes.byref(matrix))
    if not (known and math.isfinite(matrix.a) and math.isfinite(matrix.b)):
        return 1.0, 0.0
    return matrix.a, matrix.b


def _prototype(function: object, result: type, *arguments: type) -> Callable[..., Any]:
    """A function of PDFium that takes and gives addresses as numbers.

    It is called for every character of a page. That is several times as fast as making an object
    of each pointer and letting go of the interpreter's lock in between.
    """
    address = ctypes.cast(function, ctypes.c_void_p).value  # type: ignore[arg-type]
    return ctypes.PYFUNCTYPE(result, *arguments)(address or 0)


_code_of = _prototype(pdfium.FPDFText_GetUnicode, ctypes.c_uint, ctypes.c_void_p, ctypes.c_int)
_box_of = _prototype(
    pdfium.FPDFText_GetLooseCharBox,
    *(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p),
)
_object_of = _prototype(
    pdfium.FPDFText_GetTextObject, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int
)


def _characters(text_page: pypdfium2.PdfTextPage, address: int) -> Iterator[tuple[int, str]]:
    high = 0
    handle = text_page.raw
    for index in range(text_page.count_chars()):
        code = _code_of(address, index)
        if 32 < code < 127 and not high:
            yield index, chr(code)
            continue
        if code == 0 and pdfium.FPDFText_IsGenerated(handle, index) == 1:
            continue
        if code < 32 and pdfium.FPDFText_HasUnicodeMapError(handle, index) == 1:
            code = 0  # of a glyph that stands for something, such as a ligature
        if high and 0xDC00 <= code < 0xE000:
            code = 0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00)
        elif high:
            yield index - 1, REPLACEMENT
        high = code if 0xD800 <= code < 0xDC00 else 0
        meant = "" if high else _meant(code)
        if meant:
            yield index, meant


def _meant(code: int) -> str:
    if code == 0 or code > 0x10FFFF or 0xD800 <= code < 0xE000:
        return REPLACEMENT
    character = _MEANT.get(chr(code), chr(code))
    return " " if character != "\n" and character.isspace() else character


def unmapped_share(text_page: pypdfium2.PdfTextPage, places: list[int]) -> float:
    """Share of some of these characters, evenly chosen, that their font maps to nothing.

    PDFium takes the code of such a glyph for the text. That is right for the letters of ASCII in
    nearly every font, such as the bitmap fonts of TeX; whether they read like words is asked
    elsewhere.
    """
    asked = places[:: 1 + len(places) // _MAP_ERRORS_ASKED]
    failed = sum(
        pdfium.FPDFText_GetUnicode(text_page, place) not in _ASCII
        and pdfium.FPDFText_HasUnicodeMapError(text_page, place) == 1
        for place in asked
    )
    return failed / len(asked) if asked else 0.0


class _Fonts:
    """Looks every font up once."""

    def __init__(self) -> None:
        self._bold: dict[int, bool] = {}

    def described(self, drawn: pdfium.FPDF_PAGEOBJECT | None, turn: int) -> TextObject:
        if drawn is None:
            return TextObject(turn, bold=False, mode=pdfium.FPDF_TEXTRENDERMODE_FILL)
        mode = pdfium.FPDFTextObj_GetTextRenderMode(drawn)
        # A bold face that the writer did not have is often a thin one with an outline.
        bold = mode == pdfium.FPDF_TEXTRENDERMODE_FILL_STROKE
        return TextObject(turn, bold or self._is_bold(pdfium.FPDFTextObj_GetFont(drawn)), mode)

    def _is_bold(self, font: pdfium.FPDF_FONT) -> bool:
        if not font:
            return False
        key = ctypes.addressof(font.contents)
        if key not in self._bold:
            self._bold[key] = _says_bold(font)
        return self._bold[key]


def _says_bold(font: pdfium.FPDF_FONT) -> bool:
    name = ctypes.create_string_buffer(128)
    pdfium.FPDFFont_GetBaseFontName(font, name, len(name))
    plain = name.value.decode("utf-8", "replace").rpartition("+")[2].lower()
    if _BOLD.search(plain):
        return True
    if _NOT_BOLD.search(plain):
        return False
    if pdfium.FPDFFont_GetFlags(font) & _FORCE_BOLD:
        return True
    return bool(pdfium.FPDFFont_GetWeight(font) >= _BOLD_WEIGHT)
