"""JPEG, PNG, BMP and TIFF files, one page at a time."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from paddleocr_vl_service.intake import page_files
from paddleocr_vl_service.intake.failures import Scope, warnings_logged
from paddleocr_vl_service.intake.image_conversion import orientation_of, to_rgb, upright
from paddleocr_vl_service.intake.image_structure import is_cut_off
from paddleocr_vl_service.intake.tiff_frames import FrameView, TiffFrame, read_frames
from paddleocr_vl_service.intake.types import DocumentKind, PageContent
from paddleocr_vl_service.models.document import Notice, PageImage

_MAX_SIDE = 65_535


class ImageDocument:
    """An image file; each frame of a TIFF is a page. Holds nothing open between calls.

    Args:
        path: The file.
        kind: By content.
        max_pixels: Most pixels a page may have, checked before anything is decoded. A TIFF all
            of whose pages have more is refused; otherwise only those pages are.

    Raises:
        DocumentError: The file cannot be read.
    """

    def __init__(self, path: Path, kind: DocumentKind, max_pixels: int) -> None:
        self._path = path
        self._kind = kind
        self._title = f"The {kind.value.upper()} image"
        self._max_pixels = max_pixels
        self._frames: list[TiffFrame] = []
        self.pages_rendered = 0
        self.page_count = 1
        self.notices: tuple[Notice, ...] = ()
        if kind is DocumentKind.TIFF:
            self._find_frames()
        if self.page_count == 1:
            self._check_header()

    def _find_frames(self) -> None:
        with self._path.open("rb") as file:
            self._frames = read_frames(file)
        self.page_count = len(self._frames)
        least = min(self._frames, key=lambda frame: frame.width * frame.height)
        self._check_size(Scope("Every page of the TIFF image"), least.width, least.height)

    def _check_header(self) -> None:
        cut_off = self._kind is not DocumentKind.TIFF and is_cut_off(self._path, self._kind)
        with self._opened(1) as image:
            if cut_off:
                # A PNG may lack its end mark and no pixel: only decoding it tells.
                try:
                    image.load()
                except Exception as error:
                    raise self._scope(1).truncated() from error

    def render(self, page: int, out_path: Path, wanted: PageContent) -> PageImage:  # noqa: ARG002
        """Write the page's image; there never is a text layer.

        Raises:
            DocumentError: The document's only page cannot be decoded.
            PageFailed: One of several cannot, or its image could not be stored.
            StorageUnavailable: The disk is full.
        """
        with self._opened(page) as image:
            try:
                self._decode(image)
                pixels = upright(to_rgb(image), orientation_of(image))
            except Exception as error:
                raise self._scope(page).from_exception(error) from error
            width, height = page_files.write_image(out_path, pixels)
        return PageImage(page, str(out_path), width, height)

    def close(self) -> None:
        """Nothing is open."""

    def _scope(self, page: int) -> Scope:
        return Scope.of(page, self.page_count, self._title)

    @contextmanager
    def _opened(self, page: int) -> Iterator[Image.Image]:
        """The page's image, of which only the header was read, found to be small enough."""
        scope = self._scope(page)
        with self._path.open("rb") as file, warnings_logged():
            view = FrameView(file, self._frames[page - 1]) if self._frames else None
            source = file if view is None else io.BufferedReader(view)
            try:
                image = Image.open(source, formats=[self._kind.value.upper()])
            except Exception as error:
                raise scope.from_exception(error) from error
            with image:
                self._check_size(scope, image.width, image.height)
                yield image

    def _decode(self, image: Image.Image) -> None:
        if self._kind is DocumentKind.TIFF:
            with _libtiff_silenced():
                image.load()
        else:
            image.load()

    def _check_size(self, scope: Scope, width: int, height: int) -> None:
        if width * height > self._max_pixels or max(width, height) > _MAX_SIDE:
            raise scope.too_many_pixels(width, height, self._max_pixels)


@contextmanager
def _libtiff_silenced() -> Iterator[None]:
    """Keep from standard error what libtiff writes there about a damaged file."""
    saved = os.dup(2)
    sink = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(sink, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(sink)
        os.close(saved)
