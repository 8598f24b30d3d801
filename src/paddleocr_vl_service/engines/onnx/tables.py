"""Gives a page's tables their rows and columns: HTML, and text with a tab between cells."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from dataclasses import replace

from PIL import Image

from paddleocr_vl_service.engines.onnx.line_geometry import (
    Frame,
    PlacedLine,
    Rect,
    bounding_rect,
    place,
    typical_em,
)
from paddleocr_vl_service.engines.onnx.rules import (
    NO_RULES,
    Rules,
    find_rules,
    level_frame,
    straightened,
)
from paddleocr_vl_service.engines.onnx.table_columns import settle_columns
from paddleocr_vl_service.engines.onnx.table_draft import Draft, draft
from paddleocr_vl_service.engines.onnx.table_filling import (
    FilledCell,
    FilledTable,
    assign,
    fill,
    measure_fit,
)
from paddleocr_vl_service.engines.onnx.table_fragments import Fragment, cut_line
from paddleocr_vl_service.engines.onnx.table_geometry import draft_from_geometry
from paddleocr_vl_service.engines.onnx.table_pieces import read_in_pieces
from paddleocr_vl_service.engines.onnx.table_rows import settle_rows
from paddleocr_vl_service.engines.onnx.table_ruled import (
    ruled_structure,
    with_spans_seen,
)
from paddleocr_vl_service.engines.onnx.table_spans import settle_spans
from paddleocr_vl_service.engines.onnx.table_structure import (
    TableStructure,
    TableStructureModel,
)
from paddleocr_vl_service.engines.onnx.types import ReadLine
from paddleocr_vl_service.models.document import Element, ElementType

_ROUNDING = 2.0
_MOST_LOST = 0.1
_MANY_ROWS = 24


def add_table_structure(
    elements: Sequence[Element],
    lines: Sequence[ReadLine],
    image: Image.Image,
    recogniser: TableStructureModel | None,
    rules: Rules | None = None,
) -> tuple[Element, ...]:
    """The elements of a page, with HTML and rows of text for its tables.

    Args:
        elements: Of one page, as `compose_page` made them of the lines.
        lines: All of the page.
        image: The upright page, RGB.
        recogniser: Looks at each table; not used on a page that has none. Without it rules and
            geometry must do.
        rules: Of the page (`page_rules`), if they are known; else they are looked for.
    """
    if not any(element.type is ElementType.TABLE for element in elements):
        return tuple(elements)
    frame = level_frame(lines, image)
    straight = straightened(image, frame)
    if rules is None or rules == NO_RULES:
        rules = find_rules(straight, [place(line, frame) for line in lines])
    return tuple(
        _with_structure(
            element,
            lines,
            frame,
            lambda own, region: read_table(own, region, straight, recogniser, rules),
        )
        if element.type is ElementType.TABLE
        else element
        for element in elements
    )


def read_table(
    lines: Sequence[PlacedLine],
    region: Rect,
    page: Image.Image,
    recogniser: TableStructureModel | None,
    rules: Rules = NO_RULES,
) -> FilledTable:
    """A table's rows and columns with all of its text.

    A grid of rules leaves no doubt where all cells are bounded; the model, where it sees as many
    rows and columns, knows the head as well. Without rules the model finds the structure, of long
    tables in pieces; where it does not fit the lines, their geometry does.

    Args:
        lines: Those of the table, placed on the page.
        region: The table's place on the page.
        page: Straightened, RGB.
        recogniser: The model; None does without it.
        rules: Of the page.
    """
    own = rules.inside(_with_margin(region, lines))
    fragments = [fragment for line in lines for fragment in cut_line(line, page, own.vertical)]
    ruled = ruled_structure(own, lines, fragments)
    if ruled is not None and ruled.rows > _MANY_ROWS:
        return _filled(ruled, fragments)
    seen = recogniser.recognise(page, region) if recogniser is not None else None
    if seen is not None and (not fragments or _fits(seen, fragments)):
        if ruled is None:
            return _settled(_seen(seen, fragments), own)
        if (seen.rows, seen.columns) == (ruled.rows, ruled.columns):
            return _filled(with_spans_seen(ruled, seen, fragments), fragments)
    if ruled is not None:
        # What rules bound is a column though nothing stands in it: it may be one to fill in.
        return _filled(ruled, fragments)
    pieced = recogniser and read_in_pieces(region, page, fragments, recogniser)
    if pieced and _fits(pieced, fragments):
        return _settled(_seen(pieced, fragments), own)
    return _settled(draft_from_geometry(fragments), own)


def _filled(structure: TableStructure, fragments: Sequence[Fragment]) -> FilledTable:
    return fill(structure, fragments, assign(structure, fragments))


def _settled(table: Draft, rules: Rules) -> FilledTable:
    """What was seen, held against where text and rules stand."""
    if not table.cells:
        return table.filled()
    in_columns = settle_columns(table)
    in_rows = settle_rows(in_columns)
    if in_rows is not in_columns:  # text may be in other rows now, beside other text
        in_rows = settle_columns(in_rows)
    return settle_spans(in_rows, rules.horizontal).filled()


def _seen(structure: TableStructure, fragments: Sequence[Fragment]) -> Draft:
    return draft(structure, fragments, assign(structure, fragments))


def _fits(structure: TableStructure, fragments: Sequence[Fragment]) -> bool:
    return measure_fit(structure, fragments, assign(structure, fragments)).plausible


def _with_margin(region: Rect, lines: Sequence[PlacedLine]) -> Rect:
    """The region and a little more: rules stand on its edge."""
    margin = typical_em(lines) if lines else 0.0
    return Rect(
        region.left - margin, region.top - margin, region.right + margin, region.bottom + margin
    )


def to_html(table: FilledTable) -> str:
    """One `<table>` element; text is escaped."""
    rows: list[list[str]] = [[] for _ in range(table.rows)]
    for cell in table.cells:
        tag = "th" if cell.slot.row < table.header_rows else "td"
        rows[cell.slot.row].append(f"<{tag}{_spans(cell)}>{html.escape(cell.text)}</{tag}>")
    written = [f"<tr>{''.join(row)}</tr>" for row in rows]
    head, body = written[: table.header_rows], written[table.header_rows :]
    if not head:
        return f"<table>{''.join(body)}</table>"
    tail = f"<tbody>{''.join(body)}</tbody>" if body else ""
    return f"<table><thead>{''.join(head)}</thead>{tail}</table>"


def to_text(table: FilledTable) -> str:
    """A line a row and a tab between columns; a cell's text stands in its first place."""
    texts = {(cell.slot.row, cell.slot.column): cell.text for cell in table.cells}
    return "\n".join(
        "\t".join(texts.get((row, column), "") for column in range(table.columns))
        for row in range(table.rows)
    )


def _spans(cell: FilledCell) -> str:
    rows = f' rowspan="{cell.slot.rows}"' if cell.slot.rows > 1 else ""
    columns = f' colspan="{cell.slot.columns}"' if cell.slot.columns > 1 else ""
    return rows + columns


def _with_structure(
    element: Element,
    lines: Sequence[ReadLine],
    frame: Frame,
    read: Callable[[Sequence[PlacedLine], Rect], FilledTable],
) -> Element:
    own = [place(line, frame) for line in table_lines(element, lines)]
    region = frame.box_rect(tuple(map(float, element.bbox)))  # type: ignore[arg-type]
    if frame.angle and own:
        region = bounding_rect(line.rect for line in own)
    table = read(own, region)
    return replace(element, html=to_html(table), text=to_text(table))


def table_lines(element: Element, lines: Sequence[ReadLine]) -> list[ReadLine]:
    """The lines that a table was made of: those in its box whose text is in its text.

    What only reaches into the box belongs to another element.
    """
    left, top, right, bottom = element.bbox
    inside = [
        line
        for line in lines
        if line.text.strip()
        and line.box[0] >= left - _ROUNDING
        and line.box[1] >= top - _ROUNDING
        and line.box[2] <= right + _ROUNDING
        and line.box[3] <= bottom + _ROUNDING
    ]
    own = [line for line in inside if line.text.strip() in element.text]
    missing = _length(element.text) - sum(_length(line.text) for line in own)
    return own if missing <= _MOST_LOST * _length(element.text) else inside


def _length(text: str) -> int:
    return sum(not character.isspace() for character in text)
