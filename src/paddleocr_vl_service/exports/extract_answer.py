"""A document as the JSON of the HTTP API."""

from __future__ import annotations

from typing import Any

from paddleocr_vl_service.models.api_models import (
    SCHEMA_VERSION,
    ContentModel,
    ElementModel,
    EngineModel,
    ExtractResponse,
    ImageModel,
    MetadataModel,
    PageErrorModel,
    PageModel,
    RegionModel,
    WarningModel,
    utc_now,
)
from paddleocr_vl_service.models.document import (
    Crop,
    Element,
    EngineInfo,
    Notice,
    PageError,
    PageInfo,
    PageResult,
    ParsedDocument,
)
from paddleocr_vl_service.models.job_models import JobPageModel


def extract_response(document: ParsedDocument, markdown: str, seconds: float) -> ExtractResponse:
    """The answer of the contract for a document."""
    return ExtractResponse(
        success=True,
        message=_message(document),
        processing_time=round(seconds, 2),
        elements=[_element(index, each) for index, each in enumerate(document.elements)],
        markdown=markdown,
        timestamp=utc_now(),
        schema_version=SCHEMA_VERSION,
        engine=EngineModel(**vars(document.engine)),
        page_count=document.page_count,
        pages=[_page(each) for each in document.pages],
        warnings=[_warning(each) for each in document.warnings],
        errors=[_page_error(each) for each in document.errors],
    )


def page_response(
    result: PageResult | None, error: PageError | None, engine: EngineInfo | None
) -> JobPageModel:
    """One page of a job, which was read or could not be."""
    elements = result.elements if result else ()
    return JobPageModel(
        page=result
        and PageModel(
            page=result.number,
            width=result.width,
            height=result.height,
            rotation=result.rotation,
        ),
        elements=[_element(index, each) for index, each in enumerate(elements)],
        warnings=[_warning(each) for each in (result.warnings if result else ())],
        error=error and _page_error(error),
        engine=engine and EngineModel(**vars(engine)),
    )


def _message(document: ParsedDocument) -> str:
    found = f"Found {len(document.elements)} elements."
    if not document.errors:
        return f"Document processed successfully. {found}"
    asked = len(document.pages) + len(document.errors)
    failed = len(document.errors)
    return f"Document processed, but {failed} of {asked} pages could not be read. {found}"


def _element(index: int, element: Element) -> ElementModel:
    return ElementModel(
        index=index,
        content=ContentModel(
            text=element.text,
            type=element.type,
            **_present(html=element.html, latex=element.latex, image=_image(element.crop)),
        ),
        metadata=MetadataModel(
            bbox=list(element.bbox),
            confidence=_rounded(element.confidence),
            page=element.page,
            order=element.order,
            layout_confidence=_rounded(element.layout_confidence),
            recognition_confidence=_rounded(element.recognition_confidence),
            text_source=element.text_source,
            **_present(
                polygon=element.polygon,
                level=element.level,
                truncated=element.truncated or None,
                regions=[RegionModel(page=r.page, bbox=list(r.bbox)) for r in element.regions]
                or None,
            ),
        ),
    )


def _image(crop: Crop | None) -> ImageModel | None:
    return ImageModel(**vars(crop)) if crop else None


def _page(page: PageInfo) -> PageModel:
    return PageModel(page=page.page, width=page.width, height=page.height, rotation=page.rotation)


def _warning(notice: Notice) -> WarningModel:
    return WarningModel(code=notice.code, message=notice.message, page=notice.page)


def _page_error(error: PageError) -> PageErrorModel:
    return PageErrorModel(page=error.page, code=error.code, message=error.message)


def _present(**fields: Any) -> dict[str, Any]:
    """Only those that say something; the answer is serialised without unset fields."""
    return {name: value for name, value in fields.items() if value is not None}


def _rounded(confidence: float | None) -> float | None:
    return None if confidence is None else round(min(1.0, max(0.0, confidence)), 4)
