from pathlib import Path

import pypdfium2
import pytest
from PIL import Image

from benchmarks.documents import KINDS, write_documents
from benchmarks.pages import Page, described, given_images, given_pdfs, own_pages
from tests.support import documents


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("documents") / "generated.pdf"
    write_documents(path)
    return path


def test_every_kind_of_page_has_text(document: Path) -> None:
    with pypdfium2.PdfDocument(document) as pdf:
        texts = [pdf[index].get_textpage().get_text_bounded() for index in range(len(pdf))]
    assert len(texts) == len(KINDS)
    assert min(len(text) for text in texts) > 1000
    assert len(set(texts)) == len(texts)


def test_everybody_gets_the_same_documents(document: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.pdf"
    write_documents(again)
    assert again.read_bytes() == document.read_bytes()


def test_own_pages(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "old.png").touch()
    one, two = own_pages(tmp_path / "pages", dpi=72, most=2)
    assert (one.name, two.name) == ("generated 1", "generated 2")
    assert (one.width, one.height) == (596, 842)
    assert not (tmp_path / "pages" / "old.png").exists()
    with Image.open(two.path) as image:
        assert (image.format, image.mode, image.size) == ("PNG", "RGB", (596, 842))


def test_given_pdfs_of_the_same_name(tmp_path: Path) -> None:
    paths = [tmp_path / folder / "a.pdf" for folder in ("one", "two")]
    for number, path in enumerate(paths):
        path.parent.mkdir()
        path.write_bytes(documents.pdf(["Hello"] * (number + 1)))
    pages = given_pdfs(paths, tmp_path / "pages", dpi=72)
    assert [page.name for page in pages] == ["a 1", "a 1", "a 2"]
    assert len({page.path for page in pages}) == 3


def test_given_images_become_rgb(tmp_path: Path) -> None:
    images = tmp_path / "images"
    images.mkdir()
    Image.new("L", (30, 20)).save(images / "b.jpg")
    Image.new("P", (40, 20)).save(images / "a.png")
    (images / "notes.txt").write_text("no image")
    pages = given_images(images, tmp_path / "pages")
    assert [(page.name, page.width) for page in pages] == [("a.png", 40), ("b.jpg", 30)]
    for page in pages:
        with Image.open(page.path) as image:
            assert image.mode == "RGB"


def test_described(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(bytes(3000))
    pages = [Page("a", file, 10, 20), Page("b", file, 10, 20)]
    assert described(pages, "ours") == "2 page images, 10 x 20 pixels, 3 kB each (ours)"
    sizes = [Page("a", file, width, 20) for width in range(5)]
    assert "and 2 other sizes" in described(sizes, "ours")
