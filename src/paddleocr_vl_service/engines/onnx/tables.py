"""Gives a page's tables their rows and columns: HTML, and text with a tab between cells."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import replace

from PIL import Image

from paddleocr_vl_service.engines.onnx.line_geometry import (
    Frame,
    PlacedLine,
    Rect,
    bounding_rect,
    page_frame,
    place,
)
from paddleocr_vl_service.engines.onnx.table_filling import (
    FilledCell,
    FilledTable,
    assign,
    fill,
    measure_fit,
)
from paddleocr_vl_service.engines.onnx.table_fragments import cut_line
from paddleocr_vl_service.engines.onnx.table_geometry import grid_from_geometry
from paddleocr_vl_service.engines.onnx.table_structure import TableStructureModel
from paddleocr_vl_service.engines.onnx.types import ReadLine
from paddleocr_vl_service.models.document import Element, ElementType

_ROUNDING = 2.0
_MOST_LOST = 0.1


def add_table_structure(
    elements: Sequence[Element],
    lines: Sequence[ReadLine],
    image: Image.Image,
    recogniser: TableStructureModel,
) -> tuple[Element, ...]:
    """The elements of a page, with HTML and rows of text for its tables.

    Args:
        elements: Of one page, as `compose_page` made them of the lines.
        lines: All of the page.
        image: The upright page, RGB.
        recogniser: Looks at each table; not used on a page that has none.
    """
    if not any(element.type is ElementType.TABLE for element in elements):
        return tuple(elements)
    frame = _frame(lines, image)
    straight = _straightened(image, frame)
    return tuple(
        _with_structure(element, lines, straight, frame, recogniser)
        if element.type is ElementType.TABLE
        else element
        for element in elements
    )


def read_table(
    lines: Sequence[PlacedLine],
    region: Rect,
    page: Image.Image,
    recogniser: TableStructureModel,
) -> FilledTable:
    """A table's rows and columns with all of its text.

    Args:
        lines: Those of the table, placed on the page.
        region: The table's place on the page.
        page: Straightened, RGB.
        recogniser: Finds the structure; where it does not fit the lines, their geometry does.
    """
    fragments = [fragment for line in lines for fragment in cut_line(line, page)]
    structure = recogniser.recognise(page, region)
    if structure is not None:
        homes = assign(structure, fragments)
        if measure_fit(structure, fragments, homes).plausible or not fragments:
            return fill(structure, fragments, homes)
    return grid_from_geometry(fragments)


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
    straight: Image.Image,
    frame: Frame,
    recogniser: TableStructureModel,
) -> Element:
    own = [place(line, frame) for line in table_lines(element, lines)]
    region = frame.box_rect(tuple(map(float, element.bbox)))  # type: ignore[arg-type]
    if frame.angle and own:
        region = bounding_rect(line.rect for line in own)
    table = read_table(own, region, straight, recogniser)
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


def _frame(lines: Sequence[ReadLine], image: Image.Image) -> Frame:
    """Straightened, but not turned: a page of vertical writing has level tables."""
    frame = page_frame(lines, image.width, image.height)
    return replace(frame, angle=0.0, vertical=False) if frame.vertical else frame


def _straightened(image: Image.Image, frame: Frame) -> Image.Image:
    if not frame.angle:
        return image
    x0, y0 = frame.image_point(0.0, 0.0)
    x1, y1 = frame.image_point(1.0, 0.0)
    x2, y2 = frame.image_point(0.0, 1.0)
    return image.transform(
        image.size,
        Image.Transform.AFFINE,
        (x1 - x0, x2 - x0, x0, y1 - y0, y2 - y0, y0),
        resample=Image.Resampling.BICUBIC,
        fillcolor=(255, 255, 255),
    )
