"""Upstream's pipeline: made from our configuration, and listened to where it keeps things back."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from paddleocr_vl_service.engines.paddleocr_vl.config import PaddleOCRVLConfig
from paddleocr_vl_service.engines.paddleocr_vl.model_folders import (
    is_complete,
    required_models,
)
from paddleocr_vl_service.engines.paddleocr_vl.readings import Reading, WatchedRecogniser
from paddleocr_vl_service.engines.paddleocr_vl.token_probabilities import ServerAnswers
from paddleocr_vl_service.engines.stage_clock import CLOCK
from paddleocr_vl_service.models.model_options import LayoutShapeMode, ModelOptions
from paddleocr_vl_service.models.stages import Stage

DEFAULT_MIN_PIXELS = 112_896
DEFAULT_MAX_PIXELS = 1_003_520
"""Upstream's bounds of a region's size, which it does not export."""

_FRUGAL_SHARE = 4
_INFERENCE_ENGINES = {"paddle": "paddle", "transformers": "transformers"}

BlockKey = tuple[str, tuple[int, ...]]
"""A block's label and its box."""

Readings = dict[BlockKey, list[Reading]]
"""What is known of a page's blocks; of equal ones in their order."""


class Pipeline:
    """One loaded ``paddleocr.PaddleOCRVL``, called by one thread at a time.

    Args:
        config: What to load.
        device: ``cpu`` or ``gpu:N``.
        threads: CPU threads.
    """

    def __init__(self, config: PaddleOCRVLConfig, device: str, threads: int) -> None:
        from paddleocr import PaddleOCRVL  # noqa: PLC0415 - seconds, and only in an engine's process

        self._config = config
        arguments = pipeline_arguments(config, device, threads)
        self.can_turn = bool(arguments["use_doc_orientation_classify"])
        self.can_unwarp = bool(arguments["use_doc_unwarping"])
        _quieten()
        self._upstream = PaddleOCRVL(**arguments)
        self._readings: list[Readings] = []
        self._listen(self._upstream.paddlex_pipeline._pipeline)  # noqa: SLF001

    def predict(
        self, images: Sequence[Any], options: Mapping[str, Any]
    ) -> list[tuple[Any, Readings]]:
        """Read pages.

        Args:
            images: Arrays of height x width x 3 bytes, BGR.
            options: As `predict_options` makes them.

        Returns:
            Upstream's result for each page, and what is known of its blocks.
        """
        self._readings = []
        results = self._upstream.predict(list(images), **options)
        return list(zip(results, self._readings, strict=True))

    def close(self) -> None:
        """Release what upstream holds."""
        self._upstream.close()

    def _listen(self, inner: Any) -> None:
        """Change the one pipeline object that reads; `paddlex` 3.7 has no hooks of its own."""
        answers = None
        if self._config.uses_server:
            listener = ServerAnswers(inner.vl_rec_model, self._config.vl_rec_backend)
            answers = listener.take
        inner.vl_rec_model = WatchedRecogniser(
            inner.vl_rec_model, on_server=self._config.uses_server, answers=answers
        )
        if hasattr(inner, "layout_det_model"):
            inner.layout_det_model = _TimedLayout(inner.layout_det_model)
        assemble = inner._paddleocr_vl_assemble_parsing_results  # noqa: SLF001

        def assemble_and_note(
            blocks: Any, batches: Any, keys: Any, *rest: Any, **options: Any
        ) -> Any:
            self._readings += _readings_of(blocks, batches, keys)
            return assemble(blocks, batches, keys, *rest, **options)

        inner._paddleocr_vl_assemble_parsing_results = assemble_and_note  # noqa: SLF001


class _TimedLayout:
    """Stands in for upstream's layout model, to say how long it takes."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def __call__(self, *arguments: Any, **options: Any) -> list[Any]:
        with CLOCK.running(Stage.LAYOUT):
            return list(self._model(*arguments, **options))


def _quieten() -> None:
    """Let the libraries' warnings go the way of all log lines, and nothing else."""
    for name in ("paddlex", "paddleocr", "ppocr", "openai", "httpx"):
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True
        library.setLevel(logging.WARNING)


def _readings_of(blocks: Any, batches: Any, keys: Any) -> list[Readings]:
    """What the recogniser noted, by page and block, before upstream forgets it."""
    pages: list[Readings] = []
    for number, page_blocks in enumerate(blocks):
        page: Readings = defaultdict(list)
        for index, block in enumerate(page_blocks):
            place = (number, index)
            if place in keys:
                batch = batches[keys[place]]
                result = batch["vlm_results"][batch["vlm_block_ids"].index(place)]
                page[block["label"], box_of(block["box"])].append(result["reading"])
        pages.append(page)
    return pages


def box_of(coordinates: Sequence[float]) -> tuple[int, ...]:
    """Whole pixels, cut off as upstream does."""
    return tuple(int(value) for value in coordinates)


def pipeline_arguments(config: PaddleOCRVLConfig, device: str, threads: int) -> dict[str, Any]:
    """What ``paddleocr.PaddleOCRVL`` is made with; from local folders, so it asks no hoster."""
    folders = {model.role: model for model in required_models(config)}
    loaded = {role for role, model in folders.items() if model.needed or is_complete(model)}
    arguments: dict[str, Any] = {
        "pipeline_version": config.pipeline_version,
        "device": device,
        "engine": _INFERENCE_ENGINES[config.inference_engine],
        "cpu_threads": threads,
        "use_queues": False,
        "use_doc_orientation_classify": "doc_orientation_classify" in loaded,
        "use_doc_unwarping": "doc_unwarping" in loaded,
        **{f"{role}_model_dir": str(folders[role].path) for role in loaded},
    }
    if config.uses_server:
        arguments |= {
            "vl_rec_backend": config.vl_rec_backend,
            "vl_rec_server_url": config.vl_rec_server_url,
            "vl_rec_max_concurrency": config.vl_rec_max_concurrency,
            "vl_rec_api_model_name": config.vl_rec_model_name or None,
            "vl_rec_api_key": config.vl_rec_api_key or None,
        }
    return {name: value for name, value in arguments.items() if value is not None}


def predict_options(
    options: ModelOptions, *, layout_detection: bool, frugal: bool, on_server: bool
) -> dict[str, Any]:
    """What one call of the pipeline is given; `options` are complete, defaults included."""
    given = options.given()
    least = options.min_pixels or min(DEFAULT_MIN_PIXELS, options.max_pixels or DEFAULT_MIN_PIXELS)
    most = max(options.max_pixels or DEFAULT_MAX_PIXELS, least)
    if frugal:
        most = max(most // _FRUGAL_SHARE, least)
    given |= {"min_pixels": least, "max_pixels": most}
    given.setdefault("use_doc_orientation_classify", False)
    given.setdefault("use_doc_unwarping", False)
    given.setdefault("layout_shape_mode", LayoutShapeMode.AUTO.value)
    if layout_detection:
        given.pop("prompt_label", None)
    if not on_server:
        for name in ("repetition_penalty", "temperature", "top_p"):
            given.pop(name, None)  # the native model knows none of them
    return {**given, "use_layout_detection": layout_detection, "use_queues": False}
