"""Every setting of the service: its name, default, bounds and one sentence of help.

Settings come from the environment, else from a file that ``NAME_FILE`` names (for secrets), else
from ``.env`` in the working directory, else from the default.
"""

from __future__ import annotations

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
from paddleocr_vl_service.config.paddleocr_vl_settings import HTTP_URL, PaddleOCRVLSettings
from paddleocr_vl_service.config.secret_files import SecretFileSource
from paddleocr_vl_service.config.service_settings import ServiceSettings


class Settings(PaddleOCRVLSettings, ServiceSettings):
    """The service's configuration; immutable once read."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
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
        if value and not HTTP_URL.fullmatch(value):
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
