"""A snapshot as metrics; what the real server shows is in tests/end_to_end/test_metrics.py."""

from dataclasses import replace

from prometheus_client import CollectorRegistry, generate_latest

from paddleocr_vl_service.models.jobs import JobCensus, JobStatus
from paddleocr_vl_service.observability.snapshot import (
    Disk,
    Documents,
    Snapshot,
    SnapshotCollector,
)
from paddleocr_vl_service.services.engine_host.status import EngineStatus, ProcessStatus
from paddleocr_vl_service.services.gpu_probe import GpuMemory
from tests.support.metrics import Scraped

PROCESS = ProcessStatus("gpu:0", "working", 7, 3, 1 << 30, 1.0, restarts=2, recycles=1)
ENGINE = EngineStatus(
    ready=True,
    capabilities=None,
    failure=None,
    processes=(PROCESS, replace(PROCESS, state="failed", restarts=3, recycles=0)),
    starts=9,
    pages_waiting=4,
    pages_running=2,
    timeouts=5,
)
SNAPSHOT = Snapshot(
    engine=ENGINE,
    engine_name="paddleocr-vl",
    gpu_wanted=True,
    gpu_enabled=False,
    troubles=frozenset({"storage"}),
    documents=Documents(1, 2, 43, 1000, 2000),
    readers=1,
    resident={"main": 1, "engine": 2, "reader": 3},
    jobs=JobCensus({JobStatus.QUEUED: 3}, 12.5),
    gpus={0: GpuMemory(5, 24), 1: GpuMemory(6, 24)},
    disks={"tmp": Disk(1, 10)},
)


def scraped(snapshot: Snapshot | None) -> Scraped:
    registry = CollectorRegistry()
    SnapshotCollector(registry).snapshot = snapshot
    return Scraped(generate_latest(registry).decode())


def test_processes_are_added_up_and_named_by_no_pid() -> None:
    found = scraped(SNAPSHOT)
    states = found.values("engine_processes", "state")
    assert (states["working"], states["failed"], states["ready"]) == (1, 1, 0)
    assert found.value("engine_restarts_total") == 5
    assert found.value("engine_recycles_total") == 1
    assert (found.value("engine_starts_total"), found.value("engine_timeouts_total")) == (9, 5)
    assert found.values("queued_pages", "state") == {"running": 2, "waiting": 4}


def test_a_gpu_that_is_wanted_and_not_used_can_be_seen() -> None:
    found = scraped(SNAPSHOT)
    assert (found.value("gpu_wanted"), found.value("gpu_enabled")) == (1, 0)
    assert found.values("gpu_memory_used_bytes", "gpu") == {"0": 5, "1": 6}
    assert found.values("gpu_memory_total_bytes", "gpu") == {"0": 24, "1": 24}


def test_each_cause_of_trouble_has_a_series() -> None:
    causes = scraped(SNAPSHOT).values("unhealthy", "cause")
    assert causes == {"engine": 0, "storage": 1, "jobs": 0, "stopping": 0}


def test_jobs_that_nobody_could_count_are_not_said_to_be_none() -> None:
    found = scraped(SNAPSHOT)
    assert found.values("jobs", "status")["queued"] == 3
    assert found.value("oldest_queued_job_seconds") == 12.5
    without = scraped(replace(SNAPSHOT, jobs=None))
    assert without.value("jobs_database_up") == 0
    assert without.values("jobs", "status") == {}
    assert without.value("oldest_queued_job_seconds") is None


def test_before_the_first_look_there_is_nothing() -> None:
    assert scraped(None).names == set()
