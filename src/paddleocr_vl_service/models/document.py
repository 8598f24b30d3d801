"""The domain: what is asked of a document and what is known of it afterwards.

All types are frozen. Boxes are ``(left, top, right, bottom)`` in pixels of the processed page
image (upright), whose size the page states; the origin is its top left corner.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from paddleocr_vl_service.models.model_options import ModelOptions

BBox = tuple[int, int, int, int]
Point = tuple[int, int]


class ElementType(str, Enum):
    """What a region of a page is. The values are part of the HTTP contract."""

    TITLE = "title"
    HEADING = "heading"
    TEXT = "text"
    LIST = "list"
    TABLE = "table"
    FORMULA = "formula"
    CHART = "chart"
    SEAL = "seal"
    IMAGE = "image"
    CAPTION = "caption"
    REFERENCE = "reference"
    FOOTNOTE = "footnote"
    ASIDE = "aside"
    HEADER = "header"
    FOOTER = "footer"
    PAGE_NUMBER = "page_number"


class TextSource(str, Enum):
    """Where an element's text came from."""

    OCR = "ocr"
    TEXT_LAYER = "text-layer"


class TextSourceChoice(str, Enum):
    """Where the caller wants text to come from."""

    AUTO = "auto"
    OCR = "ocr"
    TEXT_LAYER = "text-layer"


@dataclass(frozen=True)
class ParseOptions:
    """What an engine is told about a page; pages with equal options may share one engine call.

    Attributes:
        text_source: Where text is to come from.
        layout_detection: Whether a layout model looks at the page; without one, text and geometry
            alone say what something is.
        crops: Whether pictures, formulas, charts and seals come with their crop of the page.
        model: What is asked of a model that offers a choice.
        frugal: Whether memory has to be saved, because the page did not fit before.
    """

    text_source: TextSourceChoice = TextSourceChoice.AUTO
    layout_detection: bool = True
    crops: bool = False
    model: ModelOptions = field(default_factory=ModelOptions)
    frugal: bool = False


@dataclass(frozen=True)
class DocumentOptions:
    """What the caller asks of one document.

    Attributes:
        pages: Ranges of page numbers, from 1, both ends included; None is all of them.
        password: Opens an encrypted PDF; kept out of ``repr`` and of every log.
        parse: What the engine is told.
    """

    pages: PageSelection | None = None
    password: str | None = None
    parse: ParseOptions = ParseOptions()

    def __repr__(self) -> str:
        password = "None" if self.password is None else "'***'"
        return f"DocumentOptions(pages={self.pages}, password={password}, parse={self.parse})"


@dataclass(frozen=True)
class PageSelection:
    """Page ranges such as ``1-3,8``, in the order in which they were asked for.

    Attributes:
        ranges: Pairs of first and last page, from 1, both included; ``None`` as the last page
            is the document's end.
    """

    ranges: tuple[tuple[int, int | None], ...]


@dataclass(frozen=True)
class TextWord:
    """A run of characters without a space, of a PDF's text layer.

    Attributes:
        text: The characters, in logical order.
        bbox: Pixels of the rendered page image.
    """

    text: str
    bbox: BBox


@dataclass(frozen=True)
class TextLine:
    """One visible line of a PDF's text layer.

    Attributes:
        text: The characters, in logical order.
        bbox: Pixels of the rendered page image.
        words: Of the line, in logical order; their texts together are the line's.
        bold: Whether most of its characters are set in a bold font.
        turn: Quarter turns clockwise by which it runs away from left to right.
    """

    text: str
    bbox: BBox
    words: tuple[TextWord, ...] = ()
    bold: bool = False
    turn: int = 0


class TextLayerDoubt(str, Enum):
    """Why a text layer is not believed."""

    UNMAPPED = "unmapped"
    """Characters that stand for nothing."""
    NOT_WORDS = "not-words"
    """The characters read like no language."""
    MISPLACED = "misplaced"
    """Characters stand where the page shows nothing, or ink of text where there are none."""


@dataclass(frozen=True)
class TextLayer:
    """What a PDF page says of itself.

    Attributes:
        lines: Of visible text, in the order in which the page draws them.
        hidden: Characters that nobody sees: invisible, covered, in the colour of their background
            or off the page. They are in no line.
        doubts: Why the lines are not to be believed; empty where they are.
        beside: Where the page shows something that is not in the layer and may hold text:
            pictures, form fields, text drawn as outlines. Pixels of the rendered page image.
        bare: Whether the page shows nothing but text: no picture, no shade, and no rule, be it
            one that is set with characters.
    """

    lines: tuple[TextLine, ...] = ()
    hidden: int = 0
    doubts: tuple[TextLayerDoubt, ...] = ()
    beside: tuple[BBox, ...] = ()
    bare: bool = False

    @property
    def says_all(self) -> bool:
        """Whether there is nothing on the page but lines that are to be believed."""
        return self.bare and bool(self.lines) and not self.doubts


@dataclass(frozen=True)
class PageImage:
    """One page on its way to an engine.

    Attributes:
        number: Page of the document, from 1.
        path: Uncompressed RGB image file, upright as far as the file itself says. None for a page
            that shows nothing but its text layer, where nobody wanted to look at it.
        width: Pixels.
        height: Pixels.
        dpi: Resolution at which a PDF page was rendered; None for images.
        text_layer: Of a PDF when it was asked for; None otherwise.
    """

    number: int
    path: str | None
    width: int
    height: int
    dpi: float | None = None
    text_layer: TextLayer | None = None

    @property
    def file(self) -> str:
        """The path, for engines that look at every page.

        Raises:
            ValueError: There is no image.
        """
        if self.path is None:
            raise ValueError(f"page {self.number} has no image")
        return self.path


@dataclass(frozen=True)
class Notice:
    """Something the reader of a result should know.

    Attributes:
        code: Stable, for programs.
        message: One plain sentence.
        page: From 1; None when it concerns the whole document.
    """

    code: str
    message: str
    page: int | None = None


@dataclass(frozen=True)
class Region:
    """A part of a page; ``page`` counts from 1."""

    page: int
    bbox: BBox


@dataclass(frozen=True)
class Crop:
    """A part of a page as an image file.

    Attributes:
        media_type: ``image/png`` or ``image/jpeg``.
        data: The file, in Base64.
    """

    media_type: str
    data: str


@dataclass(frozen=True)
class Element:
    """A region of a page with what was read in it.

    Attributes:
        type: What the region is.
        text: Plain text, for every type; empty where there is none (a picture).
        bbox: Pixels of the processed page image.
        page: From 1.
        order: Place in the page's reading order, from 0; None for what stands outside the
            flow (running headers and footers, page numbers).
        html: Tables, and charts whose data was read: one ``<table>``.
        latex: Formulas only, where the engine reads them.
        polygon: Corners, clockwise from the top left, where the region is no upright box.
        level: Headings only: 1 is the highest.
        layout_confidence: Of the layout detector, 0 to 1; None where no detector found it.
        recognition_confidence: Mean over the characters read, 0 to 1; None where nothing was
            recognised (a picture, a text layer).
        text_source: Where the text came from; None where there is none.
        regions: All parts of an element that was merged over regions or pages.
        line_height: Median height of its lines in pixels; None where it has none or nobody knows.
        bold: Whether most of it is known to be set in bold.
        truncated: Whether its text was cut because the model repeated itself or did not end.
        crop: The region's part of the page image, when it was asked for.
    """

    type: ElementType
    text: str
    bbox: BBox
    page: int
    order: int | None = None
    html: str | None = None
    latex: str | None = None
    polygon: tuple[Point, ...] | None = None
    level: int | None = None
    layout_confidence: float | None = None
    recognition_confidence: float | None = None
    text_source: TextSource | None = None
    regions: tuple[Region, ...] = ()
    line_height: float | None = None
    bold: bool = False
    truncated: bool = False
    crop: Crop | None = None

    @property
    def confidence(self) -> float | None:
        """The recognition confidence, else the layout confidence, else None."""
        if self.recognition_confidence is not None:
            return self.recognition_confidence
        return self.layout_confidence


@dataclass(frozen=True)
class PageResult:
    """One page as an engine read it.

    Attributes:
        number: Page of the document, from 1.
        width: Pixels of the processed (upright) page image.
        height: Pixels of the processed (upright) page image.
        rotation: Degrees clockwise by which the engine turned the image it was given.
        elements: In reading order, those outside the flow last.
        warnings: About this page.
    """

    number: int
    width: int
    height: int
    rotation: int = 0
    elements: tuple[Element, ...] = ()
    warnings: tuple[Notice, ...] = ()


@dataclass(frozen=True)
class PageError:
    """A page that could not be read.

    Attributes:
        page: From 1.
        code: The error's stable code.
        message: One plain sentence.
    """

    page: int
    code: str
    message: str


@dataclass(frozen=True)
class EngineInfo:
    """Which engine read a document.

    Attributes:
        name: ``onnx``, ``paddleocr-vl``, ...
        model: The models, as a person would name them.
        revision: Distinguishes results of different weights under one name.
    """

    name: str
    model: str
    revision: str


@dataclass(frozen=True)
class PageInfo:
    """Size of a processed page image in pixels, and how far the engine turned it."""

    page: int
    width: int
    height: int
    rotation: int = 0


@dataclass(frozen=True)
class ParsedDocument:
    """A document with everything that was read in it.

    Attributes:
        page_count: Pages the file has, whether or not they were asked for.
        pages: Those that were read, in the order asked for.
        elements: Of all pages, in reading order.
        warnings: For people who use the result.
        errors: Pages that could not be read.
        engine: What read it.
    """

    page_count: int
    pages: tuple[PageInfo, ...]
    elements: tuple[Element, ...]
    warnings: tuple[Notice, ...]
    errors: tuple[PageError, ...]
    engine: EngineInfo
