import contextlib
from pathlib import Path

import pypdfium2.internal as pdfium_internal
import pytest
from PIL import Image

from paddleocr_vl_service.intake import reader as reader_module
from paddleocr_vl_service.intake.pdf_documents import PdfDocument
from paddleocr_vl_service.intake.reader import CACHED_DOCUMENTS, Reader
from paddleocr_vl_service.intake.types import DocumentFacts, DocumentKind
from paddleocr_vl_service.models.errors import DocumentEncrypted, DocumentUnreadable
from tests.intake.conftest import Save
from tests.intake.making import (
    MAX_PIXELS,
    encoded,
    inspect_request,
    pdf,
    render_request,
    writing,
)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Every PDF that is opened."""
    paths = list[Path]()

    def counted(path: Path, password: str | None, max_pixels: int) -> PdfDocument:
        paths.append(path)
        return PdfDocument(path, password, max_pixels)

    monkeypatch.setattr(reader_module, "PdfDocument", counted)
    return paths


def open_files() -> list[str]:
    """What this process holds open, as the kernel calls it."""
    names = []
    for link in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # the listing itself
            names.append(str(link.readlink()))
    return names


def test_facts(reader: Reader, save: Save) -> None:
    path = save("a.pdf", pdf(writing("a"), writing("b")))
    assert reader.inspect(inspect_request(path)) == DocumentFacts(DocumentKind.PDF, 2)


def test_a_document_is_opened_once(reader: Reader, save: Save, opened: list[Path]) -> None:
    path = save("a.pdf", pdf(*[writing("x")] * 5))
    reader.inspect(inspect_request(path))
    for page in range(1, 6):
        reader.render(render_request(path, page))
    assert opened == [path]
    assert open_files().count(str(path)) == 1


def test_a_long_document_is_opened_anew_now_and_then(
    reader: Reader, save: Save, opened: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_module, "PAGES_AN_OPENING", 3)
    path = save("a.pdf", pdf(*[writing("x")] * 7))
    for page in range(1, 8):
        reader.render(render_request(path, page))
    assert len(opened) == 3
    assert open_files().count(str(path)) == 1


def test_only_the_last_few_stay_open(reader: Reader, save: Save, opened: list[Path]) -> None:
    paths = [save(f"{n}.pdf", pdf(writing("x"))) for n in range(CACHED_DOCUMENTS + 2)]
    for path in paths:
        reader.inspect(inspect_request(path))
        reader.inspect(inspect_request(paths[0]))  # used all the time, so never the oldest
    kept = [paths[0], *paths[3:]]
    assert len(kept) == CACHED_DOCUMENTS
    assert [path for path in paths if str(path) in open_files()] == kept
    reader.inspect(inspect_request(paths[1]))
    assert opened == [*paths, paths[1]]
    reader.close()
    assert not any(str(path) in open_files() for path in paths)


def test_another_password_is_another_document(reader: Reader, save: Save) -> None:
    """Whoever lacks the password does not profit from somebody who had it."""
    path = save("a.pdf", pdf(writing("x"), password="open"))
    assert reader.inspect(inspect_request(path, "open")).page_count == 1
    for password in (None, "wrong"):
        with pytest.raises(DocumentEncrypted):
            reader.inspect(inspect_request(path, password))


def test_another_file_of_the_same_name_is_another_document(reader: Reader, save: Save) -> None:
    path = save("a.pdf", pdf(writing("x")))
    assert reader.inspect(inspect_request(path)).page_count == 1
    path.unlink()
    save("a.pdf", pdf(writing("x"), writing("y")))
    assert reader.inspect(inspect_request(path)).page_count == 2


def test_a_deleted_file_is_let_go_at_the_next_call(reader: Reader, save: Save) -> None:
    gone, stays = save("gone.pdf", pdf(writing("x"))), save("b.pdf", pdf(writing("x")))
    reader.inspect(inspect_request(gone))
    gone.unlink()
    reader.inspect(inspect_request(stays))
    assert not any(name.startswith(str(gone)) for name in open_files())


def test_a_document_that_is_gone(reader: Reader, tmp_path: Path) -> None:
    with pytest.raises(DocumentUnreadable, match=r"^The document is no longer there\.$"):
        reader.inspect(inspect_request(tmp_path / "gone.pdf"))


def test_images_keep_nothing_open(reader: Reader, save: Save) -> None:
    path = save("a.tif", encoded(Image.new("L", (50, 50)), "TIFF"))
    reader.render(render_request(path))
    assert str(path) not in open_files()


def test_pillows_own_limit_is_off(save: Save) -> None:
    Reader(MAX_PIXELS)
    assert Image.MAX_IMAGE_PIXELS is None


def test_the_password_is_in_no_repr() -> None:
    request = render_request(Path("/tmp/folder/a.pdf"), password="hunter2")
    for shown in (repr(request), str(request), f"{request.document}"):
        assert "hunter2" not in shown


def test_pages_are_closed(reader: Reader, save: Save) -> None:
    path = save("a.pdf", pdf(*[writing("x")] * 3))
    for page in (1, 2, 3):
        reader.render(render_request(path, page, text=True))
    tracked = pdfium_internal.bases.ObjectTracker
    alive = {kind.__name__ for kind, objects in tracked.items() if objects}
    assert alive == {"PdfDocument"}
