"""The flow of a page: ordered paragraphs, tables and pictures become pieces with a type.

Some types show only beside their neighbours: one numbered line alone is a heading, several are a
list, and the first page's largest heading is the title.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from paddleocr_vl_service.engines.onnx.blocks import Block
from paddleocr_vl_service.engines.onnx.element_writer import Piece
from paddleocr_vl_service.engines.onnx.islands import Island
from paddleocr_vl_service.engines.onnx.labels import (
    PageContext,
    label_paragraph,
    numbered_line_is_heading,
)
from paddleocr_vl_service.engines.onnx.text_joining import join_lines
from paddleocr_vl_service.engines.onnx.text_kinds import (
    is_bulleted,
    item_number,
    numbers_follow,
)
from paddleocr_vl_service.models.document import ElementType

_TITLE_SIZE = 1.35
_TITLE_ZONE = 0.5
_NEAR = 2.5


def name_flow(
    flow: Sequence[Block | Island], page: PageContext, *, first_page: bool
) -> list[Piece]:
    """The pieces of a page in reading order."""
    pieces = [_piece(part, page) for part in flow]
    pieces = [piece for run in _item_runs(pieces) for piece in _settle(run, page)]
    return _with_title(pieces, page) if first_page else pieces


def _piece(part: Block | Island, page: PageContext) -> Piece:
    if isinstance(part, Island):
        return Piece(part.type, part.text, part.lines, part.advice, part.rect)
    text = join_lines(line.text for line in part.lines)
    label = label_paragraph(part, text, page)
    return Piece(label.type, text, part.lines, label.advice)


def _item_runs(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Items of one list together, everything else alone."""
    runs: list[list[Piece]] = []
    for piece in pieces:
        if runs and _next_item(runs[-1][-1], piece):
            runs[-1].append(piece)
        else:
            runs.append([piece])
    return runs


def _next_item(before: Piece, piece: Piece) -> bool:
    if not (_is_item(before) and _is_item(piece)):
        return False
    number, following = item_number(before.text), item_number(piece.text)
    em = median(line.em for line in (*before.lines, *piece.lines))
    near = (
        before.rect.shared_width(piece.rect) > 0
        and piece.rect.top - before.rect.bottom < _NEAR * em
        and piece.rect.top > before.rect.top
    )
    if number is None or following is None:
        return near and is_bulleted(before.text) and is_bulleted(piece.text)
    return near and numbers_follow(number, following)


def _is_item(piece: Piece) -> bool:
    return piece.type is ElementType.LIST and piece.area is None


def _settle(run: Sequence[Piece], page: PageContext) -> list[Piece]:
    """Items of a run as one list, a lone numbered line as what it is."""
    first = run[0]
    if len(run) > 1:
        return [
            Piece(
                ElementType.LIST,
                "\n".join(piece.text for piece in run),
                tuple(line for piece in run for line in piece.lines),
                first.advice,
            )
        ]
    if not _is_item(first) or is_bulleted(first.text):
        return [first]
    if numbered_line_is_heading(Block(first.lines), first.text, page):
        return [Piece(ElementType.HEADING, first.text, first.lines)]
    return [first]


def _with_title(pieces: list[Piece], page: PageContext) -> list[Piece]:
    """The largest heading in the page's upper half is the title; else one that opens the page."""
    high = [
        place
        for place, piece in enumerate(pieces)
        if piece.type is ElementType.HEADING and piece.rect.middle_y < _TITLE_ZONE * page.height
    ]
    large = [place for place in high if _em(pieces[place]) >= _TITLE_SIZE * page.em]
    if large:
        title = max(large, key=lambda place: (_em(pieces[place]), -place))
    elif high[:1] == [0] and item_number(pieces[0].text) is None:
        title = 0
    else:
        return pieces
    titled = replace(pieces[title], type=ElementType.TITLE)
    return [*pieces[:title], titled, *pieces[title + 1 :]]


def _em(piece: Piece) -> float:
    return median(line.em for line in piece.lines)
