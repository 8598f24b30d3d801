from __future__ import annotations

import pytest

from paddleocr_vl_service.config.settings import Settings
from paddleocr_vl_service.models.document import (
    DocumentOptions,
    PageSelection,
    ParseOptions,
    TextSourceChoice,
)
from paddleocr_vl_service.models.errors import OptionInvalid
from paddleocr_vl_service.routers.extract_options import document_options


def options(
    fields: dict[str, str], settings: Settings | None = None, *, as_markdown: bool = False
) -> DocumentOptions:
    return document_options(fields, settings or Settings(), as_markdown=as_markdown)


def test_nothing_asked_for_is_the_default() -> None:
    assert options({}) == DocumentOptions(parse=ParseOptions(layout_detection=True, crops=False))


def test_every_field_has_its_effect() -> None:
    fields = {
        "pages": "2-3",
        "password": "secret",
        "text_source": "ocr",
        "layout_detection": "false",
        "images": "TRUE",
    }
    assert options(fields) == DocumentOptions(
        pages=PageSelection(((2, 3),)),
        password="secret",
        parse=ParseOptions(TextSourceChoice.OCR, layout_detection=False, crops=True),
    )


@pytest.mark.parametrize(
    ("setting", "field", "wanted"),
    [(False, None, False), (False, "true", True), (True, "false", False), (True, None, True)],
)
def test_the_request_wins_over_the_setting(setting: bool, field: str | None, wanted: bool) -> None:
    fields = {} if field is None else {"layout_detection": field}
    settings = Settings(layout_detection=setting)
    assert options(fields, settings).parse.layout_detection is wanted


def test_markdown_shows_no_images_so_none_are_cut_out() -> None:
    assert options({"images": "true"}, as_markdown=True).parse.crops is False


@pytest.mark.parametrize("name", ["layout_detection", "images", "text_source"])
@pytest.mark.parametrize("value", ["perhaps", "1", " true"])
def test_a_value_that_makes_no_sense_is_named(name: str, value: str) -> None:
    with pytest.raises(OptionInvalid, match=name) as caught:
        options({name: value})
    assert caught.value.field == name


@pytest.mark.parametrize("name", ["layout_detection", "images"])
def test_an_empty_value_is_neither_true_nor_false(name: str) -> None:
    with pytest.raises(OptionInvalid, match=name):
        options({name: ""})


def test_what_is_for_the_model_is_read_and_compared() -> None:
    fields = {"max_pixels": "500000", "use_seal_recognition": "false", "prompt_label": "table"}
    model = options(fields).parse.model
    assert model.given() == {
        "max_pixels": 500_000,
        "use_seal_recognition": False,
        "prompt_label": "table",
    }
    assert model == options({**fields, "top_p": ""}).parse.model


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_pixels", "many"),
        ("max_pixels", "1"),
        ("max_new_tokens", "0"),
        ("max_new_tokens", "1e9"),
        ("temperature", "nan"),
        ("temperature", "-1"),
        ("top_p", "inf"),
        ("layout_threshold", "1.5"),
        ("layout_shape_mode", "circle"),
        ("prompt_label", "poem"),
        ("use_doc_unwarping", "perhaps"),
        ("merge_layout_blocks", "0"),
    ],
)
def test_a_wrong_option_for_the_model_is_named(name: str, value: str) -> None:
    with pytest.raises(OptionInvalid, match=f"The option {name} (is wrong|must be)") as caught:
        options({name: value})
    assert caught.value.field == name
