"""Real PDFs that break document tools; skipped where the corpus is not beside the checkout."""

from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from paddleocr_vl_service.intake.reader import Reader
from tests.intake.conftest import Render
from tests.intake.making import inspect_request, render_request
from tests.support.corpus import corpus_dir

CORPUS = corpus_dir()
pytestmark = pytest.mark.skipif(CORPUS is None, reason="no corpus beside the checkout")

PAGES = {
    "ambiguous": 1,
    "edgar": 1,
    "edgar-rotated90": 1,
    "form_on_later_pages": 10,
    "handwriting_bad_ocr": 2,
    "lots_of_sci_tables": 6,
    "newspaper": 1,
    "not_parsing": 8,
    "pdftotext_two_column_issue": 14,
    "skinnypage": 2,
    "small_page_size": 1,
}


def hard(name: str, tmp_path: Path) -> Path:
    """A document, linked to where its pages may be written beside it."""
    assert CORPUS is not None
    path = tmp_path / f"{name}.pdf"
    path.symlink_to(CORPUS / "hard-pdfs" / f"{name}.pdf")
    return path


@pytest.mark.parametrize("name", PAGES)
def test_goes_through(reader: Reader, tmp_path: Path, name: str) -> None:
    path = hard(name, tmp_path)
    facts = reader.inspect(inspect_request(path))
    assert facts.page_count == PAGES[name]
    assert facts.notices == ()
    for number in range(1, facts.page_count + 1):
        page = reader.render(render_request(path, number, text=True))
        assert max(page.width, page.height) >= 1600
        assert page.text_layer is not None
        for line in page.text_layer.lines:
            left, top, right, bottom = line.bbox
            assert 0 <= left < right <= page.width
            assert 0 <= top < bottom <= page.height
        with Image.open(page.file) as image:
            assert image.convert("L").getextrema()[0] < 128, "there is something on it"


def similarity(one: Image.Image, other: Image.Image) -> float:
    """1 for images that look equal from afar, where smooth edges do not count; 0 for a negative."""
    small = [image.convert("L").reduce(10) for image in (one, other)]
    return 1 - ImageStat.Stat(ImageChops.difference(*small)).mean[0] / 255


def test_the_rotated_page_is_turned_as_it_says(render: Render, tmp_path: Path) -> None:
    """The same page, which says that it is to be shown turned by a quarter clockwise."""
    straight, image = render(hard("edgar", tmp_path), text=True)
    rotated, turned = render(hard("edgar-rotated90", tmp_path), text=True)
    assert turned.size == (image.height, image.width)
    assert similarity(image, turned.transpose(Image.Transpose.ROTATE_90)) > 0.99
    assert similarity(image, turned.transpose(Image.Transpose.ROTATE_270)) < 0.95
    assert straight.text_layer is not None
    assert rotated.text_layer is not None
    expected = sorted((line.text, line.bbox) for line in straight.text_layer.lines)
    found = sorted(
        (line.text, (top, image.height - right, bottom, image.height - left))
        for line in rotated.text_layer.lines
        for left, top, right, bottom in [line.bbox]
    )
    assert [text for text, _ in found] == [text for text, _ in expected]
    for (_, box), (_, other) in zip(found, expected, strict=True):
        assert box == pytest.approx(other, abs=2)


def test_reads_the_two_columns(render: Render, tmp_path: Path) -> None:
    page, _ = render(hard("pdftotext_two_column_issue", tmp_path), 2, text=True)
    assert page.text_layer is not None
    texts = [line.text for line in page.text_layer.lines]
    assert "While short stature, hypogonadism and typical dys-" in texts
    assert all(line.bbox[2] - line.bbox[0] < 0.55 * page.width for line in page.text_layer.lines)


def test_the_skinny_page_can_be_read(render: Render, tmp_path: Path) -> None:
    page, _ = render(hard("skinnypage", tmp_path), 2, text=True)
    assert page.width >= 300
    assert page.height <= 20_000
    assert page.text_layer is not None
    assert "Gamma Ray" in [line.text for line in page.text_layer.lines]


def test_the_small_page_can_be_read(render: Render, tmp_path: Path) -> None:
    page, _ = render(hard("small_page_size", tmp_path))
    assert (page.width, page.height) == (960, 1600)
