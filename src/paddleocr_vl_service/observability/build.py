"""From settings to what watches the service."""

from __future__ import annotations

from paddleocr_vl_service.config.header_list import parse_headers
from paddleocr_vl_service.config.settings import Settings
from paddleocr_vl_service.jobs.service import JobService
from paddleocr_vl_service.observability.meter import PrometheusMeter
from paddleocr_vl_service.observability.scrape import Scraper
from paddleocr_vl_service.observability.telemetry import Tracer
from paddleocr_vl_service.observability.tracing import (
    TracingConfig,
    check_tracing,
    start_tracing,
)
from paddleocr_vl_service.services.engine_choice import may_use_gpu
from paddleocr_vl_service.services.paddleocr_vl_service import PaddleOCRVLService


def build_tracer(settings: Settings) -> Tracer:
    """What sends traces, or one that makes none; raises as `check_tracing`."""
    check_tracing(settings)
    if not settings.otel_exporter_otlp_endpoint:
        return Tracer()
    return start_tracing(
        TracingConfig(
            settings.otel_exporter_otlp_endpoint,
            parse_headers(settings.otel_exporter_otlp_headers.get_secret_value()),
            settings.otel_service_name,
            settings.otel_traces_sampler_arg,
        )
    )


def build_scraper(
    settings: Settings, meter: PrometheusMeter, service: PaddleOCRVLService, jobs: JobService
) -> Scraper:
    """What answers ``/metrics``."""
    folders = {"tmp": settings.tmp_dir, "data": settings.data_dir}
    return Scraper(meter, service, jobs, folders, gpu_wanted=may_use_gpu(settings))
