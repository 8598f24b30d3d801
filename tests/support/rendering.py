"""Pages with known text, drawn with fonts that the machine has."""

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from tests.support.fonts import font_file

PAGE_SIZE = (1000, 1400)
MARGIN = 90

PANGRAMS = (
    "The quick brown fox jumps over the lazy dog",
    "Pack my box with five dozen liquor jugs",
    "How vexingly quick daft zebras jump",
    "Sphinx of black quartz, judge my vow",
    "Zwölf Boxkämpfer jagen Viktor quer",
    "Portez ce vieux whisky au juge blond",
)


def text_page(
    lines: Sequence[str],
    *,
    style: str = "sans",
    font_size: int = 28,
    size: tuple[int, int] = PAGE_SIZE,
) -> Image.Image:
    """A white page with lines of text from its top left margin down."""
    page = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(page)
    font = ImageFont.truetype(font_file(style), font_size)
    for number, line in enumerate(lines):
        draw.text((MARGIN, MARGIN + number * 2 * font_size), line, "black", font)
    return page


def text_line(text: str, *, style: str = "sans", font_size: int = 40) -> Image.Image:
    """One line of text with a little white around it."""
    font = ImageFont.truetype(font_file(style), font_size)
    left, top, right, bottom = (round(edge) for edge in font.getbbox(text))
    line = Image.new("RGB", (right - left + 16, bottom - top + 16), "white")
    ImageDraw.Draw(line).text((8 - left, 8 - top), text, "black", font)
    return line
