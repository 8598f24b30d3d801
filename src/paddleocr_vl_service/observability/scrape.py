"""Answers a scrape: looks at everything once, within a deadline, and writes it down."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from paddleocr_vl_service.jobs.service import JobService
from paddleocr_vl_service.observability.lookup import Lookup
from paddleocr_vl_service.observability.meter import PrometheusMeter
from paddleocr_vl_service.observability.snapshot import (
    Disk,
    Documents,
    Snapshot,
    SnapshotCollector,
)
from paddleocr_vl_service.processes.daemon_threads import in_daemon_thread
from paddleocr_vl_service.services import gpu_probe
from paddleocr_vl_service.services.health import HealthReport
from paddleocr_vl_service.services.memory import resident_bytes
from paddleocr_vl_service.services.paddleocr_vl_service import PaddleOCRVLService

CONTENT_TYPE = CONTENT_TYPE_LATEST

_SECONDS = 2.0
_FRESH_SECONDS = 1.0


class Scraper:
    """Belongs to the event loop of the service.

    Args:
        meter: What is counted as it happens.
        service: Is looked at.
        jobs: Are asked for, in the database.
        folders: Whose file systems matter, by what is kept there.
        gpu_wanted: Whether the settings ask for a GPU.
    """

    def __init__(
        self,
        meter: PrometheusMeter,
        service: PaddleOCRVLService,
        jobs: JobService,
        folders: Mapping[str, Path],
        *,
        gpu_wanted: bool,
    ) -> None:
        self._registry = meter.registry
        self._collector = SnapshotCollector(meter.registry)
        self._service = service
        self._jobs = jobs
        self._folders = dict(folders)
        self._gpu_wanted = gpu_wanted
        self._census = Lookup(jobs.census, _SECONDS, _FRESH_SECONDS)
        self._gpus = Lookup(
            lambda: in_daemon_thread(gpu_probe.memory_of_all), _SECONDS, _FRESH_SECONDS
        )
        self._disks = Lookup(lambda: in_daemon_thread(self._look), _SECONDS, _FRESH_SECONDS)

    async def text(self) -> bytes:
        """All metrics in Prometheus's text format, `CONTENT_TYPE`."""
        report, census, gpus, disks = await asyncio.gather(
            self._service.health(),
            self._census.result(),
            self._gpus.result(),
            self._disks.result(),
        )
        readers = self._service.reader_pids
        admission = self._service.admission
        self._collector.snapshot = Snapshot(
            engine=report.engine,
            engine_name=report.engine_name,
            gpu_wanted=self._gpu_wanted,
            gpu_enabled=report.gpu_enabled,
            troubles=frozenset(self._troubles(report)),
            documents=Documents(
                admission.running,
                admission.waiting,
                admission.limits.documents,
                admission.uploaded_bytes,
                admission.limits.uploaded_bytes,
            ),
            readers=len(readers),
            resident={
                "main": resident_bytes(os.getpid()) or 0,
                "engine": sum(each.resident_bytes or 0 for each in report.engine.processes),
                "reader": sum(resident_bytes(pid) or 0 for pid in readers),
            },
            jobs=census,
            gpus=gpus or {},
            disks=disks or {},
        )
        return await asyncio.to_thread(generate_latest, self._registry)

    def _troubles(self, report: HealthReport) -> list[str]:
        found = {
            "engine": report.engine.failure is not None and not self._service.admission.stopping,
            "storage": report.storage_failure is not None,
            "jobs": self._jobs.failure is not None,
            "stopping": self._service.admission.stopping,
        }
        return [cause for cause, holds in found.items() if holds]

    def _look(self) -> dict[str, Disk]:
        """Blocks, perhaps for ever: file systems on a network do."""
        disks = {}
        for name, folder in self._folders.items():
            with suppress(OSError):  # it is made a little later, or is away
                usage = shutil.disk_usage(folder)
                disks[name] = Disk(usage.free, usage.total)
        return disks

    async def close(self) -> None:
        """Look at nothing more."""
        await asyncio.gather(self._census.close(), self._gpus.close(), self._disks.close())
