"""What is found at the moment of a scrape, as metrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from paddleocr_vl_service.models.jobs import JobCensus, JobStatus
from paddleocr_vl_service.observability.meter import PREFIX
from paddleocr_vl_service.services.engine_host.status import EngineStatus
from paddleocr_vl_service.services.engine_host.supervisor import ProcessState
from paddleocr_vl_service.services.gpu_probe import GpuMemory

CAUSES = ("engine", "storage", "jobs", "stopping")
"""Why the service cannot do its job, or a part of it."""


@dataclass(frozen=True)
class Disk:
    """Bytes of a file system, as far as this user may have them."""

    free: int
    total: int


@dataclass(frozen=True)
class Documents:
    """Documents that somebody waits for: how many there are, and how many there may be."""

    running: int = 0
    waiting: int = 0
    capacity: int = 0
    bytes: int = 0
    bytes_capacity: int = 0


@dataclass(frozen=True)
class Snapshot:
    """The service at one moment.

    Attributes:
        engine: Its processes, and pages that wait for them.
        engine_name: Of the engine.
        gpu_wanted: Whether the settings ask for a GPU.
        gpu_enabled: Whether one is used, or will be when the engine loads.
        troubles: Of `CAUSES`, those that hold.
        documents: That somebody waits for.
        readers: Document readers that are alive.
        resident: Memory that processes of a kind hold together, in bytes.
        jobs: None where the database could not be asked in time.
        gpus: By their numbers; empty without a GPU, or where the driver does not answer.
        disks: File systems by what is kept there.
    """

    engine: EngineStatus
    engine_name: str
    gpu_wanted: bool
    gpu_enabled: bool
    troubles: frozenset[str]
    documents: Documents
    readers: int
    resident: Mapping[str, int]
    jobs: JobCensus | None = None
    gpus: Mapping[int, GpuMemory] = field(default_factory=dict)
    disks: Mapping[str, Disk] = field(default_factory=dict)


class SnapshotCollector(Collector):
    """Gives the metrics of the newest snapshot.

    Attributes:
        snapshot: The newest; None before the first.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self.snapshot: Snapshot | None = None
        registry.register(self)

    def describe(self) -> Iterator[Metric]:
        """Nothing: names are known once there is a snapshot."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """The metrics."""
        snapshot = self.snapshot
        if snapshot is not None:
            yield from _state(snapshot)
            yield from _queue(snapshot)
            yield from _engine(snapshot)
            yield from _machine(snapshot)
            yield from _jobs(snapshot.jobs)


def _gauge(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"{PREFIX}{name}", words, value=value)


def _gauges(name: str, words: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"{PREFIX}{name}", words, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _count(name: str, words: str, value: float) -> CounterMetricFamily:
    return CounterMetricFamily(f"{PREFIX}{name}", words, value=value)


def _state(snapshot: Snapshot) -> Iterator[Metric]:
    yield _gauges(
        "unhealthy",
        "1 for each reason why the service cannot do its job, or a part of it.",
        "cause",
        {cause: cause in snapshot.troubles for cause in CAUSES},
    )
    yield _gauge("gpu_wanted", "1 where the settings ask for a GPU.", snapshot.gpu_wanted)
    yield _gauge("gpu_enabled", "1 where a GPU is used, or will be.", snapshot.gpu_enabled)
    yield _gauge("pipeline_ready", "1 where the engine is loaded.", snapshot.engine.ready)
    yield _gauges("engine_info", "The engine that reads.", "engine", {snapshot.engine_name: 1})


def _queue(snapshot: Snapshot) -> Iterator[Metric]:
    documents, engine = snapshot.documents, snapshot.engine
    yield _gauges(
        "documents",
        "Documents that somebody waits for, uploads included.",
        "state",
        {"running": documents.running, "waiting": documents.waiting},
    )
    yield _gauge("documents_capacity", "Documents that may be inside.", documents.capacity)
    yield _gauge("upload_bytes", "Bytes of all uploads inside.", documents.bytes)
    yield _gauge("upload_bytes_capacity", "MAX_QUEUED_BYTES.", documents.bytes_capacity)
    yield _gauges(
        "queued_pages",
        "Pages of documents and jobs, in the engine and before it.",
        "state",
        {"running": engine.pages_running, "waiting": engine.pages_waiting},
    )


def _engine(snapshot: Snapshot) -> Iterator[Metric]:
    engine = snapshot.engine
    states = Counter(process.state for process in engine.processes)
    yield _gauges(
        "engine_processes",
        "Engine processes by state.",
        "state",
        {state.value: states[state.value] for state in ProcessState},
    )
    processes = engine.processes
    yield _count("engine_starts", "Engine processes started.", engine.starts)
    yield _count(
        "engine_restarts",
        "Engine processes replaced because they died, hung or answered nonsense.",
        sum(process.restarts for process in processes),
    )
    yield _count(
        "engine_recycles",
        "Engine processes replaced because they had read or held enough.",
        sum(process.recycles for process in processes),
    )
    yield _count("engine_timeouts", "Engine calls that took too long.", engine.timeouts)


def _machine(snapshot: Snapshot) -> Iterator[Metric]:
    yield _gauge("document_readers", "Document readers that are alive.", snapshot.readers)
    yield _gauges(
        "resident_bytes",
        "Memory that all processes of a kind hold together.",
        "process",
        snapshot.resident,
    )
    gpus = {str(number): gpu for number, gpu in snapshot.gpus.items()}
    yield _gauges(
        "gpu_memory_used_bytes",
        "GPU memory in use, that of other programs included.",
        "gpu",
        {number: gpu.used for number, gpu in gpus.items()},
    )
    yield _gauges(
        "gpu_memory_total_bytes",
        "GPU memory.",
        "gpu",
        {number: gpu.total for number, gpu in gpus.items()},
    )
    disks = snapshot.disks.items()
    free = {name: disk.free for name, disk in disks}
    yield _gauges("disk_free_bytes", "Room where files are kept.", "folder", free)
    total = {name: disk.total for name, disk in disks}
    yield _gauges("disk_total_bytes", "Size of what files are kept on.", "folder", total)


def _jobs(census: JobCensus | None) -> Iterator[Metric]:
    yield _gauge(
        "jobs_database_up",
        "0 where the database of jobs did not answer in time.",
        census is not None,
    )
    if census is None:
        return
    by_status = {status.value: census.by_status.get(status, 0) for status in JobStatus}
    yield _gauges(
        "jobs",
        "Jobs in the database, of all processes that share it; finished ones until removed.",
        "status",
        by_status,
    )
    yield _gauge(
        "oldest_queued_job_seconds",
        "How long the oldest waiting job waits; 0 where none does.",
        census.oldest_queued_seconds,
    )
