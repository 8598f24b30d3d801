"""The truth for accuracy: the text layers of born-digital PDF pages."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
import pypdfium2.raw as pdfium

_LEAST_CHARACTERS = 50
_MOST_UNMAPPED = 0.01
_SCAN_AREA = 0.7


@dataclass(frozen=True)
class TruePage:
    """A page with its own text, or why that is none to compare with.

    Attributes:
        document: The PDF.
        number: From 1.
        text: Of its text layer.
        skipped: The reason; None where the page is good.
        image: Where it was rendered to; None where it was skipped.
    """

    document: Path
    number: int
    text: str = ""
    skipped: str | None = None
    image: Path | None = None


def true_pages(document: Path, folder: Path, dpi: int) -> Iterator[TruePage]:
    """The pages of a PDF; those that are good are rendered into ``folder``, one by one."""
    try:
        pdf = pypdfium2.PdfDocument(document)
    except pypdfium2.PdfiumError as error:
        yield TruePage(document, 0, skipped=f"cannot be opened ({error})")
        return
    with pdf:
        for index in range(len(pdf)):
            page = pdf[index]
            text = _text(page)
            reason = _why_not(page, text)
            image = None
            if reason is None:
                image = folder / f"page-{index + 1}.png"
                page.render(scale=dpi / 72).to_pil().convert("RGB").save(image, compress_level=1)
            page.close()
            yield TruePage(document, index + 1, text, reason, image)


def why_not_true(text: str) -> str | None:
    """Why a text layer says nothing of what the page shows; None where it seems sane."""
    characters = [character for character in text if not character.isspace()]
    if len(characters) < _LEAST_CHARACTERS:
        return "hardly any text in its text layer"
    unmapped = sum(map(_is_unmapped, characters))
    if unmapped > _MOST_UNMAPPED * len(characters):
        return f"its text layer has {unmapped} characters that mean nothing"
    return None


def _is_unmapped(character: str) -> bool:
    if character in "\x02\ufffe":  # PDFium's marks of a broken word
        return False
    return character == "\ufffd" or unicodedata.category(character) in ("Cc", "Cn", "Co", "Cs")


def _why_not(page: pypdfium2.PdfPage, text: str) -> str | None:
    if _image_share(page) > _SCAN_AREA:
        return "a picture fills it, so that its text may come from another OCR program"
    return why_not_true(text)


def _image_share(page: pypdfium2.PdfPage) -> float:
    """Part of the page's area that its largest picture takes."""
    area = page.get_width() * page.get_height()
    largest = 0.0
    for image in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        left, bottom, right, top = image.get_bounds()
        largest = max(largest, (right - left) * (top - bottom))
    return largest / area if area else 0.0


def _text(page: pypdfium2.PdfPage) -> str:
    text_page = page.get_textpage()
    try:
        text: str = text_page.get_text_bounded()
    finally:
        text_page.close()
    return text
