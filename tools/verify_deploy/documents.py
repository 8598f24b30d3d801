"""Documents that are read, drawn without any font of the machine."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

LINES = (
    "Harbour Street Carpenters",
    "The goods left our warehouse on the 16th of November.",
    "Please pay the total of 238 euros within 30 days.",
    "Number of this invoice: 2026-0117.",
)


def page(number: int = 1) -> Image.Image:
    """A printed page of four lines and its number, 1240 by 1754 pixels."""
    image = Image.new("RGB", (1240, 1754), "white")
    draw = ImageDraw.Draw(image)
    for row, line in enumerate((*LINES, f"This is sheet {number}.")):
        draw.text((120, 160 + 90 * row), line, "black", ImageFont.load_default(34))
    return image


def sample(folder: Path) -> Path:
    """An image of one page."""
    file = folder / "sample.png"
    page().save(file)
    return file


def scan(folder: Path, pages: int) -> Path:
    """A PDF of so many images of pages."""
    file = folder / f"scan-{pages}.pdf"
    first, *rest = [page(number) for number in range(1, pages + 1)]
    first.save(file, save_all=True, append_images=rest, resolution=150)
    return file
