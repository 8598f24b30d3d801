"""Where a page shows what may be text that is not in its text layer."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium
from numpy.typing import NDArray

from paddleocr_vl_service.intake.ink_areas import Areas, connected_areas, without_rules
from paddleocr_vl_service.intake.page_pictures import PageObjects, Picture
from paddleocr_vl_service.intake.page_placement import Boxes, Placement
from paddleocr_vl_service.intake.pdf_resolution import PixelSize
from paddleocr_vl_service.models.document import BBox

_EDGE = 32  # levels of 255
_LEAST_EDGES = 12
_TOUCHING = 3  # pixels of the small picture
_THIN, _FEWEST_ROWS = 2, 100  # likewise; images
# Hundredths of an inch, which are pixels of the small picture of a page of ordinary size.
_UNITS_PER_INCH = 100
_FRAME = 2
_LEAST_WIDTH, _LEAST_HEIGHT = 16, 8  # two lines of four characters in the smallest print
_RULE = 40
_LETTER_HEIGHTS = (4, 60)
_LEAST_PIXELS = 4  # of a letter's height, however small the page is shown
_LONGEST_WORD = 14  # in heights
_LEAST_FILLED = 0.25
_LETTER_GAP, _LINE_GAP = 0.8, 0.35  # in heights, to each side
_FEWEST_PIECES = 3
_SHORTEST_TEXT = 4.0  # in heights
_WITH_TEXT = frozenset(
    (
        pdfium.FPDF_ANNOT_WIDGET,
        pdfium.FPDF_ANNOT_FREETEXT,
        pdfium.FPDF_ANNOT_STAMP,
        pdfium.FPDF_ANNOT_INK,
        pdfium.FPDF_ANNOT_REDACT,
    )
)

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Beside:
    """What a page shows beside its text layer.

    Attributes:
        boxes: In pixels of the page image; they do not touch.
        outlined: About how many characters are drawn as outlines.
    """

    boxes: tuple[BBox, ...] = ()
    outlined: int = 0


def find_beside(
    page: pypdfium2.PdfPage,
    objects: PageObjects,
    placement: Placement,
    size: PixelSize,
    rest: Picture,
) -> Beside:
    """Find pictures, filled form fields, and text that is drawn as outlines.

    Args:
        page: Open.
        objects: What it draws.
        placement: Of the page.
        size: Of the page image.
        rest: The page without its text, in grey, any size.
    """
    added = list(_annotations(page))
    if not (objects.images or objects.others or added) or rest.min() == rest.max():
        return Beside()
    scale = np.tile((rest.shape[1] / size.width, rest.shape[0] / size.height), 2)
    unit = rest.shape[1] / size.width * size.dpi / _UNITS_PER_INCH
    edges = _edges(rest)
    images = placement.boxes(_array([image.rectangle for image in objects.images])) * scale
    fields = placement.boxes(_array(added)) * scale
    pictures = _pictures(images, edges, unit)
    filled = _filled(fields, edges, unit)
    outlines, outlined = (
        _outlined(_without(edges, [*pictures, *filled]), unit) if objects.others else ([], 0)
    )
    boxes = _merged([*pictures, *filled, *outlines], edges.shape)
    return Beside(tuple(_pixels(box, scale, size) for box in boxes), outlined)


def _annotations(page: pypdfium2.PdfPage) -> Iterator[tuple[float, float, float, float]]:
    """Rectangles on the page of what was put on it and may hold text."""
    for index in range(pdfium.FPDFPage_GetAnnotCount(page)):
        annotation = pdfium.FPDFPage_GetAnnot(page, index)
        if not annotation:
            continue
        try:
            rectangle = pdfium.FS_RECTF()
            if pdfium.FPDFAnnot_GetSubtype(annotation) in _WITH_TEXT and pdfium.FPDFAnnot_GetRect(
                annotation, ctypes.byref(rectangle)
            ):
                yield rectangle.left, rectangle.bottom, rectangle.right, rectangle.top
        finally:
            pdfium.FPDFPage_CloseAnnot(annotation)


def _array(rectangles: list[tuple[float, float, float, float]]) -> NDArray[np.float64]:
    array = np.array(rectangles, np.float64).reshape(-1, 4)
    return array[np.isfinite(array).all(axis=1)]


def _edges(picture: Picture) -> Mask:
    """Where the picture changes sharply to the right or below; flat areas have none."""
    edges = np.zeros(picture.shape, bool)
    edges[:, :-1] |= _differ(picture[:, 1:], picture[:, :-1])
    edges[:-1] |= _differ(picture[1:], picture[:-1])
    return edges


def _differ(one: Picture, other: Picture) -> Mask:
    differ: Mask = np.maximum(one, other) - np.minimum(one, other) >= _EDGE
    return differ


def _pictures(images: Boxes, edges: Mask, unit: float) -> list[BBox]:
    """Images, those that touch taken together, as far as there is something to see."""
    together = np.zeros(edges.shape, bool)
    thin = (images[:, 2:] - images[:, :2]).min(axis=1) < _THIN
    if thin.sum() < _FEWEST_ROWS:  # rules; otherwise a scan that is stored row by row
        images = images[~thin]
    for box in images:
        left, top, right, bottom = _clipped(box, edges.shape)
        together[max(0, top - _TOUCHING) : bottom, max(0, left - _TOUCHING) : right] = True
    boxes = [
        _tightened((left, top, right, bottom), edges)
        for left, top, right, bottom, _ in connected_areas(together).tolist()
    ]
    return [box for box in boxes if box is not None and _is_large(box, unit)]


def _filled(fields: Boxes, edges: Mask, unit: float) -> list[BBox]:
    """Form fields and the like that are not empty, their frames not counted."""
    frame = math.ceil(_FRAME * unit) * np.array([1, 1, -1, -1])
    boxes = [_clipped(box, edges.shape) for box in fields + frame]
    return [box for box in boxes if _is_large(box, unit) and _tightened(box, edges) is not None]


def _outlined(edges: Mask, unit: float) -> tuple[list[BBox], int]:
    """Rows of shapes as large and as close as letters, and how many letters they may be."""
    letters = _letter_like(connected_areas(without_rules(edges, round(_RULE * unit))), unit)
    if len(letters) < _FEWEST_PIECES:
        return [], 0
    near = np.zeros(edges.shape, bool)
    for left, top, right, bottom in letters[:, :4].tolist():
        height = bottom - top
        aside, above = round(_LETTER_GAP * height), round(_LINE_GAP * height)
        near[max(0, top - above) : bottom + above, max(0, left - aside) : right + aside] = True
    boxes: list[BBox] = []
    outlined = 0.0
    centres = (letters[:, :2] + letters[:, 2:4]) / 2
    for left, top, right, bottom, _ in connected_areas(near).tolist():
        inside = (centres >= (left, top)).all(axis=1) & (centres < (right, bottom)).all(axis=1)
        pieces = letters[inside]
        if len(pieces) < _FEWEST_PIECES:
            continue
        height = float(np.median(pieces[:, 3] - pieces[:, 1]))
        widths = float((pieces[:, 2] - pieces[:, 0]).sum())
        if widths >= _SHORTEST_TEXT * height:
            boxes.append((left, top, right, bottom))
            outlined += widths / (0.6 * height)
    return boxes, round(outlined)


def _letter_like(areas: Areas, unit: float) -> Areas:
    """Those of the size of a letter, or of a word whose letters touch."""
    width, height = areas[:, 2] - areas[:, 0], areas[:, 3] - areas[:, 1]
    lowest, highest = _LETTER_HEIGHTS
    return areas[
        (height >= max(_LEAST_PIXELS, lowest * unit))
        & (height <= highest * unit)
        & (width <= _LONGEST_WORD * height)
        & (areas[:, 4] >= _LEAST_FILLED * width * height)
    ]


def _without(edges: Mask, boxes: list[BBox]) -> Mask:
    rest: Mask = edges.copy()
    for left, top, right, bottom in boxes:
        rest[top:bottom, left:right] = False
    return rest


def _merged(boxes: list[BBox], shape: tuple[int, ...]) -> list[BBox]:
    """Boxes that overlap as one, until none do."""
    while True:
        covered = np.zeros(shape, bool)
        for left, top, right, bottom in boxes:
            covered[top:bottom, left:right] = True
        merged = [(a, b, c, d) for a, b, c, d, _ in connected_areas(covered).tolist()]
        if len(merged) >= len(boxes):
            return merged
        boxes = merged


def _tightened(box: BBox, edges: Mask) -> BBox | None:
    """The part of a box that has edges; None where it has hardly any."""
    left, top, right, bottom = box
    part = edges[top:bottom, left:right]
    if int(part.sum()) < _LEAST_EDGES:
        return None
    rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
    return (
        left + int(columns[0]),
        top + int(rows[0]),
        left + int(columns[-1]) + 1,
        top + int(rows[-1]) + 1,
    )


def _is_large(box: BBox, unit: float) -> bool:
    left, top, right, bottom = box
    return right - left >= _LEAST_WIDTH * unit and bottom - top >= _LEAST_HEIGHT * unit


def _clipped(box: NDArray[np.float64], shape: tuple[int, ...]) -> BBox:
    """Whole pixels inside the picture; may be empty."""
    limits = np.array([shape[1], shape[0], shape[1], shape[0]])
    left, top, right, bottom = np.clip(np.round(box), 0, limits).astype(int).tolist()
    return left, top, right, bottom


def _pixels(box: BBox, scale: NDArray[np.float64], size: PixelSize) -> BBox:
    limits = (size.width, size.height, size.width, size.height)
    left, top, right, bottom = (
        min(round(side / factor), limit)
        for side, factor, limit in zip(box, scale.tolist(), limits, strict=True)
    )
    return left, top, right, bottom
