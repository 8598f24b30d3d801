from __future__ import annotations

import json
from typing import Any

from paddleocr_vl_service.exports.extract_answer import extract_response
from paddleocr_vl_service.models.document import (
    Crop,
    Element,
    ElementType,
    EngineInfo,
    ParsedDocument,
)


def answer(*elements: Element) -> Any:
    engine = EngineInfo("some", "model", "1")
    document = ParsedDocument(1, (), elements, (), (), engine)
    return json.loads(extract_response(document, "", 0.0).model_dump_json(exclude_unset=True))


def test_a_crop_is_the_content_s_image() -> None:
    crop = Crop("image/jpeg", "/9j/4AA=")
    body = answer(Element(ElementType.IMAGE, "", (0, 0, 9, 9), 1, crop=crop))
    assert body["elements"][0]["content"] == {
        "text": "",
        "type": "image",
        "image": {"media_type": "image/jpeg", "data": "/9j/4AA="},
    }


def test_without_a_crop_there_is_no_such_field() -> None:
    body = answer(Element(ElementType.IMAGE, "", (0, 0, 9, 9), 1))
    assert body["elements"][0]["content"] == {"text": "", "type": "image"}
