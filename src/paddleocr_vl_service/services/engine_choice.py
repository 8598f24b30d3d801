"""Which engine the settings and this machine mean, and what requests may ask of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from paddleocr_vl_service.config.settings import Settings
from paddleocr_vl_service.engines.paddleocr_vl.config import PaddleOCRVLConfig
from paddleocr_vl_service.engines.paddleocr_vl.model_folders import (
    is_complete,
    required_models,
)
from paddleocr_vl_service.engines.registry import ENGINES, EngineEntry, find_engine
from paddleocr_vl_service.models.document import ParseOptions, TextSourceChoice
from paddleocr_vl_service.models.errors import OptionInvalid
from paddleocr_vl_service.models.model_options import (
    OPTION_NAMES,
    SAMPLING,
    ModelOptions,
    PromptLabel,
)
from paddleocr_vl_service.services.paddleocr_vl_needs import missing_parts

PADDLEOCR_VL = ENGINES["paddleocr-vl"]

_ROLES = {
    "use_doc_orientation_classify": "doc_orientation_classify",
    "use_doc_unwarping": "doc_unwarping",
}


@dataclass(frozen=True)
class EngineChoice:
    """An engine, and why it is this one.

    Attributes:
        entry: Where its class is.
        reason: One sentence for the log; empty where nothing was to be chosen.
    """

    entry: EngineEntry
    reason: str = ""


def choose_engine(settings: Settings, gpus: int) -> EngineChoice:
    """The engine that ``ENGINE`` names; for ``auto`` PaddleOCR-VL where it can be run sensibly.

    Raises:
        ValueError: There is no such engine, or what it needs is missing; one sentence that says
            what to change.
    """
    if settings.engine != "auto":
        entry = find_engine(settings.engine)
        if entry is PADDLEOCR_VL:
            missing = what_paddleocr_vl_lacks(settings)
            if missing:
                raise ValueError(f"ENGINE=paddleocr-vl: {missing}")
            if settings.text_source == "text-layer":
                raise ValueError(
                    "TEXT_SOURCE=text-layer needs ENGINE=onnx: PaddleOCR-VL reads pictures of pages"
                )
        return EngineChoice(entry)
    missing = what_paddleocr_vl_lacks(settings) or _why_not_by_itself(settings, gpus)
    if missing or settings.text_source == "text-layer":
        reason = missing or "TEXT_SOURCE=text-layer is read by the embedded engine"
        return EngineChoice(ENGINES["onnx"], f"the embedded engine, because {reason}")
    return EngineChoice(PADDLEOCR_VL, "PaddleOCR-VL, because all that it needs is there")


def may_use_gpu(settings: Settings) -> bool:
    """Whether the settings ask for a GPU; not where they name an engine that uses none."""
    if settings.engine == "auto":
        return settings.wants_gpu
    return settings.wants_gpu and find_engine(settings.engine).uses_gpu


def what_paddleocr_vl_lacks(settings: Settings) -> str:
    """What is missing here to run PaddleOCR-VL, and the commands that bring it."""
    return "; ".join(missing_parts(settings, paddleocr_vl_config(settings)))


def _why_not_by_itself(settings: Settings, gpus: int) -> str:
    """Why nobody would want PaddleOCR-VL here without saying so; empty where one would."""
    on_purpose = {"device", "use_gpu"} & settings.model_fields_set and not settings.wants_gpu
    if gpus or on_purpose or settings.vl_rec_server_url:
        return ""
    return "there is no GPU (ENGINE=paddleocr-vl or DEVICE=cpu would use the CPU)"


def paddleocr_vl_config(settings: Settings, processes: int = 1) -> PaddleOCRVLConfig:
    """The settings as the engine takes them.

    Args:
        settings: Of the service.
        processes: Engine processes that share the VLM server.
    """
    newer = settings.pipeline_version != "v1"
    charts, seals = settings.use_chart_recognition, settings.use_seal_recognition
    return PaddleOCRVLConfig(
        pipeline_version=settings.pipeline_version,
        inference_engine=settings.inference_engine,
        vl_rec_backend=settings.vl_rec_backend,
        vl_rec_server_url=settings.vl_rec_server_url,
        vl_rec_api_key=settings.vl_rec_api_key.get_secret_value(),
        vl_rec_model_name=settings.vl_rec_model_name,
        vl_rec_max_concurrency=max(1, settings.vl_rec_max_concurrency // processes),
        models_dir=settings.models_dir,
        layout_detection_model_dir=settings.layout_detection_model_dir,
        vl_rec_model_dir=settings.vl_rec_model_dir,
        doc_orientation_classify_model_dir=settings.doc_orientation_classify_model_dir,
        doc_unwarping_model_dir=settings.doc_unwarping_model_dir,
        defaults=ModelOptions(
            use_doc_orientation_classify=settings.use_doc_orientation_classify,
            use_doc_unwarping=settings.use_doc_unwarping,
            use_chart_recognition=newer if charts is None else charts,
            use_seal_recognition=newer if seals is None else seals,
            use_ocr_for_image_block=settings.use_ocr_for_image_block,
            merge_layout_blocks=settings.merge_layout_blocks,
            layout_threshold=settings.layout_threshold,
            min_pixels=settings.vl_rec_min_pixels,
            max_pixels=settings.vl_rec_max_pixels,
            max_new_tokens=settings.max_new_tokens,
        ),
    )


@dataclass(frozen=True)
class EngineAbilities:
    """What requests may ask of the engine; anything by default.

    Attributes:
        refused: Options of `ModelOptions` that it does not take, each with the reason.
        prompts: What it can read a whole page as.
        reads_text_layers: Whether it can be told to take a PDF's own text.
    """

    refused: Mapping[str, str] = field(default_factory=dict)
    prompts: frozenset[PromptLabel] = frozenset(PromptLabel)
    reads_text_layers: bool = True

    def check(self, options: ParseOptions) -> None:
        """Refuse what the engine cannot do.

        Raises:
            OptionInvalid: An option asks for it; names the option.
        """
        for name in options.model.given():
            if name in self.refused:
                raise OptionInvalid(f"The option {name} {self.refused[name]}.", field=name)
        prompt = options.model.prompt_label
        if prompt is not None and prompt not in self.prompts:
            raise OptionInvalid(
                f"The option prompt_label={prompt.value} needs PIPELINE_VERSION v1.5 or v1.6.",
                field="prompt_label",
            )
        if options.text_source is TextSourceChoice.TEXT_LAYER and not self.reads_text_layers:
            raise OptionInvalid(
                "The option text_source=text-layer needs the embedded engine: PaddleOCR-VL reads "
                "pictures of pages.",
                field="text_source",
            )


ANYTHING = EngineAbilities()


def abilities_of(entry: EngineEntry, settings: Settings) -> EngineAbilities:
    """What requests may ask of an engine with these settings."""
    if entry is not PADDLEOCR_VL:
        if entry.name not in ENGINES:
            return ANYTHING  # somebody's own
        reason = f"needs the PaddleOCR-VL engine; this service runs {entry.name}"
        return EngineAbilities(dict.fromkeys(OPTION_NAMES, reason))
    refused: dict[str, str] = {}
    config = paddleocr_vl_config(settings)
    if not config.uses_server:
        refused |= dict.fromkeys(SAMPLING, "needs a VLM server: VL_REC_BACKEND is native")
    complete = {model.role for model in required_models(config) if is_complete(model)}
    for name, role in _ROLES.items():
        if role not in complete:
            refused[name] = "needs a model that is not installed here"
    prompts = frozenset(PromptLabel)
    if config.pipeline_version == "v1":
        refused["use_seal_recognition"] = "needs PIPELINE_VERSION v1.5 or v1.6"
        prompts -= {PromptLabel.SEAL, PromptLabel.SPOTTING}
    return EngineAbilities(refused, prompts, reads_text_layers=False)
