"""From the fields of the form to what is asked of a document."""

from __future__ import annotations

from collections.abc import Mapping

from paddleocr_vl_service.config.settings import Settings
from paddleocr_vl_service.intake.page_selection import parse_pages
from paddleocr_vl_service.models.document import DocumentOptions, ParseOptions, TextSourceChoice
from paddleocr_vl_service.models.errors import OptionInvalid
from paddleocr_vl_service.models.model_options import parse_model_options


def document_options(
    fields: Mapping[str, str], settings: Settings, *, as_markdown: bool
) -> DocumentOptions:
    """Read the form's fields; what is left out, the settings decide.

    Args:
        fields: All but the file.
        settings: The service's.
        as_markdown: Whether the answer is Markdown, which shows no images: none are cut out then.

    Raises:
        OptionInvalid: A value makes no sense.
    """
    images = boolean(fields, "images", default=False)
    return DocumentOptions(
        pages=parse_pages(fields.get("pages", "")),
        password=fields.get("password") or None,
        parse=ParseOptions(
            text_source=_text_source(fields.get("text_source") or settings.text_source),
            layout_detection=boolean(fields, "layout_detection", default=settings.layout_detection),
            crops=images and not as_markdown,
            model=parse_model_options(fields),
        ),
    )


def boolean(fields: Mapping[str, str], name: str, *, default: bool) -> bool:
    """A field that is ``true`` or ``false``.

    Raises:
        OptionInvalid: It is neither.
    """
    value = fields.get(name)
    if value is None:
        return default
    if value.lower() not in ("true", "false"):
        raise OptionInvalid(f"The option {name} must be true or false.", field=name)
    return value.lower() == "true"


def _text_source(value: str) -> TextSourceChoice:
    try:
        return TextSourceChoice(value)
    except ValueError:
        raise OptionInvalid(
            "The option text_source must be auto, ocr or text-layer.", field="text_source"
        ) from None
