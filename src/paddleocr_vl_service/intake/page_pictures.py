"""Small pictures of a PDF page, with and without some of its text."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium
from numpy.typing import NDArray

from paddleocr_vl_service.intake.pdf_resolution import PixelSize

REDUCTION = 2
"""Pixels of the page image to one of a picture, both ways."""

Picture = NDArray[np.uint8]
"""Rows of pixels: grey, or blue, green and red of each."""

_WHITE = 0xFFFFFFFF
_MOST_NESTED = 40  # forms in forms, which may be their own contents in a damaged file


@dataclass(frozen=True)
class PlacedImage:
    """A raster image on the page.

    Attributes:
        rectangle: Left, bottom, right, top on the page.
    """

    rectangle: tuple[float, float, float, float]


class PageObjects:
    """What a page draws, forms taken apart.

    Args:
        page: Open.
    """

    def __init__(self, page: pypdfium2.PdfPage) -> None:
        self.texts: list[pdfium.FPDF_PAGEOBJECT] = []
        """In the order in which they are drawn."""
        self.images: list[PlacedImage] = []
        self.others = 0
        """Paths and shadings."""
        self._gather(
            lambda index: pdfium.FPDFPage_GetObject(page, index),
            pdfium.FPDFPage_CountObjects(page),
            np.eye(3),
            0,
        )

    def _gather(
        self,
        get: Callable[[int], pdfium.FPDF_PAGEOBJECT],
        count: int,
        placed: NDArray[np.float64],
        depth: int,
    ) -> None:
        for index in range(count):
            drawn = get(index)
            kind = pdfium.FPDFPageObj_GetType(drawn)
            if kind == pdfium.FPDF_PAGEOBJ_TEXT:
                self.texts.append(drawn)
            elif kind == pdfium.FPDF_PAGEOBJ_IMAGE:
                self.images.append(PlacedImage(_bounds(drawn, placed)))
            elif kind == pdfium.FPDF_PAGEOBJ_FORM and depth < _MOST_NESTED:
                inner = pdfium.FPDFFormObj_CountObjects(drawn)
                self._gather(_getter(drawn), inner, _matrix(drawn) @ placed, depth + 1)
            else:
                self.others += 1


class Painter:
    """Draws small pictures of a page.

    Args:
        page: Open.
        size: Of its page image.
    """

    def __init__(self, page: pypdfium2.PdfPage, size: PixelSize) -> None:
        self._page = page
        self.width = max(1, size.width // REDUCTION)
        self.height = max(1, size.height // REDUCTION)
        self.scale = (self.width / size.width, self.height / size.height)
        """Pixels of a picture to one of the page image, across and down."""

    def picture(self, *, colour: bool = False) -> Picture:
        """As the page is now: height x width of grey, or height x width x 3."""
        kind, channels = (pdfium.FPDFBitmap_BGR, 3) if colour else (pdfium.FPDFBitmap_Gray, 1)
        bitmap = pypdfium2.PdfBitmap.new_native(self.width, self.height, kind)
        try:
            pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, self.width, self.height, _WHITE)
            placed = (bitmap, self._page, 0, 0, self.width, self.height, 0, pdfium.FPDF_ANNOT)
            pdfium.FPDF_RenderPageBitmap(*placed)
            if self._page.formenv:
                pdfium.FPDF_FFLDraw(self._page.formenv, *placed)
            rows = np.frombuffer(bitmap.buffer, np.uint8).reshape(self.height, bitmap.stride)
            pixels = rows[:, : self.width * channels].copy()
        finally:
            bitmap.close()
        picture: Picture = pixels.reshape(self.height, self.width, 3) if colour else pixels
        return picture


@contextmanager
def without_some() -> Iterator[Callable[[Iterable[pdfium.FPDF_PAGEOBJECT]], None]]:
    """Gives a function that takes objects off the page; they are put back in the end."""
    removed: list[pdfium.FPDF_PAGEOBJECT] = []

    def remove(drawn: Iterable[pdfium.FPDF_PAGEOBJECT]) -> None:
        removed.extend(each for each in drawn if pdfium.FPDFPageObj_SetIsActive(each, False))

    try:
        yield remove
    finally:
        for each in removed:
            pdfium.FPDFPageObj_SetIsActive(each, True)


def _getter(form: pdfium.FPDF_PAGEOBJECT) -> Callable[[int], pdfium.FPDF_PAGEOBJECT]:
    return lambda index: pdfium.FPDFFormObj_GetObject(form, index)


def _matrix(form: pdfium.FPDF_PAGEOBJECT) -> NDArray[np.float64]:
    """For row vectors x, y, 1."""
    matrix = pdfium.FS_MATRIX()
    if not pdfium.FPDFPageObj_GetMatrix(form, ctypes.byref(matrix)):
        return np.eye(3)
    return np.array(
        [[matrix.a, matrix.b, 0], [matrix.c, matrix.d, 0], [matrix.e, matrix.f, 1]], np.float64
    )


def _bounds(
    drawn: pdfium.FPDF_PAGEOBJECT, placed: NDArray[np.float64]
) -> tuple[float, float, float, float]:
    """An object states them in the coordinates of the form that it is in."""
    edges = [ctypes.c_float() for _ in range(4)]
    pdfium.FPDFPageObj_GetBounds(drawn, *map(ctypes.byref, edges))
    left, bottom, right, top = (edge.value for edge in edges)
    corners = np.array([(x, y, 1) for x in (left, right) for y in (bottom, top)]) @ placed
    (x1, y1), (x2, y2) = corners[:, :2].min(axis=0), corners[:, :2].max(axis=0)
    return float(x1), float(y1), float(x2), float(y2)
