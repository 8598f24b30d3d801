"""What a request may ask of PaddleOCR-VL, under the names that upstream gives it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from paddleocr_vl_service.models.errors import OptionInvalid


class MergeBoxesMode(str, Enum):
    """Which of several overlapping layout boxes of one kind is kept."""

    UNION = "union"
    LARGE = "large"
    SMALL = "small"


class LayoutShapeMode(str, Enum):
    """What a layout region's outline may be."""

    RECT = "rect"
    QUAD = "quad"
    POLY = "poly"
    AUTO = "auto"


class PromptLabel(str, Enum):
    """What a whole page is read as when no layout detection divides it."""

    OCR = "ocr"
    FORMULA = "formula"
    TABLE = "table"
    CHART = "chart"
    SEAL = "seal"
    SPOTTING = "spotting"


def _may_be_left_out(schema: dict[str, Any]) -> None:
    """A field of a form is there or not; it is never null."""
    schema.pop("default", None)
    branches = [each for each in schema.pop("anyOf", ()) if each.get("type") != "null"]
    for branch in branches:
        schema.update(branch)


def _field(description: str, **options: Any) -> Any:
    return Field(None, description=description, json_schema_extra=_may_be_left_out, **options)


class ModelOptions(BaseModel):
    """What a request may ask of PaddleOCR-VL; None leaves it to the service's settings.

    Options that compare equal let pages share one call of the engine.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    use_doc_orientation_classify: bool | None = _field(
        "PaddleOCR-VL: turn pages that lie on their side or stand on their head.", examples=[True]
    )
    use_doc_unwarping: bool | None = _field(
        "PaddleOCR-VL: flatten photographed pages.", examples=[False]
    )
    use_chart_recognition: bool | None = _field(
        "PaddleOCR-VL: read the data of charts.", examples=[True]
    )
    use_seal_recognition: bool | None = _field(
        "PaddleOCR-VL 1.5 and later: read the text of seals.", examples=[True]
    )
    use_ocr_for_image_block: bool | None = _field(
        "PaddleOCR-VL: read the text inside pictures.", examples=[False]
    )
    merge_layout_blocks: bool | None = _field(
        "PaddleOCR-VL: join the blocks of a text that runs over columns before reading it; one "
        "element then stands for several boxes.",
        examples=[False],
    )
    layout_threshold: float | None = _field(
        "PaddleOCR-VL: least layout confidence of a region.", ge=0, le=1, examples=[0.3]
    )
    layout_unclip_ratio: float | None = _field(
        "PaddleOCR-VL: factor by which layout boxes grow.", gt=0, le=4, examples=[1.0]
    )
    layout_merge_bboxes_mode: MergeBoxesMode | None = _field(
        "PaddleOCR-VL: which of overlapping layout boxes is kept.", examples=["large"]
    )
    layout_shape_mode: LayoutShapeMode | None = _field(
        "PaddleOCR-VL: what the outline of a region may be.", examples=["auto"]
    )
    prompt_label: PromptLabel | None = _field(
        "PaddleOCR-VL: what a page is read as where `layout_detection` is false; `seal` and "
        "`spotting` need 1.5 or later.",
        examples=["ocr"],
    )
    repetition_penalty: float | None = _field(
        "PaddleOCR-VL on a VLM server: penalty of repeated tokens.", gt=0, le=4, examples=[1.05]
    )
    temperature: float | None = _field(
        "PaddleOCR-VL on a VLM server: randomness of the answers; 0 is none.",
        ge=0,
        le=2,
        examples=[0.0],
    )
    top_p: float | None = _field(
        "PaddleOCR-VL on a VLM server: share of probability that is sampled from.",
        gt=0,
        le=1,
        examples=[0.9],
    )
    min_pixels: int | None = _field(
        "PaddleOCR-VL: pixels to which a smaller region is enlarged.",
        ge=784,
        le=10_000_000,
        examples=[112896],
    )
    max_pixels: int | None = _field(
        "PaddleOCR-VL: pixels to which a larger region is reduced.",
        ge=784,
        le=10_000_000,
        examples=[1003520],
    )
    max_new_tokens: int | None = _field(
        "PaddleOCR-VL: most tokens of the answer for one region.",
        ge=1,
        le=16_384,
        examples=[4096],
    )

    def given(self) -> dict[str, Any]:
        """Those that are not None, by name, as plain values."""
        return self.model_dump(mode="json", exclude_none=True)

    def over(self, defaults: ModelOptions) -> ModelOptions:
        """These options where they are given, and others where they are not."""
        return defaults.model_copy(update=self.model_dump(exclude_none=True))


SAMPLING = ("repetition_penalty", "temperature", "top_p")
"""What only a VLM server can be asked for."""

OPTION_NAMES = tuple(ModelOptions.model_fields)

_SWITCHES = frozenset(
    name for name, each in ModelOptions.model_fields.items() if each.annotation == (bool | None)
)


def parse_model_options(fields: Mapping[str, str]) -> ModelOptions:
    """Those among the fields that are for the model; empty ones are left out.

    Raises:
        OptionInvalid: A value makes no sense; names the option.
    """
    given = {name: value for name in OPTION_NAMES if (value := fields.get(name))}
    for name in _SWITCHES & given.keys():
        if given[name].lower() not in ("true", "false"):
            raise OptionInvalid(f"The option {name} must be true or false.", field=name)
    try:
        return ModelOptions.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        name, words = str(first["loc"][0]), first["msg"]
        raise OptionInvalid(
            f"The option {name} is wrong: {words[:1].lower()}{words[1:]}.", field=name
        ) from None
