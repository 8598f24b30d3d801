"""Every setting of the service: its name, default, bounds and one sentence of help.

Settings come from the environment, else from a file that ``NAME_FILE`` names (for secrets), else
from ``.env`` in the working directory, else from the default.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from paddleocr_vl_service.config.header_list import parse_headers
from paddleocr_vl_service.config.secret_files import SecretFileSource

_DEVICE = re.compile(r"cpu|gpu(:\d+(,\d+)*)?")
_HTTP_URL = re.compile(r"https?://[^\s/?#@]+(/[^\s?#]*)?")
_LANGUAGES = re.compile(r"([A-Za-z_]+(\+[A-Za-z_]+)*)?")


class Settings(BaseSettings):
    """The service's configuration; immutable once read."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

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

    # PaddleOCR-VL
    pipeline_version: Literal["v1", "v1.5", "v1.6"] = Field(
        "v1.6", description="Version of PaddleOCR-VL."
    )
    inference_engine: Literal["paddle", "transformers"] = Field(
        "paddle", description="What computes PaddleOCR-VL's models on this machine."
    )
    vl_rec_backend: Literal[
        "native",
        "vllm-server",
        "sglang-server",
        "fastdeploy-server",
        "mlx-vlm-server",
        "llama-cpp-server",
    ] = Field(
        "native",
        description="Where PaddleOCR-VL's vision-language model runs: `native` (in the engine's "
        "process) or a server of the kind `vllm-server`, `sglang-server`, `fastdeploy-server`, "
        "`mlx-vlm-server` or `llama-cpp-server`.",
    )
    vl_rec_server_url: str = Field(
        "", description="Address of the VLM server, such as `http://gpu-host:8118/v1`."
    )
    vl_rec_api_key: SecretStr = Field(
        SecretStr(""), description="Key for the VLM server, where it asks for one."
    )
    vl_rec_model_name: str = Field(
        "", description="The model's name on the VLM server; empty is upstream's own."
    )
    vl_rec_max_concurrency: int = Field(
        16,
        ge=1,
        le=1024,
        description="Regions that may be with the VLM server at a time, shared out among the "
        "engine processes.",
    )
    models_dir: str = Field(
        "",
        description="Folder with a folder for each of PaddleOCR-VL's models; empty is where "
        "upstream keeps them, `~/.paddlex/official_models`.",
    )
    vl_rec_model_dir: str = Field(
        "", description="Folder of the vision-language model, where it is not in `MODELS_DIR`."
    )
    layout_detection_model_dir: str = Field(
        "", description="Folder of the layout model, where it is not in `MODELS_DIR`."
    )
    doc_orientation_classify_model_dir: str = Field(
        "", description="Folder of the page orientation model, where it is not in `MODELS_DIR`."
    )
    doc_unwarping_model_dir: str = Field(
        "", description="Folder of the unwarping model, where it is not in `MODELS_DIR`."
    )
    use_doc_orientation_classify: bool = Field(
        True, description="Whether PaddleOCR-VL turns pages upright."
    )
    use_doc_unwarping: bool = Field(
        False, description="Whether PaddleOCR-VL flattens photographed pages."
    )
    use_chart_recognition: bool | None = Field(
        None, description="Whether PaddleOCR-VL reads charts; on for v1.5 and later."
    )
    use_seal_recognition: bool | None = Field(
        None, description="Whether PaddleOCR-VL reads seals; on for v1.5 and later, which can."
    )
    use_ocr_for_image_block: bool = Field(
        False, description="Whether PaddleOCR-VL reads the text inside pictures."
    )
    merge_layout_blocks: bool = Field(
        False,
        description="Whether PaddleOCR-VL joins the blocks of a text before reading it; one "
        "element then stands for several boxes.",
    )
    layout_threshold: float | None = Field(
        None, ge=0, le=1, description="Least layout confidence of a region; empty is upstream's."
    )
    vl_rec_min_pixels: int | None = Field(
        None, ge=784, description="Pixels to which PaddleOCR-VL enlarges a smaller region."
    )
    vl_rec_max_pixels: int | None = Field(
        None, ge=784, description="Pixels to which PaddleOCR-VL reduces a larger region."
    )
    max_new_tokens: int = Field(
        4096, ge=1, le=16_384, description="Most tokens of PaddleOCR-VL's answer for one region."
    )

    # Limits
    max_upload_size: int = Field(52_428_800, gt=0, description="Largest file, in bytes.")
    max_concurrent_requests: int = Field(
        3,
        ge=1,
        description="Documents of more than five pages that are processed at the same time.",
    )
    max_concurrent_short_requests: int = Field(
        0,
        ge=0,
        description="Documents of up to five pages that are processed at the same time, in places "
        "of their own; 0 is 8, or two for every page that the engine reads at a time.",
    )
    max_queued_requests: int = Field(
        32,
        ge=0,
        description="Requests of either kind that may wait behind them; more are answered 503.",
    )
    max_queued_bytes: int = Field(
        1_073_741_824,
        gt=0,
        description="Bytes of all uploads that are inside together; more are answered 503.",
    )
    max_pages: int = Field(2000, ge=1, description="Most pages that one request may ask for.")
    max_pixels: int = Field(
        80_000_000, ge=10_000, description="Most pixels of one page image; more are refused."
    )
    request_timeout_seconds: float = Field(
        600, gt=0, description="Seconds for one request, its upload included; then 504."
    )
    page_timeout_seconds: float = Field(
        120,
        gt=0,
        description="Seconds for one page; then its engine process is replaced. A call with "
        "several pages has that many times as long.",
    )
    shutdown_grace_seconds: float = Field(
        30, ge=0, description="Seconds that running requests get to finish at shutdown."
    )

    # Jobs
    max_job_upload_size: int = Field(
        1_073_741_824, gt=0, description="Largest file of a job, in bytes."
    )
    max_queued_jobs: int = Field(
        1000, ge=1, description="Jobs that may wait; more are answered 503."
    )
    max_running_jobs: int = Field(
        2,
        ge=0,
        le=64,
        description="Jobs that each process works on at the same time; 0 only takes them.",
    )
    job_retention_hours: float = Field(
        24, gt=0, description="Hours for which a finished job's files and results stay."
    )
    min_free_disk_mb: int = Field(
        1024, ge=0, description="MiB that must be free before a job is taken; else 507."
    )
    database_url: SecretStr = Field(
        SecretStr(""),
        description="PostgreSQL database of jobs, such as `postgresql://user:password@host/name`; "
        "empty is SQLite files in `DATA_DIR`.",
    )
    blob_url: str = Field(
        "",
        description="Where jobs' files lie, as a URL that fsspec knows, such as "
        "`s3://bucket/path`; empty is `DATA_DIR`.",
    )

    webhook_secret: SecretStr = Field(
        SecretStr(""), description="Signs what webhooks are told; without one there are none."
    )
    webhook_allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Hosts, separated by commas and with a port where need be, that webhooks may "
        "call though their addresses are not public.",
    )

    # Storage
    tmp_dir: Path = Field(
        default_factory=lambda: Path(tempfile.gettempdir()) / "paddleocr-vl-service",
        description="Folder for uploads and page images while they are processed.",
    )
    data_dir: Path = Field(
        Path("data"),
        description="Folder for what must outlive a restart: jobs, their files and results.",
    )

    # Logging
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = Field(
        "INFO", description="Least severe messages that are logged."
    )
    log_format: Literal["json", "text"] = Field("json", description="Form of the log lines.")

    # Watching
    metrics: bool = Field(True, description="Whether `/metrics` answers.")
    worker_port: int | None = Field(
        None,
        ge=0,
        le=65535,
        description="Port at which a `worker` answers `/health` and `/metrics`; empty is none, "
        "and 0 takes a free one.",
    )
    otel_exporter_otlp_endpoint: str = Field(
        "",
        description="Address of an OpenTelemetry collector that takes OTLP over HTTP, such as "
        "`http://collector:4318`; empty is without traces.",
    )
    otel_exporter_otlp_headers: SecretStr = Field(
        SecretStr(""),
        description="Headers for the collector, such as `authorization=Bearer ...`; several "
        "separated by commas.",
    )
    otel_service_name: str = Field(
        "paddleocr-vl-service", min_length=1, description="What traces are said to be of."
    )
    otel_traces_sampler_arg: float = Field(
        1.0,
        ge=0,
        le=1,
        description="Share of the requests and jobs that are traced; those of a client that sends "
        "`traceparent` are as it says.",
    )

    @field_validator("cors_origins", "webhook_allowed_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("otel_exporter_otlp_endpoint")
    @classmethod
    def _is_collector(cls, value: str) -> str:
        if value and not _HTTP_URL.fullmatch(value):
            raise ValueError("must be a URL such as http://collector:4318")
        return value.rstrip("/").removesuffix("/v1/traces")

    @field_validator("otel_exporter_otlp_headers")
    @classmethod
    def _are_headers(cls, value: SecretStr) -> SecretStr:
        parse_headers(value.get_secret_value())
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

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

    @model_validator(mode="after")
    def _room_for_one_upload(self) -> Settings:
        if self.max_queued_bytes < self.max_upload_size:
            raise ValueError("MAX_QUEUED_BYTES must not be smaller than MAX_UPLOAD_SIZE")
        return self

    @field_validator("database_url")
    @classmethod
    def _is_postgresql(cls, value: SecretStr) -> SecretStr:
        url = value.get_secret_value()
        if url and not url.startswith(("postgresql://", "postgres://")):
            raise ValueError("must be a URL such as postgresql://user:password@host/name")
        return SecretStr(url.replace("postgres://", "postgresql://", 1))

    @model_validator(mode="after")
    def _server_and_backend(self) -> Settings:
        if self.vl_rec_backend == "native":
            for name in ("vl_rec_server_url", "vl_rec_model_name", "vl_rec_api_key"):
                if getattr(self, name):
                    raise ValueError(
                        f"{name.upper()} is set and VL_REC_BACKEND is native: set VL_REC_BACKEND "
                        "to the kind of server, such as vllm-server"
                    )
        elif not self.vl_rec_server_url:
            raise ValueError(
                f"VL_REC_BACKEND={self.vl_rec_backend} needs VL_REC_SERVER_URL, such as "
                "http://gpu-host:8118/v1"
            )
        elif not _HTTP_URL.fullmatch(self.vl_rec_server_url):
            raise ValueError("VL_REC_SERVER_URL must be a URL such as http://gpu-host:8118/v1")
        return self

    @model_validator(mode="after")
    def _what_models_can_do(self) -> Settings:
        if self.pipeline_version == "v1" and self.use_seal_recognition:
            raise ValueError(
                "USE_SEAL_RECOGNITION=true needs PIPELINE_VERSION v1.5 or v1.6, and it is v1"
            )
        least, most = self.vl_rec_min_pixels, self.vl_rec_max_pixels
        if least is not None and most is not None and least > most:
            raise ValueError("VL_REC_MIN_PIXELS must not be larger than VL_REC_MAX_PIXELS")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - for one folder of files
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment first, then files, then ``.env``."""
        return init_settings, env_settings, SecretFileSource(settings_cls), dotenv_settings

    @property
    def wants_gpu(self) -> bool:
        """Whether a GPU is to be used where there is one."""
        return self.use_gpu and self.device != "cpu"

    def masked(self) -> dict[str, Any]:
        """All settings for a log line, secrets as asterisks."""
        return self.model_dump(mode="json")
