"""What the two sides of the intake tell each other."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from pydantic import TypeAdapter

from paddleocr_vl_service.models.document import Notice, PageImage


class DocumentKind(str, Enum):
    """The supported kinds of file, as their content says."""

    PDF = "pdf"
    JPEG = "jpeg"
    PNG = "png"
    BMP = "bmp"
    TIFF = "tiff"

    @property
    def described(self) -> str:
        """The kind with its article, as it stands in a sentence."""
        if self is DocumentKind.PDF:
            return "a PDF"
        return f"a {self.value.upper()} image"


@dataclass(frozen=True)
class DocumentFacts:
    """What is known of a document before any of its pages was rendered.

    Attributes:
        kind: By content.
        page_count: Pages of a PDF, frames of a TIFF, 1 for other images.
        notices: For the reader of the result.
    """

    kind: DocumentKind
    page_count: int
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True)
class InspectRequest:
    """Asks what a file holds.

    Attributes:
        path: The file.
        kind: By content.
        password: Opens an encrypted PDF; kept out of ``repr``.
    """

    path: str
    kind: DocumentKind
    password: str | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}(kind={self.kind.value})"


class PageContent(str, Enum):
    """What is wanted of a page."""

    IMAGE = "image"
    IMAGE_AND_TEXT = "image-and-text"
    """The image, and the text layer of a PDF."""
    IMAGE_UNLESS_TEXT_SAYS_ALL = "image-unless-text-says-all"
    """The text layer of a PDF, and the image where there is more to see than that."""


@dataclass(frozen=True)
class RenderRequest:
    """Asks for one page.

    Attributes:
        document: The file.
        page: From 1.
        out_path: Where the page image goes; its folder exists.
        wanted: What is wanted of it.
    """

    document: InspectRequest
    page: int
    out_path: str
    wanted: PageContent = PageContent.IMAGE


FACTS: TypeAdapter[DocumentFacts] = TypeAdapter(DocumentFacts)
INSPECT: TypeAdapter[InspectRequest] = TypeAdapter(InspectRequest)
PAGE: TypeAdapter[PageImage] = TypeAdapter(PageImage)
RENDER: TypeAdapter[RenderRequest] = TypeAdapter(RenderRequest)
