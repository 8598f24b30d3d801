from collections.abc import Callable, Iterator
from pathlib import Path

import pypdfium2.internal as pdfium_internal
import pytest
from PIL import Image

from paddleocr_vl_service.intake.reader import Reader
from paddleocr_vl_service.models.document import PageImage
from tests.intake.making import MAX_PIXELS, render_request

Render = Callable[..., tuple[PageImage, Image.Image]]
Save = Callable[[str, bytes], Path]


@pytest.fixture
def reader() -> Iterator[Reader]:
    reader = Reader(MAX_PIXELS)
    yield reader
    reader.close()
    assert not any(pdfium_internal.bases.ObjectTracker.values()), "something of PDFium is open"


@pytest.fixture(autouse=True)
def pillows_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader sets it for its process."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def save(name: str, content: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return save


@pytest.fixture
def render(reader: Reader) -> Render:
    """Renders a page and reads its image."""

    def render(
        path: Path, page: int = 1, *, text: bool = False, password: str | None = None
    ) -> tuple[PageImage, Image.Image]:
        image = reader.render(render_request(path, page, text=text, password=password))
        with Image.open(image.file, formats=["BMP"]) as opened:
            opened.load()
            assert opened.mode == "RGB"
            assert opened.size == (image.width, image.height)
            assert opened.info["compression"] == 0
            return image, opened.copy()

    return render
