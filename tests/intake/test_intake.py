import asyncio
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
from PIL import Image

from paddleocr_vl_service.intake import intake as intake_module
from paddleocr_vl_service.intake.intake import Intake, IntakeLimits
from paddleocr_vl_service.intake.page_selection import parse_pages
from paddleocr_vl_service.intake.sniffing import Sniffed, sniff
from paddleocr_vl_service.intake.types import DocumentKind, PageContent
from paddleocr_vl_service.models.errors import (
    DocumentCorrupt,
    DocumentEmpty,
    DocumentEncrypted,
    DocumentTooManyPages,
    DocumentTooManyPixels,
    DocumentTruncated,
    DocumentTypeMismatch,
    DocumentTypeUnsupported,
    DocumentUnreadable,
    DocumentWithoutPages,
    PageFailed,
    PageRangeOutside,
    PageTimedOut,
    ServiceError,
    ServiceStopping,
    StorageUnavailable,
    Unavailable,
)
from paddleocr_vl_service.processes.worker import WorkerSpec
from tests.intake.conftest import Save
from tests.intake.making import (
    corners,
    encoded,
    grey_tags,
    pdf,
    png,
    raw_pdf,
    tiff,
    writing,
)

LIMITS = IntakeLimits(max_pixels=10_000_000, max_pages=5, timeout_seconds=30)
THREE = pdf(writing("one"), writing("two"), writing("three"))


@pytest.fixture
async def intake() -> AsyncIterator[Intake]:
    intake = Intake(LIMITS, processes=1)
    yield intake
    await intake.close()
    assert psutil.Process().children() == []


async def test_a_document_from_open_to_page(intake: Intake, save: Save, tmp_path: Path) -> None:
    document = await intake.open(save("upload", THREE), "Report.PDF")
    assert (document.kind, document.page_count, document.notices) == (DocumentKind.PDF, 3, ())
    for number in intake.select(document, parse_pages("2-")):
        page = await intake.render(document, number, tmp_path, wanted=PageContent.IMAGE_AND_TEXT)
        assert page.number == number
        assert page.dpi is not None
        assert page.text_layer is not None
        assert page.text_layer.lines[0].text == ("one", "two", "three")[number - 1]
        with Image.open(page.file) as image:
            assert image.size == (page.width, page.height)
    assert sorted(path.name for path in tmp_path.glob("*.bmp")) == ["page-2.bmp", "page-3.bmp"]


async def test_nothing_starts_before_it_is_needed(intake: Intake, save: Save) -> None:
    with pytest.raises(DocumentTypeUnsupported):
        await intake.open(save("upload", b"text"), "a.txt")
    assert psutil.Process().children() == []


async def test_the_text_layer_is_only_read_on_request(
    intake: Intake, save: Save, tmp_path: Path
) -> None:
    document = await intake.open(save("upload", THREE), "a.pdf")
    assert (await intake.render(document, 1, tmp_path)).text_layer is None


async def test_notices_of_name_and_content(intake: Intake, save: Save) -> None:
    document = await intake.open(save("upload", encoded(corners(), "PNG")), "a.bmp")
    assert [notice.code for notice in document.notices] == ["image-kind-differs"]
    cut = THREE[: THREE.index(b"%%EOF")]
    document = await intake.open(save("cut", cut), "a.pdf")
    assert [notice.code for notice in document.notices] == ["pdf-end-damaged"]


EMPTY_PDF = raw_pdf([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[]/Count 0>>"])
REFUSED: list[tuple[bytes, str, type[ServiceError]]] = [
    (b"", "a.pdf", DocumentEmpty),
    (b"\x00" * 99, "a.pdf", DocumentTypeUnsupported),
    (THREE, "a.docx", DocumentTypeUnsupported),
    (THREE, "a.png", DocumentTypeMismatch),
    (encoded(corners(), "PNG"), "a.pdf", DocumentTypeMismatch),
    (encoded(corners(), "PNG")[:100], "a.png", DocumentTruncated),
    (encoded(corners(), "JPEG")[:300], "a.jpg", DocumentTruncated),
    (encoded(corners(), "TIFF")[:300], "a.tif", DocumentTruncated),
    (THREE[:200], "a.pdf", DocumentTruncated),
    (b"%PDF-1.7\nrubbish\n%%EOF", "a.pdf", DocumentCorrupt),
    (png(5, 5, pixels=b"", depth=3), "a.png", DocumentCorrupt),
    (pdf(writing("x"), password="p"), "a.pdf", DocumentEncrypted),
    (EMPTY_PDF, "a.pdf", DocumentWithoutPages),
    (png(60_000, 50_000, pixels=b"", depth=1), "a.png", DocumentTooManyPixels),
    (tiff([(grey_tags(9999, 9999), b"")]), "a.tif", DocumentTooManyPixels),
]


async def test_every_refusal_is_one_plain_sentence(intake: Intake, save: Save) -> None:
    for content, name, error in REFUSED:
        with pytest.raises(error) as caught:
            await intake.open(save("upload", content), name)
        detail = caught.value.detail
        assert detail[0].isupper()
        assert detail.endswith(".")
        assert detail.count(". ") == 0
        assert "/" not in detail
        assert "upload" not in detail
    assert intake.pool.starts == 1, "an error is no reason for a new process"


async def test_selecting_pages(intake: Intake, save: Save) -> None:
    document = await intake.open(save("upload", pdf(*[writing("x")] * 6)), "a.pdf")
    assert intake.select(document, parse_pages("6,1-2")) == [6, 1, 2]
    with pytest.raises(PageRangeOutside):
        intake.select(document, parse_pages("7"))
    with pytest.raises(DocumentTooManyPages):
        intake.select(document, None)


async def test_the_password_goes_all_the_way_and_is_not_shown(
    intake: Intake, save: Save, tmp_path: Path
) -> None:
    path = save("upload", pdf(writing("secret"), password="hunter2"))
    document = await intake.open(path, "a.pdf", "hunter2")
    page = await intake.render(document, 1, tmp_path, wanted=PageContent.IMAGE_AND_TEXT)
    assert page.text_layer is not None
    assert page.text_layer.lines[0].text == "secret"
    assert "hunter2" not in repr(document)


@pytest.fixture
async def broken(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Intake]:
    """An intake whose readers do what the document's name says."""

    def spec(**arguments: object) -> WorkerSpec:
        arguments["factory"] = "tests.intake.broken_reader:BrokenReader"
        return WorkerSpec(**arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(intake_module, "WorkerSpec", spec)
    intake = Intake(IntakeLimits(10_000_000, 5, timeout_seconds=1.5), processes=1)
    yield intake
    await intake.close()
    assert psutil.Process().children() == []


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("crash-open", "Opening the document crashed its reader."),
        ("hang-open", "Opening the document took longer than 1.5 seconds."),
        ("stumble-open", "The document could not be opened."),
        ("lie-open", "The document could not be opened."),
    ],
)
async def test_a_document_that_breaks_its_reader_harms_no_other(
    broken: Intake, save: Save, tmp_path: Path, name: str, sentence: str
) -> None:
    before = await broken.open(save("before", THREE), "a.pdf")
    with pytest.raises(DocumentUnreadable) as caught:
        await broken.open(save(name, THREE), "a.pdf")
    assert caught.value.detail == sentence
    assert (await broken.render(before, 3, tmp_path)).number == 3
    assert (await broken.open(save("after", THREE), "a.pdf")).page_count == 3


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("crash", PageFailed("Rendering page 2 crashed its reader.")),
        ("hang", PageTimedOut("Rendering page 2 took longer than 1.5 seconds.")),
        ("stumble", PageFailed("Page 2 could not be rendered.")),
        ("lie", PageFailed("Page 2 could not be rendered.")),
    ],
)
async def test_a_page_that_breaks_its_reader_harms_no_other(
    broken: Intake, save: Save, tmp_path: Path, name: str, expected: ServiceError
) -> None:
    document = await broken.open(save(name, THREE), "a.pdf")
    other = await broken.open(save("other", THREE), "a.pdf")
    outcomes = await asyncio.gather(
        *(broken.render(document, number, tmp_path) for number in (1, 2, 3)),
        broken.render(other, 3, tmp_path),
        return_exceptions=True,
    )
    failed = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    (only,) = failed
    assert outcomes[1] is only
    assert (type(only), str(only)) == (type(expected), str(expected))


async def test_a_reader_that_is_killed_from_outside(save: Save, tmp_path: Path) -> None:
    intake = Intake(LIMITS, processes=1)
    document = await intake.open(save("upload", pdf(*[writing("x")] * 40)), "a.pdf")
    (worker,) = intake.pool.workers
    renders = [asyncio.create_task(intake.render(document, n, tmp_path)) for n in range(1, 41)]
    await asyncio.wait(renders, return_when=asyncio.FIRST_COMPLETED)
    os.kill(worker.pid, signal.SIGKILL)
    outcomes = await asyncio.gather(*renders, return_exceptions=True)
    failed = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    assert len(failed) == 1
    assert isinstance(failed[0], PageFailed)
    assert intake.pool.starts == 2
    await intake.close()


async def test_a_full_disk(intake: Intake, save: Save, tmp_path: Path) -> None:
    document = await intake.open(save("upload", THREE), "a.pdf")
    (tmp_path / "page-1.bmp").symlink_to("/dev/full")
    with pytest.raises(StorageUnavailable):
        await intake.render(document, 1, tmp_path)


async def test_closed(save: Save, tmp_path: Path) -> None:
    intake = Intake(LIMITS)
    document = await intake.open(save("upload", THREE), "a.pdf")
    await intake.close()
    with pytest.raises(ServiceStopping):
        await intake.open(save("upload", THREE), "a.pdf")
    with pytest.raises(ServiceStopping):
        await intake.render(document, 1, tmp_path)


async def test_a_reader_that_does_not_start(monkeypatch: pytest.MonkeyPatch, save: Save) -> None:
    def spec(**arguments: object) -> WorkerSpec:
        arguments["factory"] = "tests.intake.broken_reader:never"
        return WorkerSpec(**arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(intake_module, "WorkerSpec", spec)
    intake = Intake(LIMITS)
    with pytest.raises(Unavailable, match="cannot start its document reader"):
        await intake.open(save("upload", THREE), "a.pdf")
    await intake.close()


async def test_files_are_not_read_on_the_event_loop(
    intake: Intake, save: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = []

    def sniffing(path: Path, filename: str) -> Sniffed:
        threads.append(threading.current_thread())
        return sniff(path, filename)

    monkeypatch.setattr(intake_module, "sniff", sniffing)
    await intake.open(save("upload", THREE), "a.pdf")
    assert threads
    assert threading.main_thread() not in threads


async def test_the_api_process_loads_no_decoder() -> None:
    """Neither PDFium nor Pillow is where the service answers its clients."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "import sys, paddleocr_vl_service.intake.intake as _;"
        "sys.exit(any(m.split('.')[0] in ('PIL', 'pypdfium2', 'numpy') for m in sys.modules))",
    )
    assert await process.wait() == 0


async def test_no_thread_of_its_own(intake: Intake, save: Save) -> None:
    before = set(threading.enumerate())
    await intake.open(save("upload", THREE), "a.pdf")
    new = set(threading.enumerate()) - before
    names = {thread.name.split("-")[0].split("_")[0] for thread in new}
    assert names <= {"asyncio", "waitpid"}, "those of asyncio, whatever the Python"


async def test_a_thousand_pages_are_never_in_memory(save: Save, tmp_path: Path) -> None:
    """A TIFF of a thousand grey pages is 250 MB unpacked, and as much in the file."""
    path = tmp_path / "big.tif"
    strip = bytes(500 * 500)
    path.write_bytes(tiff([(grey_tags(500, 500), strip)] * 1000))
    intake = Intake(IntakeLimits(max_pixels=1_000_000, max_pages=2000))
    document = await intake.open(path, "a.tif")
    assert document.page_count == 1000
    for number in (1, 500, 1000):
        await intake.render(document, number, tmp_path)
    book = await intake.open(save("book", pdf(*[writing("x" * 90)] * 1000)), "a.pdf")
    assert book.page_count == 1000
    for number in range(1, 1000, 111):
        await intake.render(book, number, tmp_path, wanted=PageContent.IMAGE_AND_TEXT)
    (worker,) = intake.pool.workers
    assert psutil.Process(worker.pid).memory_info().rss < 120 << 20
    await intake.close()
