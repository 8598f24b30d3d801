import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paddleocr_vl_service.intake.filenames import MAX_BYTES, clean_filename, extension_of


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("invoice.pdf", "invoice.pdf"),
        ("Übersicht 2025 – Entwurf.PDF", "Übersicht 2025 – Entwurf.PDF"),
        ("発票.pdf", "発票.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\scan.tif", "scan.tif"),
        ("/tmp/a\\b/c.png", "c.png"),
        ("folder/", "folder"),
        ("C:scan.tif", "C_scan.tif"),
        ("a\"b'c`d.pdf", "a_b_c_d.pdf"),
        ("<script>.pdf", "_script_.pdf"),
        ("a\r\nX-Evil: 1.pdf", "aX-Evil_ 1.pdf"),
        ("a\x00b\x1b[31m.pdf", "ab[31m.pdf"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("\u2066a\u2069\ufeff\u200b.pdf", "a.pdf"),
        ("e\u0301.pdf", "é.pdf"),
        ("a\u2028b\u3000\u00a0c.pdf", "a b c.pdf"),
        ("  spaces  .pdf  ", "spaces.pdf"),
        (".pdf", "document.pdf"),
        (".bashrc", "document.bashrc"),
        ("..", "document"),
        ("...pdf", "document.pdf"),
        ("a.pdf...", "a.pdf"),
        ("a.pdf. .", "a.pdf"),
        ("", "document"),
        ("///", "document"),
        (None, "document"),
        ("caf\udce9.pdf", "caf.pdf"),
        ("\ud800", "document"),
        ("archive.tar.gz", "archive.tar.gz"),
        ("no.such extension here", "no.such extension here"),
    ],
)
def test_keeps_what_is_a_name(raw: str | None, clean: str) -> None:
    assert clean_filename(raw) == clean


def test_cuts_long_names_and_keeps_the_extension() -> None:
    clean = clean_filename("ü" * 300 + ".jpeg")
    assert clean.endswith("ü.jpeg")
    assert MAX_BYTES - 1 <= len(clean.encode()) <= MAX_BYTES
    assert len(clean_filename("x" * 5000)) == MAX_BYTES


@given(st.text(st.characters(), max_size=200) | st.text('./\\" .\u202epdf\ud800', max_size=40))
def test_anything_becomes_a_harmless_name(raw: str) -> None:
    clean = clean_filename(raw)
    assert clean
    assert clean not in (".", "..")
    assert not clean.startswith((".", " "))
    assert not clean.endswith((".", " "))
    assert not set(clean) & set("/\\\"'<>\r\n\x00")
    assert all(unicodedata.category(character)[0] != "C" for character in clean)
    assert len(clean.encode()) <= MAX_BYTES
    assert clean_filename(clean) == clean


@pytest.mark.parametrize(
    ("raw", "extension"),
    [
        ("a.PDF", ".pdf"),
        ("dir.pdf/name", ""),
        ("a.pdf\x00.exe", ".exe"),
        ("name", ""),
        (".png", ".png"),
        ("a.tiff ", ".tiff"),
    ],
)
def test_extension(raw: str, extension: str) -> None:
    assert extension_of(raw) == extension
