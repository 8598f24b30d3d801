from pathlib import Path

import pytest
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from benchmarks.text_layers import true_pages, why_not_true
from tests.support import documents

SENTENCE = "The quick brown fox jumps over the lazy dog and does not look back at all."


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (SENTENCE, None),
        ("too short", "hardly any text"),
        (SENTENCE + "\ufffd" * 2, "2 characters that mean nothing"),
        (SENTENCE + "\ue000\ue001", "2 characters that mean nothing"),
        (SENTENCE + "\ufffe" * 5, None),
    ],
)
def test_what_is_no_truth(text: str, reason: str | None) -> None:
    found = why_not_true(text)
    assert found is None if reason is None else reason in str(found)


def test_pages_and_why_some_are_skipped(tmp_path: Path) -> None:
    document = tmp_path / "document.pdf"
    document.write_bytes(documents.pdf([SENTENCE, ""], size=(700, 200)))
    good, empty = true_pages(document, tmp_path, dpi=72)
    assert (good.number, good.skipped) == (1, None)
    assert "quick brown fox" in good.text
    assert good.image is not None
    with Image.open(good.image) as image:
        assert image.size == (700, 200)
    assert (empty.number, empty.image) == (2, None)
    assert "hardly any text" in str(empty.skipped)


def test_a_scan_with_text_is_skipped(tmp_path: Path) -> None:
    document = tmp_path / "scan.pdf"
    canvas = Canvas(str(document), (300, 200))
    canvas.drawImage(ImageReader(Image.new("RGB", (30, 20), "white")), 0, 0, 300, 200)
    canvas.drawString(10, 100, SENTENCE)
    canvas.save()
    (page,) = true_pages(document, tmp_path, dpi=72)
    assert "a picture fills it" in str(page.skipped)


def test_a_document_that_cannot_be_opened(tmp_path: Path) -> None:
    document = tmp_path / "broken.pdf"
    document.write_bytes(b"%PDF-1.7 nothing")
    (page,) = true_pages(document, tmp_path, dpi=72)
    assert page.number == 0
    assert "cannot be opened" in str(page.skipped)
