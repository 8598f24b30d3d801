"""What of a page has to be there for an engine to read it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from paddleocr_vl_service.engines.base import EngineCapabilities
from paddleocr_vl_service.intake.types import PageContent
from paddleocr_vl_service.models.document import EngineInfo, ParseOptions, TextSourceChoice
from paddleocr_vl_service.services.document_reading import page_content

LOOKS = EngineCapabilities(EngineInfo("any", "none", "1"), "cpu", ())
READS_TEXT_ALONE = replace(LOOKS, reads_text_alone=True)
QUICK = ParseOptions(layout_detection=False)


@pytest.mark.parametrize("source", [TextSourceChoice.AUTO, TextSourceChoice.TEXT_LAYER])
def test_no_image_where_text_says_all_and_nothing_looks_at_the_page(
    source: TextSourceChoice,
) -> None:
    options = replace(QUICK, text_source=source)
    assert page_content(options, READS_TEXT_ALONE) is PageContent.IMAGE_UNLESS_TEXT_SAYS_ALL


@pytest.mark.parametrize(
    ("options", "capabilities"),
    [
        (QUICK, LOOKS),
        (QUICK, None),
        (ParseOptions(), READS_TEXT_ALONE),
        (replace(QUICK, crops=True), READS_TEXT_ALONE),
    ],
    ids=["an engine that looks", "an engine not known yet", "layout detection", "crops"],
)
def test_an_image_where_something_looks_at_it(
    options: ParseOptions, capabilities: EngineCapabilities | None
) -> None:
    assert page_content(options, capabilities) is PageContent.IMAGE_AND_TEXT


def test_no_text_layer_where_text_is_recognised() -> None:
    options = replace(QUICK, text_source=TextSourceChoice.OCR)
    assert page_content(options, READS_TEXT_ALONE) is PageContent.IMAGE
