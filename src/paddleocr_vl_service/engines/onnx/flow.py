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
from paddleocr_vl_service.engines.onnx.lists import ListRun, is_item, list_runs
from paddleocr_vl_service.models.document import ElementType
from paddleocr_vl_service.text.joining import join_lines
from paddleocr_vl_service.text.kinds import is_bulleted, item_number, starts_like_caption

_TITLE_SIZE = 1.35
_TITLE_ZONE = 0.5
_CAPTION_NUMBER = 12
_CAPTION_GAP = 0.9


def name_flow(
    flow: Sequence[Block | Island], page: PageContext, *, first_page: bool
) -> list[Piece]:
    """The pieces of a page in reading order."""
    pieces = _whole_captions([_piece(part, page) for part in flow])
    pieces = [_settle(run, page) for run in list_runs(pieces)]
    return _with_title(pieces, page) if first_page else pieces


def _piece(part: Block | Island, page: PageContext) -> Piece:
    if isinstance(part, Island):
        return Piece(part.type, part.text, part.lines, part.advice, part.rect)
    text = join_lines(line.text for line in part.lines)
    label = label_paragraph(part, text, page)
    return Piece(label.type, text, part.lines, label.advice)


def _whole_captions(pieces: Sequence[Piece]) -> list[Piece]:
    """Captions whose number stands on a line of its own, put together with their words."""
    whole: list[Piece] = []
    for piece in pieces:
        before = whole[-1] if whole else None
        if before is not None and _is_caption_of(before, piece):
            text = join_lines([before.text, piece.text])
            whole[-1] = replace(before, text=text, lines=(*before.lines, *piece.lines))
        else:
            whole.append(piece)
    return whole


def _is_caption_of(number: Piece, words: Piece) -> bool:
    gap = words.rect.top - number.rect.bottom
    return (
        number.type is ElementType.CAPTION
        and len(number.text) <= _CAPTION_NUMBER
        and words.type in {ElementType.TEXT, ElementType.CAPTION}
        and words.area is None
        and not starts_like_caption(words.text)
        and abs(gap) < _CAPTION_GAP * _em(number)
        and words.rect.shared_width(number.rect) > 0
    )


def _settle(run: ListRun, page: PageContext) -> Piece:
    """Items of a run as one list, a lone numbered line as what it is."""
    first = run.pieces[0]
    if run.is_list:
        return run.as_piece()
    if not is_item(first) or is_bulleted(first.text):
        return first
    if numbered_line_is_heading(Block(first.lines), first.text, page):
        return Piece(ElementType.HEADING, first.text, first.lines)
    return first


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
