"""Reads long tables piece by piece: the model's picture is small, and it stops after some rows.

Each piece is cut between two rows. Where all pieces have as many columns they are one below the
other; a cell that spans rows over a cut is two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from PIL import Image

from paddleocr_vl_service.engines.onnx.line_geometry import Rect
from paddleocr_vl_service.engines.onnx.table_filling import assign, levels, measure_fit, trimmed
from paddleocr_vl_service.engines.onnx.table_fragments import Fragment
from paddleocr_vl_service.engines.onnx.table_structure import (
    StructureCell,
    TableStructure,
    TableStructureModel,
)

_LONG = 12
_ROWS = 16
_MOST_PIECES = 8


def read_in_pieces(
    region: Rect,
    page: Image.Image,
    fragments: Sequence[Fragment],
    recogniser: TableStructureModel,
) -> TableStructure | None:
    """The structure of a table with many rows; None where its pieces do not agree.

    Args:
        region: The table's place on the page.
        page: Straightened, RGB.
        fragments: All of the table.
        recogniser: The model.
    """
    cuts = cuts_between_rows(fragments)
    if not cuts or len(cuts) >= _MOST_PIECES:
        return None
    edges = [region.top, *cuts, region.bottom]
    found: list[TableStructure] = []
    for top, bottom in pairwise(edges):
        inside = [one for one in fragments if top <= one.rect.middle_y < bottom]
        piece = recogniser.recognise(page, Rect(region.left, top, region.right, bottom))
        if piece is None or (found and piece.columns != found[0].columns):
            return None
        if inside and not measure_fit(piece, inside, assign(piece, inside)).plausible:
            return None
        found.append(piece)
    return _stitched(found)


def cuts_between_rows(fragments: Sequence[Fragment]) -> list[float]:
    """Heights at which to cut a table into pieces of some rows; none where it is short.

    A cut touches no text.
    """
    rects = [trimmed(fragment) for fragment in fragments]
    rows = levels(fragments)
    if len(rows) <= _LONG:
        return []
    count = -(-len(rows) // _ROWS)
    count = max(count, 2)
    wanted = len(rows) / count
    gaps: list[tuple[int, float]] = []
    edge = float("-inf")
    for place, row in enumerate(rows):
        top = min(rects[index].top for index in row)
        if place and top > edge:
            gaps.append((place, (top + edge) / 2))
        edge = max(edge, *(rects[index].bottom for index in row))
    cuts: list[float] = []
    for number in range(1, count):
        near = min(gaps, key=lambda gap: abs(gap[0] - number * wanted), default=None)
        if near is None or abs(near[0] - number * wanted) > wanted / 2:
            return []
        cuts.append(near[1])
    return sorted(set(cuts))


def _stitched(pieces: Sequence[TableStructure]) -> TableStructure:
    cells: list[StructureCell] = []
    rows = 0
    for piece in pieces:
        cells += [
            replace(cell, slot=replace(cell.slot, row=cell.slot.row + rows)) for cell in piece.cells
        ]
        rows += piece.rows
    return TableStructure(
        rows,
        pieces[0].columns,
        pieces[0].header_rows,
        tuple(cells),
        min(piece.score for piece in pieces),
        sum(piece.ragged for piece in pieces),
    )
