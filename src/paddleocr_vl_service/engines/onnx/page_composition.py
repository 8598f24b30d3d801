"""From the lines and layout advice of a page to its elements in reading order.

The stages, each a module: the page is straightened (`line_geometry`), headers, footers and page
numbers are set aside (`page_furniture`), tables and figures taken out (`islands`), upright lines
kept apart (`vertical_writing`), fragments of
lines joined (`fragments`) and those of formulas (`formulas`), lines chained into blocks (`blocks`)
and split into paragraphs (`paragraphs`), and all of it ordered (`reading_order`) and named
(`flow`, `labels`).

Layout detection proposes and geometry decides: a region says what something is, seldom where a
paragraph ends, and never in which order things are read.
"""

from __future__ import annotations

from collections.abc import Sequence

from paddleocr_vl_service.engines.onnx.blocks import Block, build_blocks
from paddleocr_vl_service.engines.onnx.columns import Item
from paddleocr_vl_service.engines.onnx.element_writer import ElementWriter, Piece
from paddleocr_vl_service.engines.onnx.flow import name_flow
from paddleocr_vl_service.engines.onnx.formulas import find_formulas
from paddleocr_vl_service.engines.onnx.fragments import join_fragments
from paddleocr_vl_service.engines.onnx.islands import Island, find_islands, grid_island
from paddleocr_vl_service.engines.onnx.labels import PageContext, agreeing
from paddleocr_vl_service.engines.onnx.layout_advice import advice_for, place_regions
from paddleocr_vl_service.engines.onnx.line_geometry import (
    Rect,
    page_frame,
    place,
    settle_sizes,
    typical_em,
)
from paddleocr_vl_service.engines.onnx.page_furniture import take_furniture
from paddleocr_vl_service.engines.onnx.paragraphs import split_paragraphs
from paddleocr_vl_service.engines.onnx.reading_order import reading_order
from paddleocr_vl_service.engines.onnx.rules import NO_RULES, Rules
from paddleocr_vl_service.engines.onnx.types import LayoutRegion, ReadLine
from paddleocr_vl_service.engines.onnx.vertical_writing import take_upright
from paddleocr_vl_service.models.document import Element, ElementType


def compose_page(
    lines: Sequence[ReadLine],
    regions: Sequence[LayoutRegion],
    page: int,
    width: int,
    height: int,
    *,
    rules: Rules = NO_RULES,
) -> tuple[Element, ...]:
    """The elements of a page in reading order; headers, footers and page numbers last.

    Args:
        lines: In any order.
        regions: What layout detection proposes; may be empty.
        page: Its number, from 1.
        width: Of the image, in pixels.
        height: Of the image, in pixels.
        rules: Ruling lines, as `rules.page_rules` finds them.

    The result does not depend on the order of the lines or regions, and every line that has text
    is in exactly one element. A picture's element holds what is written in it.
    """
    readable = sorted(
        (line for line in lines if line.text.strip()),
        key=lambda line: (line.box[1], line.box[0], line.text, line.quad, line.score or 0.0),
    )
    frame = page_frame(readable, width, height)
    advice = place_regions(regions, frame)
    placed = settle_sizes([place(line, frame) for line in readable])
    frame_height = width if frame.vertical else height
    furniture, body = take_furniture(placed, advice, frame_height)
    islands, outside = find_islands(advice, body, rules)
    upright, level = take_upright(outside, vertical_page=frame.vertical)
    formulas, running = find_formulas(advice, join_fragments(level))
    paragraphs = upright + [
        paragraph
        for block in build_blocks(running)
        for paragraph in split_paragraphs(block, advice)
    ]
    context = PageContext(
        em=typical_em(running or placed),
        height=frame_height,
        advice=advice,
        islands=[island.rect for island in islands],
        paragraphs=paragraphs,
    )
    flow = _ordered([*paragraphs, *islands, *formulas], context.em)
    writer = ElementWriter(page, width, height, frame)
    in_flow = [
        writer.element(piece, order)
        for order, piece in enumerate(name_flow(flow, context, first_page=page == 1))
    ]
    beside = [
        Piece(kind, line.text, (line,), agreeing(kind, advice_for(line.rect, advice)))
        for kind, line in furniture
    ]
    return (*in_flow, *(writer.element(piece, None) for piece in beside))


def _ordered(parts: Sequence[Block | Island], em: float) -> list[Block | Island]:
    """Parts in reading order, those that form a table put into one."""
    items = [
        Item(part.rect, part.lines) if isinstance(part, Block) else Item(_core(part, em), ())
        for part in parts
    ]
    part_of = {id(item): part for item, part in zip(items, parts, strict=True)}
    return [
        part_of[id(group[0])]
        if len(group) == 1
        else grid_island([line for item in group for line in item.lines])
        for group in reading_order(items, em)
    ]


def _core(island: Island, em: float) -> Rect:
    """The region without its margin, which is guessed and reaches into gutters."""
    rect = island.rect
    if island.type is ElementType.FORMULA:
        return rect
    x, y = min(em, rect.width / 4), min(em, rect.height / 4)
    return Rect(rect.left + x, rect.top + y, rect.right - x, rect.bottom - y)
