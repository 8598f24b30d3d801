import io
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from paddleocr_vl_service.intake.sniffing import EXTENSIONS, kind_of, sniff
from paddleocr_vl_service.intake.types import DocumentKind
from paddleocr_vl_service.models.errors import (
    DocumentEmpty,
    DocumentTypeMismatch,
    DocumentTypeUnsupported,
)
from tests.intake.conftest import Save
from tests.intake.making import encoded, grey_tags, pdf, tiff, writing

PICTURE = Image.new("RGB", (9, 7))
FILES = {
    DocumentKind.PDF: pdf(writing("x")),
    DocumentKind.JPEG: encoded(PICTURE, "JPEG"),
    DocumentKind.PNG: encoded(PICTURE, "PNG"),
    DocumentKind.BMP: encoded(PICTURE, "BMP"),
    DocumentKind.TIFF: encoded(PICTURE, "TIFF"),
}


def zipped(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return buffer.getvalue()


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_content_that_is_what_its_name_says(save: Save, extension: str) -> None:
    kind = EXTENSIONS[extension]
    path = save("upload", FILES[kind])
    for name in (f"a{extension}", f"A{extension.upper()}"):
        assert sniff(path, name).kind is kind
        assert sniff(path, name).notices == ()


@pytest.mark.parametrize(("order", "big"), [("<", False), (">", False), ("<", True)])
def test_all_forms_of_tiff(order: str, big: bool) -> None:
    data = tiff([(grey_tags(4, 4), bytes(16))], order=order, big=big)
    assert kind_of(data) is DocumentKind.TIFF


def test_pdf_with_something_before_its_header() -> None:
    assert kind_of(b"\xef\xbb\xbf" + FILES[DocumentKind.PDF]) is DocumentKind.PDF
    assert kind_of(b"x" * 1019 + b"%PDF-1.4") is DocumentKind.PDF
    assert kind_of(b"x" * 1030 + b"%PDF-1.4") is None


def test_what_only_holds_a_pdf_is_none() -> None:
    assert kind_of(b"PK\x03\x04" + FILES[DocumentKind.PDF]) is None
    assert kind_of(FILES[DocumentKind.JPEG][:20] + b"%PDF-1.4") is DocumentKind.JPEG


@pytest.mark.parametrize("name", ["a.docx", "a.gif", "a.pdf.exe", "a.p df", "a", "", "pdf"])
def test_other_extensions(save: Save, name: str) -> None:
    with pytest.raises(DocumentTypeUnsupported, match="send a PDF, JPEG, PNG, BMP or TIFF file"):
        sniff(save("upload", FILES[DocumentKind.PDF]), name)


def test_the_extension_is_quoted_cleaned(save: Save) -> None:
    path = save("upload", b"x")
    with pytest.raises(DocumentTypeUnsupported, match=r"^Files named \.docx are not supported;"):
        sniff(path, "../x.DOCX")
    with pytest.raises(DocumentTypeUnsupported, match="no extension"):
        sniff(path, "x.<b>")


@pytest.mark.parametrize("name", ["a.pdf", "a.png"])
def test_empty(save: Save, name: str) -> None:
    with pytest.raises(DocumentEmpty, match=r"^The file is empty\.$"):
        sniff(save("upload", b""), name)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (zipped("a.txt"), "a ZIP archive"),
        (zipped("[Content_Types].xml", "word/document.xml"), "a Word document"),
        (zipped("xl/workbook.xml"), "an Excel workbook"),
        (zipped("ppt/slides.xml"), "a PowerPoint presentation"),
        (b"GIF89a" + bytes(20), "a GIF image"),
        (tiff([], order=">", big=True), "a big-endian BigTIFF image"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "a WebP image"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(9), "a HEIC image"),
        (b"\x00\x00\x00\x18ftypavif" + bytes(9), "an AVIF image"),
        (b"\x00\x00\x00\x18ftypmp42" + bytes(9), "a video"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(9), "an old Office document"),
        (b"{\\rtf1", "an RTF document"),
        (b"\n <!DOCTYPE HTML><p>", "an HTML page"),
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG image"),
        (b"<?xml version='1.0'?><a/>", "an XML file"),
        ("Ein Brief über Öl\n".encode(), "plain text"),
        (b"BMW is a maker of cars, and this is a letter.", "plain text"),
        (("ö" * 5000).encode()[:4096], "plain text"),
        (b"\xff\xfeH\x00i\x00", "plain text"),
        (b"\x00" * 100, "of no known type"),
        (b"\x93\x01\x02\xff" * 30, "of no known type"),
        (b"BM" + b"\xff" * 50, "of no known type"),
    ],
)
def test_says_what_unsupported_content_is(save: Save, content: bytes, what: str) -> None:
    with pytest.raises(DocumentTypeUnsupported) as caught:
        sniff(save("upload", content), "a.pdf")
    assert caught.value.detail == (f"The file is {what}; send a PDF, JPEG, PNG, BMP or TIFF file.")


@pytest.mark.parametrize(
    ("kind", "name", "sentence"),
    [
        (DocumentKind.PDF, "a.png", "The file is named as an image but is a PDF."),
        (DocumentKind.TIFF, "a.pdf", "The file is named as a PDF but is a TIFF image."),
    ],
)
def test_pdf_against_image(save: Save, kind: DocumentKind, name: str, sentence: str) -> None:
    with pytest.raises(DocumentTypeMismatch) as caught:
        sniff(save("upload", FILES[kind]), name)
    assert caught.value.detail == sentence


def test_an_image_of_another_kind_is_read_with_a_notice(save: Save) -> None:
    sniffed = sniff(save("upload", FILES[DocumentKind.JPEG]), "scan.PNG")
    assert sniffed.kind is DocumentKind.JPEG
    (notice,) = sniffed.notices
    assert notice.code == "image-kind-differs"
    assert notice.page is None
    assert notice.message == (
        "The file is named .png but is a JPEG image; it was read as what it is."
    )


def test_reads_only_the_head(tmp_path: Path) -> None:
    path = tmp_path / "huge"
    with path.open("wb") as file:
        file.write(FILES[DocumentKind.PNG])
        file.truncate(10 << 40)  # ten terabytes of nothing
    assert sniff(path, "a.png").kind is DocumentKind.PNG
