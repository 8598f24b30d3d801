"""What a file is, by its first bytes; nothing is decoded here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from paddleocr_vl_service.intake.filenames import extension_of
from paddleocr_vl_service.intake.types import DocumentKind
from paddleocr_vl_service.models.document import Notice
from paddleocr_vl_service.models.errors import (
    DocumentEmpty,
    DocumentTypeMismatch,
    DocumentTypeUnsupported,
)

EXTENSIONS: dict[str, DocumentKind] = {
    ".jpg": DocumentKind.JPEG,
    ".jpeg": DocumentKind.JPEG,
    ".png": DocumentKind.PNG,
    ".bmp": DocumentKind.BMP,
    ".tiff": DocumentKind.TIFF,
    ".tif": DocumentKind.TIFF,
    ".pdf": DocumentKind.PDF,
}
"""What may be sent, and what each extension promises."""

_HEAD_BYTES = 4096
_PDF_HEADER_WITHIN = 1024
_ADVICE = "send a PDF, JPEG, PNG, BMP or TIFF file"
_BMP_HEADER_SIZES = (12, 40, 52, 56, 64, 108, 124)

_IMAGES: tuple[tuple[bytes, DocumentKind], ...] = (
    (b"\xff\xd8\xff", DocumentKind.JPEG),
    (b"\x89PNG\r\n\x1a\n", DocumentKind.PNG),
    (b"II*\x00", DocumentKind.TIFF),
    (b"MM\x00*", DocumentKind.TIFF),
    (b"II+\x00", DocumentKind.TIFF),
)

_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"GIF8", "a GIF image"),
    (b"MM\x00+", "a big-endian BigTIFF image"),  # which Pillow cannot read
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document"),
    (b"{\\rtf", "an RTF document"),
    (b"%!PS", "a PostScript file"),
    (b"\xc5\xd0\xd3\xc6", "a PostScript file"),
    (b"8BPS", "a Photoshop image"),
    (b"AT&TFORM", "a DjVu document"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 image"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL image"),
    (b"\xff\x0a", "a JPEG XL image"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
)

_ISO_MEDIA = {b"avif": "an AVIF image", b"avis": "an AVIF image"}
_ISO_HEIF = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")

_ZIPPED = (
    (b"word/", "a Word document"),
    (b"xl/", "an Excel workbook"),
    (b"ppt/", "a PowerPoint presentation"),
    (b"mimetypeapplication/vnd.oasis", "an OpenDocument file"),
    (b"mimetypeapplication/epub", "an EPUB book"),
)


@dataclass(frozen=True)
class Sniffed:
    """What a file is by its content, and what there is to say about its name."""

    kind: DocumentKind
    notices: tuple[Notice, ...] = ()


def sniff(path: Path, filename: str) -> Sniffed:
    """Decide what a file is by its content, and hold its name against it.

    Args:
        path: The file; a few kilobytes of it are read.
        filename: The name the client gave; only its extension counts.

    Raises:
        DocumentTypeUnsupported: The extension or the content is of no supported kind.
        DocumentEmpty: The file has no bytes.
        DocumentTypeMismatch: A PDF named as an image, or an image named as a PDF.
    """
    extension = extension_of(filename)
    promised = EXTENSIONS.get(extension)
    if promised is None:
        raise DocumentTypeUnsupported(_unsupported_extension(extension))
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head:
        raise DocumentEmpty("The file is empty.")
    kind = kind_of(head)
    if kind is None:
        raise DocumentTypeUnsupported(f"The file is {_other_kind(head)}; {_ADVICE}.")
    if kind is promised:
        return Sniffed(kind)
    if DocumentKind.PDF in (kind, promised):
        named = "a PDF" if promised is DocumentKind.PDF else "an image"
        raise DocumentTypeMismatch(f"The file is named as {named} but is {kind.described}.")
    message = f"The file is named {extension} but is {kind.described}; it was read as what it is."
    return Sniffed(kind, (Notice("image-kind-differs", message),))


def kind_of(head: bytes) -> DocumentKind | None:
    """The supported kind that a file beginning with ``head`` is of, if any."""
    for magic, kind in _IMAGES:
        if head.startswith(magic):
            return kind
    if head.startswith(b"BM") and _looks_like_bmp(head):
        return DocumentKind.BMP
    if _known_other(head) is None and b"%PDF-" in head[: _PDF_HEADER_WITHIN + 4]:
        return DocumentKind.PDF
    return None


def _looks_like_bmp(head: bytes) -> bool:
    size = head[14:18]
    return len(size) < 4 or int.from_bytes(size, "little") in _BMP_HEADER_SIZES


def _known_other(head: bytes) -> str | None:
    for magic, title in _OTHERS:
        if head.startswith(magic):
            return title
    if head.startswith(b"PK\x03\x04"):
        return next((title for part, title in _ZIPPED if part in head), "a ZIP archive")
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "a WebP image"
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return "a HEIC image" if brand in _ISO_HEIF else _ISO_MEDIA.get(brand, "a video")
    return None


def _other_kind(head: bytes) -> str:
    known = _known_other(head)
    if known is not None:
        return known
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:256].lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "an HTML page"
    if start.startswith(b"<svg") or (start.startswith(b"<?xml") and b"<svg" in head):
        return "an SVG image"
    if start.startswith(b"<?xml"):
        return "an XML file"
    if _is_text(head):
        return "plain text"
    return "of no known type"


def _is_text(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    # The head may end within a character of up to four bytes.
    text = head.decode("utf-8", "ignore")
    return len(head) - len(text.encode()) < 4 and all(c.isprintable() or c.isspace() for c in text)


def _unsupported_extension(extension: str) -> str:
    if not extension:
        return f"The file's name has no extension; {_ADVICE}."
    return f"Files named {extension} are not supported; {_ADVICE}."
