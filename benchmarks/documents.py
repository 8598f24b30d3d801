"""The benchmark's own documents: born-digital PDF pages, dense and of different kinds.

They are made from a fixed seed with fonts that every PDF reader brings, so that anybody measures
the same pages.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Frame, ListFlowable, Paragraph, Spacer, Table

from benchmarks.prose import Prose

MARGIN = 54.0
GUTTER = 18.0
_SEED = 20250115

Draw = Callable[[Canvas, Prose], None]


def write_documents(path: Path, most_pages: int | None = None) -> None:
    """Write a PDF with one page of each kind.

    Args:
        path: The file.
        most_pages: Only the first few kinds; None is all of them.
    """
    canvas = Canvas(str(path), A4, invariant=1)
    canvas.setTitle("Pages for the benchmark")
    for number, draw in enumerate(KINDS[:most_pages]):
        draw(canvas, Prose(random.Random(_SEED + number)))  # noqa: S311 - for looks, not secrets
        canvas.showPage()
    canvas.save()


def _one_column(canvas: Canvas, prose: Prose) -> None:
    flow: list[Flowable] = [_heading(prose, 16)]
    for section in range(6):
        flow += [_heading(prose, 12)] if section else []
        flow += [_paragraph(prose, 7, "Times-Roman", 11) for _ in range(2)]
    _fill(canvas, flow)


def _two_columns(canvas: Canvas, prose: Prose) -> None:
    flow: list[Flowable] = []
    for section in range(14):
        flow += [_heading(prose, 11)] if section % 2 == 0 else []
        flow.append(_paragraph(prose, 6, "Times-Roman", 9.5))
    top = A4[1] - MARGIN - 60
    title = Frame(MARGIN, top, A4[0] - 2 * MARGIN, 60, 0, 0, 0, 0)
    title.addFromList([_heading(prose, 18), _paragraph(prose, 1, "Times-Italic", 10)], canvas)
    _fill(canvas, flow, columns=2, top=top - 12)


def _small_print(canvas: Canvas, prose: Prose) -> None:
    flow: list[Flowable] = [_heading(prose, 12)]
    flow += [_paragraph(prose, 8, "Helvetica", 8) for _ in range(9)]
    _fill(canvas, flow)


def _ruled_table(canvas: Canvas, prose: Prose) -> None:
    head = ("Item", "Region", "Units", "Price", "Change", "Total")
    rows = [head, *(_sales_row(prose, row) for row in range(36))]
    table = Table(rows, rowHeights=16, colWidths=[150, 75, 55, 60, 60, 75])
    table.setStyle(
        [
            ("FONT", (0, 0), (-1, -1), "Helvetica", 9),
            ("FONT", (0, 0), (-1, 0), "Helvetica-Bold", 9),
            ("GRID", (0, 0), (-1, -1), 0.5, colors.grey),
            ("BACKGROUND", (0, 0), (-1, 0), colors.lightgrey),
            ("ALIGN", (2, 0), (-1, -1), "RIGHT"),
        ]
    )
    flow = [_heading(prose, 14), _paragraph(prose, 3, "Helvetica", 10), table]
    _fill(canvas, flow)


def _unruled_tables(canvas: Canvas, prose: Prose) -> None:
    flow: list[Flowable] = [_heading(prose, 14)]
    for _ in range(3):
        rows = [prose.words(4), *([prose.name(), *prose.numbers(3)] for _ in range(8))]
        table = Table(rows, rowHeights=14, colWidths=[150, 90, 90, 90])
        table.setStyle(
            [
                ("FONT", (0, 0), (-1, -1), "Times-Roman", 10),
                ("LINEABOVE", (0, 0), (-1, 0), 1, colors.black),
                ("LINEBELOW", (0, 0), (-1, 0), 0.5, colors.black),
                ("LINEBELOW", (0, -1), (-1, -1), 1, colors.black),
            ]
        )
        flow += [_paragraph(prose, 4, "Times-Roman", 10), table, Spacer(1, 10)]
    _fill(canvas, flow)


def _lists(canvas: Canvas, prose: Prose) -> None:
    flow: list[Flowable] = [_heading(prose, 15)]
    for kind in ("bullet", "1", "bullet", "1"):
        items = [_paragraph(prose, 2, "Helvetica", 10) for _ in range(5)]
        flow += [
            _paragraph(prose, 2, "Helvetica", 10),
            ListFlowable(items, bulletType=kind, bulletFontSize=9),
            Spacer(1, 6),
        ]
    _fill(canvas, flow)


def _manual(canvas: Canvas, prose: Prose) -> None:
    flow: list[Flowable] = [_heading(prose, 20)]
    for section in range(9):
        flow += [_heading(prose, 13 if section % 3 == 0 else 11)]
        flow += [_paragraph(prose, 3, "Helvetica", 10)]
        style = ParagraphStyle("code", fontName="Courier", fontSize=9, leading=11, leftIndent=18)
        flow += [Paragraph(f"$ {' --'.join(prose.words(4)).lower()}", style) for _ in range(2)]
        flow += [Spacer(1, 6)]
    _fill(canvas, flow)


def _report(canvas: Canvas, prose: Prose) -> None:
    canvas.setFont("Helvetica", 8)
    canvas.drawString(MARGIN, A4[1] - 36, prose.title())
    canvas.drawRightString(A4[0] - MARGIN, A4[1] - 36, "Page 9")
    canvas.drawCentredString(A4[0] / 2, 30, f"© {prose.name()}")
    canvas.setFillColor(colors.lightsteelblue)
    for bar, height in enumerate((40, 95, 70, 120, 60, 105, 84)):
        canvas.rect(MARGIN + 30 + bar * 60, 400, 40, height, fill=1, stroke=0)
    canvas.setFillColor(colors.black)
    canvas.setFont("Helvetica-Oblique", 9)
    canvas.drawCentredString(A4[0] / 2, 384, f"Figure 1: {prose.sentence()}")
    above = Frame(MARGIN, 540, A4[0] - 2 * MARGIN, 230, 0, 0, 0, 0)
    above.addFromList(
        [_heading(prose, 15), *(_paragraph(prose, 5, "Helvetica", 10) for _ in range(3))], canvas
    )
    below: list[Flowable] = [_paragraph(prose, 6, "Helvetica", 10) for _ in range(5)]
    _fill(canvas, below, top=370)


def _letters_with_marks(canvas: Canvas, prose: Prose) -> None:
    flow: list[Flowable] = [_heading(prose, 14)]
    flow += [_paragraph(prose, 8, "Times-Roman", 10.5, marked=True) for _ in range(7)]
    _fill(canvas, flow)


KINDS: tuple[Draw, ...] = (
    _one_column,
    _two_columns,
    _ruled_table,
    _lists,
    _small_print,
    _manual,
    _unruled_tables,
    _letters_with_marks,
    _report,
)


def _sales_row(prose: Prose, row: int) -> tuple[str, ...]:
    return (f"{row + 1}. {prose.name()}", prose.words(1)[0], *prose.numbers(4))


def _heading(prose: Prose, size: float) -> Paragraph:
    style = ParagraphStyle(
        "heading",
        fontName="Helvetica-Bold",
        fontSize=size,
        leading=size * 1.25,
        spaceBefore=size / 2,
        spaceAfter=4,
    )
    return Paragraph(prose.title(), style)


def _paragraph(
    prose: Prose, sentences: int, font: str, size: float, *, marked: bool = False
) -> Paragraph:
    style = ParagraphStyle(
        "body", fontName=font, fontSize=size, leading=size * 1.2, spaceAfter=size / 2, alignment=4
    )
    return Paragraph(prose.paragraph(sentences, marked=marked), style)


def _fill(canvas: Canvas, flow: list[Flowable], columns: int = 1, top: float = 0.0) -> None:
    """Set what fits into the page's columns, from the left one to the right one."""
    height = (top or A4[1] - MARGIN) - MARGIN
    width = (A4[0] - 2 * MARGIN - (columns - 1) * GUTTER) / columns
    rest = list(flow)
    for column in range(columns):
        frame = Frame(MARGIN + column * (width + GUTTER), MARGIN, width, height, 0, 0, 0, 0)
        frame.addFromList(rest, canvas)
        if rest and column + 1 == columns:
            return
