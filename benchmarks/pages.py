"""The page images that everything is measured on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
from PIL import Image

from benchmarks.documents import write_documents

_SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff"}


@dataclass(frozen=True)
class Page:
    """A page image.

    Attributes:
        name: For people: its document and number.
        path: The image file.
        width: Pixels.
        height: Pixels.
    """

    name: str
    path: Path
    width: int
    height: int


def own_pages(folder: Path, dpi: int, most: int | None = None) -> list[Page]:
    """The pages that the benchmark makes itself.

    Args:
        folder: Emptied; the document and the images go there.
        dpi: Resolution of the images.
        most: Only the first few; None is all.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    document = folder / "generated.pdf"
    write_documents(document, most)
    return list(render_pdf(document, folder, dpi))


def given_pdfs(documents: Sequence[Path], folder: Path, dpi: int) -> list[Page]:
    """All pages of PDF files; ``folder`` is emptied and gets the images."""
    shutil.rmtree(folder, ignore_errors=True)
    pages: list[Page] = []
    for number, document in enumerate(documents):
        target = folder / str(number)
        target.mkdir(parents=True)
        pages += render_pdf(document, target, dpi)
    return pages


def given_images(images: Path, folder: Path) -> list[Page]:
    """The image files of a folder, by name, as RGB in PNG files; ``folder`` is emptied."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    paths = sorted(path for path in images.iterdir() if path.suffix.lower() in _SUFFIXES)
    return [_as_png(path, folder / f"{number}.png") for number, path in enumerate(paths)]


def render_pdf(document: Path, folder: Path, dpi: int) -> Iterator[Page]:
    """Render the pages of a PDF into PNG files one by one."""
    pdf = pypdfium2.PdfDocument(document)
    try:
        for index, page in enumerate(pdf):
            image = page.render(scale=dpi / 72).to_pil().convert("RGB")
            path = folder / f"{document.stem}-{index + 1}.png"
            image.save(path)
            page.close()
            yield Page(f"{document.stem} {index + 1}", path, image.width, image.height)
    finally:
        pdf.close()


def described(pages: Sequence[Page], source: str) -> str:
    """Number, origin and sizes of the pages, in one line."""
    sizes = sorted({(page.width, page.height) for page in pages})
    shown = ", ".join(f"{width} x {height}" for width, height in sizes[:3])
    more = f" and {len(sizes) - 3} other sizes" if len(sizes) > 3 else ""
    kilobytes = sum(page.path.stat().st_size for page in pages) / len(pages) / 1000
    return f"{len(pages)} page images, {shown}{more} pixels, {kilobytes:.0f} kB each ({source})"


def _as_png(source: Path, target: Path) -> Page:
    with Image.open(source) as image:
        converted = image.convert("RGB")
    converted.save(target)
    return Page(source.name, target, *converted.size)
