"""PaddleOCR-VL as an engine of this service."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from paddleocr_vl_service.engines.base import EngineCapabilities, EngineConfig
from paddleocr_vl_service.engines.element_crops import add_crops
from paddleocr_vl_service.engines.paddleocr_vl.failures import explained
from paddleocr_vl_service.engines.paddleocr_vl.languages import SCRIPTS
from paddleocr_vl_service.engines.paddleocr_vl.model_folders import (
    missing_models,
    model_revision,
)
from paddleocr_vl_service.engines.paddleocr_vl.pipeline import Pipeline, predict_options
from paddleocr_vl_service.engines.paddleocr_vl.results import page_result, processed_image
from paddleocr_vl_service.models.document import EngineInfo, PageImage, PageResult, ParseOptions
from paddleocr_vl_service.models.errors import EngineUnavailable, PageFailed

Pixels = npt.NDArray[np.uint8]

_NAME = "paddleocr-vl"
_OFFLINE = {
    "PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK": "True",
    "PADDLE_PDX_DISABLE_DEVICE_FALLBACK": "True",  # a GPU that fails is an error, not a slow CPU
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "NO_ALBUMENTATIONS_UPDATE": "1",
}


class PaddleOCRVLEngine:
    """Reads pages with PaddleOCR-VL; implements `engines.base.Engine`.

    Args:
        config: Its ``paddleocr_vl`` says which models, and where they run.
    """

    def __init__(self, config: EngineConfig) -> None:
        self._config = config
        self._own = config.paddleocr_vl
        self._pipeline: Pipeline | None = None

    def warmup(self) -> EngineCapabilities:
        """Load the models from their folders, without any look at the network.

        Raises:
            EngineUnavailable: A model or a library is missing, or the GPU is.
        """
        if missing := missing_models(self._own):
            names = ", ".join(model.name for model in missing)
            raise EngineUnavailable(
                f"The model files of {names} are missing: run 'paddleocr-vl-service models "
                "download'."
            )
        os.environ.update(
            {name: value for name, value in _OFFLINE.items() if name not in os.environ}
        )
        try:
            self._pipeline = Pipeline(self._own, self._config.device, self._config.threads)
        except ImportError as error:
            raise EngineUnavailable(
                "PaddleOCR-VL's libraries are missing: 'paddleocr-vl-service doctor' says which."
            ) from error
        except Exception as error:
            if (known := explained(error)) is not None:
                raise EngineUnavailable(known.detail) from error
            raise
        return EngineCapabilities(
            info=EngineInfo(_NAME, _model_name(self._own.pipeline_version), self._revision()),
            device=self._config.device,
            scripts=SCRIPTS,
        )

    def _revision(self) -> str:
        where = self._own.vl_rec_backend if self._own.uses_server else self._own.inference_engine
        return f"{model_revision(self._own)}, {where}, paddleocr {version('paddleocr')}"

    def parse(self, pages: Sequence[PageImage], options: ParseOptions) -> list[PageResult]:
        """Read pages in one call of the pipeline."""
        if self._pipeline is None:
            raise RuntimeError("parse() was called before warmup()")
        wanted = predict_options(
            options.model.over(self._own.defaults),
            layout_detection=options.layout_detection,
            frugal=options.frugal,
            on_server=self._own.uses_server,
        )
        _check(self._pipeline, wanted)
        try:
            read = self._pipeline.predict([_bgr(page.file) for page in pages], wanted)
        except Exception as error:
            if (known := explained(error)) is not None:
                raise known from error
            raise
        results = []
        for page, (result, readings) in zip(pages, read, strict=True):
            done = page_result(result, readings, page.number)
            if options.crops:
                done = _with_crops(done, processed_image(result), len(pages))
            results.append(done)
        return results

    def close(self) -> None:
        """Release what upstream holds."""
        if self._pipeline is not None:
            self._pipeline.close()
            self._pipeline = None


def _check(pipeline: Pipeline, wanted: dict[str, object]) -> None:
    """Refuse what needs a model that is not loaded; upstream would go on without a word."""
    if wanted["use_doc_orientation_classify"] and not pipeline.can_turn:
        raise PageFailed("Turning pages needs a model that is not installed here.")
    if wanted["use_doc_unwarping"] and not pipeline.can_unwarp:
        raise PageFailed("Flattening pages needs a model that is not installed here.")


def _model_name(pipeline_version: str) -> str:
    number = "" if pipeline_version == "v1" else pipeline_version.removeprefix("v") + " "
    return f"PaddleOCR-VL {number}0.9B"


def _bgr(path: str) -> Pixels:
    """The page image as upstream wants it: height x width x 3 bytes, BGR."""
    with Image.open(Path(path)) as file:
        rgb = np.asarray(file.convert("RGB"))
    return np.ascontiguousarray(rgb[:, :, ::-1])


def _with_crops(
    page: PageResult, image: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], pages: int
) -> PageResult:
    picture = Image.fromarray(np.ascontiguousarray(image[:, :, ::-1]))
    elements, left_out = add_crops(page.elements, picture, page.number, pages=pages)
    return replace(page, elements=elements, warnings=(*page.warnings, *left_out))
