"""The settings of the service itself and of whatever engine it runs."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode

_DEVICE = re.compile(r"cpu|gpu(:\d+(,\d+)*)?")
_LANGUAGES = re.compile(r"([A-Za-z_]+(\+[A-Za-z_]+)*)?")


class ServiceSettings(BaseSettings):
    """Where it listens, which engine reads the pages and how."""

    # The service
    app_name: str = Field("PaddleOCR-VL Service", description="Name shown by `/health`.")
    app_version: str = Field(
        "1.0.0",
        description="Version of the HTTP contract shown by `/health`; `/version` tells the "
        "package's own.",
    )
    app_host: str = Field("0.0.0.0", description="Address to listen on.")  # noqa: S104
    app_port: int = Field(
        8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one."
    )
    debug: bool = Field(False, description="Restart when the source changes; for development only.")
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Origins, separated by commas, whose web pages may call the service; `*` "
        "allows all of them, without credentials.",
    )

    # The engine
    use_gpu: bool = Field(
        True, description="Use a GPU where there is one; `false` wins over `DEVICE`."
    )
    device: str = Field("gpu", description="`gpu`, `gpu:0,1` (which ones) or `cpu`.")
    engine: str = Field(
        "auto",
        description="`auto`, `onnx` (the embedded CPU engine), `paddleocr-vl`, or `module:Class` "
        "of your own. `auto` is `paddleocr-vl` where its libraries and models and a GPU or a VLM "
        "server are there, else `onnx`.",
    )
    engine_processes: int = Field(
        0,
        ge=0,
        le=64,
        description="Engine processes; 0 is one for every GPU that is used, else one for every "
        "four CPUs. The CPUs are shared out among them.",
    )
    engine_batch_pages: int = Field(
        1,
        ge=1,
        le=64,
        description="Most pages that one engine call carries, of several documents where their "
        "options are equal.",
    )
    engine_max_pages: int = Field(
        1000,
        ge=0,
        description="Pages after which an engine process is replaced, its successor loading "
        "first; 0 is never.",
    )
    engine_max_rss_mb: int = Field(
        0,
        ge=0,
        description="MiB of memory above which an engine process is replaced; 0 is 60 % of the "
        "machine's or container's memory, shared out among the processes, and 1024 at least.",
    )
    engine_start_timeout_seconds: float = Field(
        300, gt=0, description="Seconds for an engine process to load its models."
    )
    preload_model: bool = Field(
        False, description="Load the engine when the service starts, not on the first request."
    )
    text_source: Literal["auto", "ocr", "text-layer"] = Field(
        "auto",
        description="Where a PDF's text comes from unless the request says otherwise: `ocr`, the "
        "PDF's own `text-layer`, or `auto`, which lets the engine choose (the embedded engine "
        "takes a text layer that says what one sees, and OCR otherwise).",
    )

    layout_detection: bool = Field(
        True,
        description="Whether a layout model looks at each page unless the request says otherwise; "
        "without one, text and geometry alone say what something is, which is quicker.",
    )
    tesseract_languages: str = Field(
        "",
        description="Language packs such as `rus+kor` with which tesseract reads lines in scripts "
        "that the embedded engine does not; empty is without tesseract.",
    )
    tesseract_path: str = Field(
        "tesseract", description="The tesseract program, where it is not on the `PATH`."
    )

    @field_validator("device")
    @classmethod
    def _known_device(cls, value: str) -> str:
        if not _DEVICE.fullmatch(value):
            raise ValueError("must be 'gpu', 'gpu:0' (or 'gpu:0,1') or 'cpu'")
        return value

    @field_validator("tesseract_languages")
    @classmethod
    def _language_packs(cls, value: str) -> str:
        if not _LANGUAGES.fullmatch(value):
            raise ValueError("must be names of language packs such as 'rus' or 'rus+kor'")
        return value
