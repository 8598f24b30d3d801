"""Small documents with known content."""

import io
from collections.abc import Sequence

from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from tests.support import echo_engine

WHITE = (255, 255, 255)


def image(
    size: tuple[int, int] = (64, 48),
    colour: tuple[int, int, int] = WHITE,
    *,
    kind: str = "PNG",
    order: tuple[int, int, int] | None = None,
) -> bytes:
    """A picture of one colour; `order` tells the echo engine what to do with it."""
    picture = Image.new("RGB", size, colour)
    if order is not None:
        picture.putpixel((0, 0), order)
    return encode(picture, kind)


def tiff(orders: Sequence[tuple[int, int, int]], size: tuple[int, int] = (64, 48)) -> bytes:
    """A TIFF with one page an order."""
    pages = [Image.new("RGB", size, WHITE) for _ in orders]
    for page, order in zip(pages, orders, strict=True):
        page.putpixel((0, 0), order)
    buffer = io.BytesIO()
    pages[0].save(buffer, "TIFF", save_all=True, append_images=pages[1:])
    return buffer.getvalue()


def encode(picture: Image.Image, kind: str) -> bytes:
    """A picture as a file."""
    buffer = io.BytesIO()
    picture.save(buffer, kind)
    return buffer.getvalue()


def pdf(pages: Sequence[str] = ("Hello",), size: tuple[float, float] = (300, 200)) -> bytes:
    """A PDF with one line a page."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, size)
    for text in pages:
        canvas.setFont("Helvetica", 14)
        canvas.drawString(30, size[1] - 50, text)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


CRASH, HANG, RAISE, SLOW = (
    echo_engine.CRASH,
    echo_engine.HANG,
    echo_engine.RAISE,
    echo_engine.SLOW,
)
