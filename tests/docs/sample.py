"""The document whose reading the README shows: ``python -m tests.docs.sample FILE`` writes it."""

import io
import sys
from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

LEFT, RIGHT, TOP = 72, 523, 770

PARAGRAPH = (
    "Thank you for your order of 12 November. The goods left our warehouse on the",
    "16th and should have reached you by now. Please pay within 30 days, naming the",
    "number 2026-0117.",
)
ROWS = (
    ("Item", "Quantity", "Price", "Amount"),
    ("Oak shelf, 80 cm", "4", "42.50", "170.00"),
    ("Brass bracket", "8", "6.25", "50.00"),
    ("Delivery", "1", "18.00", "18.00"),
    ("Total in EUR", "", "", "238.00"),
)


def invoice() -> bytes:
    """An invoice of one page."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, A4, invariant=1)
    canvas.setTitle("Invoice")
    canvas.setFont("Helvetica-Bold", 22)
    canvas.drawString(LEFT, TOP, "Invoice for the City Library")
    canvas.setFont("Helvetica", 11)
    for number, line in enumerate(PARAGRAPH):
        canvas.drawString(LEFT, TOP - 40 - 15 * number, line)
    _table(canvas, TOP - 120)
    canvas.setFont("Helvetica", 11)
    canvas.drawString(LEFT, TOP - 260, "Miller & Sons, 14 Harbour Street, Bristol")
    canvas.setFont("Helvetica", 9)
    canvas.drawCentredString(A4[0] / 2, 40, "Page 1 of 1")
    canvas.save()
    return buffer.getvalue()


def _table(canvas: Canvas, top: float) -> None:
    columns = (LEFT, 280, 370, 450)
    for number, row in enumerate(ROWS):
        baseline = top - 20 * number
        canvas.setFont("Helvetica-Bold" if number in (0, 4) else "Helvetica", 11)
        canvas.drawString(LEFT + 4, baseline, row[0])
        for x, text in zip((*columns[2:], RIGHT), row[1:], strict=True):
            canvas.drawRightString(x - 4, baseline, text)
        canvas.line(LEFT, baseline - 6, RIGHT, baseline - 6)
    for x in (*columns, RIGHT):
        canvas.line(x, top + 14, x, top - 86)
    canvas.line(LEFT, top + 14, RIGHT, top + 14)


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(invoice())
