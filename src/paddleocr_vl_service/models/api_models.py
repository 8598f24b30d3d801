"""Request and response schemas of the HTTP API."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from paddleocr_vl_service.models.document import ElementType, TextSource
from paddleocr_vl_service.models.model_options import ModelOptions

SCHEMA_VERSION = "1.0"

_EXAMPLE_TIME = "2025-01-15T10:30:00Z"
_EXAMPLE_IMAGE = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNoAAAAggCB2kUIOwAAAABJRU5ErkJggg=="
)

Timestamp = Annotated[
    datetime,
    PlainSerializer(lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%SZ"), return_type=str),
]

BBoxField = Annotated[
    list[int],
    Field(
        description="Left, top, right, bottom in pixels of the processed page image.",
        min_length=4,
        max_length=4,
        examples=[[10, 20, 300, 60]],
    ),
]

Confidence = Annotated[float, Field(ge=0, le=1)]


def utc_now() -> datetime:
    """Now, in UTC."""
    return datetime.now(timezone.utc)


class ApiModel(BaseModel):
    """Base of all responses."""

    model_config = ConfigDict(frozen=True, serialize_by_alias=True)


class RegionModel(ApiModel):
    """A part of an element that was merged over regions or pages."""

    page: int = Field(description="Page, from 1.", examples=[2])
    bbox: BBoxField


class ImageModel(ApiModel):
    """A part of a page as an image file."""

    media_type: str = Field(
        description="`image/png` for a drawing, `image/jpeg` for a photo.", examples=["image/png"]
    )
    data: str = Field(
        description="The file, in Base64.",
        examples=[_EXAMPLE_IMAGE],
        json_schema_extra={"contentEncoding": "base64"},
    )


class ContentModel(ApiModel):
    """What was read."""

    text: str = Field(
        description="Plain text, for every type; empty for a picture.", examples=["Total: 42 EUR"]
    )
    type: ElementType = Field(description="What the region is.", examples=["text"])
    html: str | None = Field(
        None,
        description="Tables, and charts whose data was read: one `<table>`.",
        examples=["<table><tr><td>42</td></tr></table>"],
    )
    latex: str | None = Field(
        None, description="Formulas only, where the engine reads them.", examples=["E = mc^2"]
    )
    image: ImageModel | None = Field(
        None,
        description="Pictures, formulas, charts and seals, where the form asked for `images`.",
        examples=[{"media_type": "image/png", "data": _EXAMPLE_IMAGE}],
    )


class MetadataModel(ApiModel):
    """Where it stands and how sure the engine is."""

    bbox: BBoxField
    confidence: Confidence | None = Field(
        description="The recognition confidence, else the layout confidence, else null.",
        examples=[0.98],
    )
    page: int = Field(description="Page, from 1.", examples=[1])
    order: int | None = Field(
        description="Place in the page's reading order, from 0; null outside the flow (running "
        "headers, footers, page numbers).",
        examples=[0],
    )
    polygon: list[tuple[int, int]] | None = Field(
        None,
        description="Corners in pixels, clockwise from the top left, where the region is no "
        "upright box.",
        examples=[[[10, 20], [300, 24], [300, 64], [10, 60]]],
    )
    level: int | None = Field(None, description="Headings only: 1 is the highest.", examples=[2])
    layout_confidence: Confidence | None = Field(
        description="Of the layout detector; null where no detector found the region.",
        examples=[0.91],
    )
    recognition_confidence: Confidence | None = Field(
        description="Mean probability of what was read: of the characters, or of PaddleOCR-VL's "
        "tokens where its server tells them; null where nothing was recognised or nobody knows.",
        examples=[0.98],
    )
    text_source: TextSource | None = Field(
        description="Where the text came from; null where there is none.", examples=["ocr"]
    )
    truncated: bool | None = Field(
        None,
        description="True where the text was cut, because the model repeated itself or did not "
        "end; absent otherwise.",
        examples=[True],
    )
    regions: list[RegionModel] | None = Field(
        None,
        description="All parts of an element that was merged over regions or pages.",
        examples=[[{"page": 2, "bbox": [10, 20, 300, 60]}]],
    )


class ElementModel(ApiModel):
    """One region of the document."""

    index: int = Field(description="Position in `elements`, from 0.", examples=[0])
    content: ContentModel = Field(description="What was read.")
    metadata: MetadataModel = Field(description="Where, and how sure.")


class PageModel(ApiModel):
    """A page that was read."""

    page: int = Field(description="Page of the document, from 1.", examples=[1])
    width: int = Field(description="Pixels of the processed page image.", examples=[1654])
    height: int = Field(description="Pixels of the processed page image.", examples=[2339])
    rotation: int = Field(
        0, description="Degrees clockwise by which the page image was turned upright.", examples=[0]
    )


class EngineModel(ApiModel):
    """What read the document."""

    name: str = Field(description="Engine.", examples=["onnx"])
    model: str = Field(description="Models, as people call them.", examples=["PP-OCRv6 small"])
    revision: str = Field(description="Tells results of different weights apart.", examples=["1"])


class WarningModel(ApiModel):
    """Something the reader of the result should know."""

    code: str = Field(description="For programs.", examples=["script-unsupported"])
    message: str = Field(
        description="For people.", examples=["Page 3 is in a script that the engine cannot read."]
    )
    page: int | None = Field(description="Page, from 1; null for the document.", examples=[3])


class PageErrorModel(ApiModel):
    """A page that could not be read."""

    page: int = Field(description="Page, from 1.", examples=[7])
    code: str = Field(description="For programs.", examples=["page-timed-out"])
    message: str = Field(
        description="For people.", examples=["Page 7 took longer than 120 seconds."]
    )


class ExtractResponse(ApiModel):
    """A document with everything that was read in it."""

    success: bool = Field(description="True as long as one page was read.", examples=[True])
    message: str = Field(
        description="One sentence for people.",
        examples=["Document processed successfully. Found 3 elements."],
    )
    processing_time: float = Field(
        description="Seconds from the request's arrival to its answer.", examples=[5.23]
    )
    elements: list[ElementModel] = Field(description="All elements in reading order.")
    markdown: str = Field(
        description="The document as Markdown.",
        examples=["# Document OCR Results\n\nTotal: 42 EUR\n"],
    )
    timestamp: Timestamp = Field(description="UTC.", examples=[_EXAMPLE_TIME])
    schema_version: str = Field(
        SCHEMA_VERSION, description="Version of this schema.", examples=[SCHEMA_VERSION]
    )
    engine: EngineModel = Field(description="What read the document.")
    page_count: int = Field(description="Pages that the document has.", examples=[1])
    pages: list[PageModel] = Field(description="Pages that were read.")
    warnings: list[WarningModel] = Field(description="What the reader of the result should know.")
    errors: list[PageErrorModel] = Field(description="Pages that could not be read.")


class EngineProcessModel(ApiModel):
    """One engine process, or the place of one that is not there now."""

    device: str = Field(description="What it runs on.", examples=["cpu"])
    state: str = Field(
        description="`not-started`, `loading`, `ready`, `working`, `failed` (it could not be "
        "started three times in a row and is tried again and again) or `stopped`.",
        examples=["ready"],
    )
    pid: int | None = Field(
        description="Process id; null while there is none that is loaded, like the next three.",
        examples=[4711],
    )
    pages: int | None = Field(description="Pages it has been given.", examples=[12])
    rss_mb: int | None = Field(description="Memory it holds, MiB.", examples=[512])
    age_seconds: float | None = Field(description="Since it was started.", examples=[86.2])
    restarts: int = Field(
        description="How often it was replaced because it died, hung or answered nonsense.",
        examples=[0],
    )
    recycles: int = Field(
        description="How often it was replaced because of `ENGINE_MAX_PAGES` or "
        "`ENGINE_MAX_RSS_MB`.",
        examples=[0],
    )


class HealthEngineModel(ApiModel):
    """The engine, as far as it is known."""

    name: str = Field(description="Engine chosen by `ENGINE`.", examples=["onnx"])
    model: str | None = Field(description="Null until loaded.", examples=["PP-OCRv6 small"])
    revision: str | None = Field(description="Null until loaded.", examples=["1"])
    processes: list[EngineProcessModel] = Field(
        description="One entry for each process that there may be."
    )
    starts: int = Field(description="Engine processes started so far.", examples=[1])


class QueueModel(ApiModel):
    """How much is going on."""

    running: int = Field(description="Documents being processed.", examples=[1])
    waiting: int = Field(description="Documents waiting, uploads included.", examples=[0])
    capacity: int = Field(description="Documents that fit; more are answered 503.", examples=[43])
    bytes: int = Field(description="Size of their files, in bytes.", examples=[48213])
    pages_running: int = Field(description="Pages that the engine reads now.", examples=[1])
    pages_waiting: int = Field(description="Pages that wait for it.", examples=[1])


class HealthResponse(ApiModel):
    """Whether the service can do its job."""

    status: Literal["healthy", "unhealthy"] = Field(description="200 or 503.", examples=["healthy"])
    service: str = Field(description="`APP_NAME`.", examples=["PaddleOCR-VL Service"])
    version: str = Field(description="`APP_VERSION`.", examples=["1.0.0"])
    gpu_enabled: bool = Field(
        description="Before the engine is loaded: whether it will find a GPU; afterwards: whether "
        "it uses one.",
        examples=[False],
    )
    pipeline_ready: bool = Field(description="Whether the engine is loaded.", examples=[False])
    timestamp: Timestamp = Field(description="UTC.", examples=[_EXAMPLE_TIME])
    reason: str | None = Field(
        None,
        description="Why it is unhealthy.",
        examples=["The engine could not be loaded: its process ended."],
    )
    engine: HealthEngineModel = Field(description="The engine.")
    device: str = Field(description="What the engine runs on.", examples=["cpu"])
    scripts: list[str] = Field(
        description="ISO 15924 codes of the scripts that the engine reads; empty where that is "
        "not known before it is loaded.",
        examples=[["Hani", "Hira", "Kana", "Latn"]],
    )
    queue: QueueModel = Field(description="How much is going on.")


class LivenessResponse(ApiModel):
    """The process answers."""

    status: Literal["alive"] = Field("alive", description="Always `alive`.", examples=["alive"])


class ReadinessResponse(ApiModel):
    """Whether documents may be sent here."""

    status: Literal["ready", "not-ready"] = Field(
        description="`ready` or `not-ready`.", examples=["ready"]
    )
    reason: str | None = Field(
        description="Why documents should go elsewhere; null when ready.", examples=[None]
    )
    jobs: str | None = Field(
        description="Why jobs cannot be taken or followed now; null when they can.",
        examples=[None],
    )


class VersionResponse(ApiModel):
    """The package, as installed."""

    name: str = Field(description="Distribution.", examples=["paddleocr-vl-service"])
    version: str = Field(description="Its own version.", examples=["1.0.0"])


class ProblemDetails(BaseModel):
    """An error as RFC 9457 describes it (`application/problem+json`)."""

    type: str = Field("about:blank", description="Always `about:blank`.", examples=["about:blank"])
    title: str = Field(description="The status in words.", examples=["Bad Request"])
    status: int = Field(description="The HTTP status.", examples=[400])
    detail: str = Field(description="One plain sentence.", examples=["The file is empty."])
    code: str = Field(description="The error, for programs.", examples=["document-empty"])
    request_id: str = Field(description="As in `X-Request-ID`.", examples=["5f1c0e7c9d"])


def _without_default(schema: dict[str, Any]) -> None:
    del schema["default"]


class ExtractForm(ModelOptions):
    """Fields of the multipart form."""

    file: Annotated[
        bytes,
        Field(
            description="A PDF, JPEG, PNG, BMP or TIFF file.",
            json_schema_extra={"format": "binary"},
        ),
    ]
    pages: str = Field(
        "",
        description="Pages to read, from 1: `1-3,8`, `5-`. All by default.",
        pattern="^[0-9, -]*$",
        examples=["1-3,8"],
    )
    password: str = Field("", description="Opens an encrypted PDF.", examples=["secret"])
    heading: bool = Field(
        True,
        description="Whether `markdown` starts with `# Document OCR Results`.",
        examples=[True],
    )
    text_source: Literal["auto", "ocr", "text-layer"] = Field(
        "auto",
        description="Where a PDF's text comes from. Left out, `TEXT_SOURCE` decides.",
        examples=["ocr"],
        json_schema_extra=_without_default,
    )
    layout_detection: bool = Field(
        True,
        description="Whether a layout model looks at each page; without one, text and geometry "
        "alone say what something is, which is quicker. Left out, `LAYOUT_DETECTION` decides.",
        examples=[True],
        json_schema_extra=_without_default,
    )
    images: bool = Field(
        False,
        description="Whether pictures, formulas, charts and seals come with their part of the "
        "page as `content.image`.",
        examples=[False],
    )
