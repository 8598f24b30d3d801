"""Counts what happens, for Prometheus. Its labels have few values, whatever clients send."""

from __future__ import annotations

import platform
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.core import Metric
from prometheus_client.samples import Sample

from paddleocr_vl_service import __version__
from paddleocr_vl_service.models.errors import error_codes
from paddleocr_vl_service.models.jobs import JobStatus
from paddleocr_vl_service.models.stages import Stage
from paddleocr_vl_service.observability.telemetry import READ, Meter

PREFIX = "paddleocr_vl_"

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600)
"""From what answers at once to `REQUEST_TIMEOUT_SECONDS`."""

_OUTCOMES = (READ, "page-failed", "page-timed-out", "engine-out-of-memory")
WEBHOOK_OUTCOMES = ("delivered", "failed", "given-up")


class _Registry(CollectorRegistry):
    """Without the time at which each series began, which would double them all."""

    def collect(self) -> Iterator[Metric]:
        for metric in super().collect():
            metric.samples = [each for each in metric.samples if not _is_creation(each)]
            yield metric


def _is_creation(sample: Sample) -> bool:
    return sample.name.endswith("_created")


class PrometheusMeter(Meter):
    """Everything that is counted as it happens.

    Attributes:
        registry: Of this service alone, so that several can live in a process.
    """

    def __init__(self) -> None:
        self.registry: CollectorRegistry = _Registry(auto_describe=True)
        ProcessCollector(registry=self.registry)
        self._requests = self._counter(
            "http_requests", "Requests answered, by route template.", ["method", "route", "status"]
        )
        self._request_seconds = Histogram(
            f"{PREFIX}http_request_duration_seconds",
            "Seconds from a request's arrival to the end of its answer.",
            ["method", "route"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._problems = self._counter("problems", "Errors answered, by their codes.", ["code"])
        self._pages = self._counter("pages", "Pages read, or failed with a code.", ["outcome"])
        self._stages = Histogram(
            f"{PREFIX}stage_duration_seconds",
            "Seconds of a stage for one page; admission and assembly for one document.",
            ["stage"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._jobs = self._counter("jobs_finished", "Jobs that ended here.", ["status"])
        self._purges = self._counter("jobs_purged", "Jobs whose files were removed here.", [])
        self._webhooks = self._counter(
            "webhook_deliveries", "Attempts to tell somebody of a job's end.", ["outcome"]
        )
        self._begin_at_zero()
        build = Gauge(
            f"{PREFIX}build_info", "What is running.", ["version", "python"], registry=self.registry
        )
        build.labels(__version__, platform.python_version()).set(1)

    def _counter(self, name: str, words: str, labels: list[str]) -> Counter:
        return Counter(f"{PREFIX}{name}", words, labels, registry=self.registry)

    def _begin_at_zero(self) -> None:
        """A series that begins with its first failure has no increase that an alert could see."""
        for code in error_codes():
            self._problems.labels(code)
        for outcome in _OUTCOMES:
            self._pages.labels(outcome)
        for stage in Stage:
            self._stages.labels(stage.value)
        for status in JobStatus:
            if status.is_final:
                self._jobs.labels(status.value)
        for outcome in WEBHOOK_OUTCOMES:
            self._webhooks.labels(outcome)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered."""
        self._requests.labels(method, route, str(status)).inc()
        self._request_seconds.labels(method, route).observe(seconds)

    def problem(self, code: str) -> None:
        """An error was answered."""
        self._problems.labels(code).inc()

    def page(self, outcome: str) -> None:
        """A page was read, or failed with a code."""
        self._pages.labels(outcome).inc()

    def stage(self, stage: Stage, seconds: float) -> None:
        """A stage took so long."""
        self._stages.labels(stage.value).observe(seconds)

    def job(self, status: str) -> None:
        """A job ended here."""
        self._jobs.labels(status).inc()

    def purge(self) -> None:
        """A job's files were removed here."""
        self._purges.inc()

    def webhook(self, outcome: str) -> None:
        """An attempt was made."""
        self._webhooks.labels(outcome).inc()
