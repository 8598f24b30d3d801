"""From settings to jobs."""

from __future__ import annotations

import os
import secrets
import socket

from paddleocr_vl_service.config.settings import Settings
from paddleocr_vl_service.jobs.blob_store import open_blob_store
from paddleocr_vl_service.jobs.caretaker import Caretaker
from paddleocr_vl_service.jobs.database import JobDatabase
from paddleocr_vl_service.jobs.dbos_queue import DbosQueue
from paddleocr_vl_service.jobs.deliveries import DeliveryLog
from paddleocr_vl_service.jobs.incoming import Incoming
from paddleocr_vl_service.jobs.ownership import JobOwnership
from paddleocr_vl_service.jobs.repository import JobRepository
from paddleocr_vl_service.jobs.runner import JobRunner
from paddleocr_vl_service.jobs.service import JobLimits, JobService
from paddleocr_vl_service.jobs.webhooks import Webhooks
from paddleocr_vl_service.observability.telemetry import SILENT, Telemetry
from paddleocr_vl_service.services.memory import MIB
from paddleocr_vl_service.services.paddleocr_vl_service import PaddleOCRVLService
from paddleocr_vl_service.services.temp_storage import TempStorage

_SECONDS_PER_HOUR = 3600


def build_jobs(
    settings: Settings, service: PaddleOCRVLService, telemetry: Telemetry = SILENT
) -> JobService:
    """Put it together; nothing is started yet.

    Args:
        settings: Of the service.
        service: Reads pages.
        telemetry: Is told what becomes of jobs.

    Raises:
        ValueError: A setting makes no sense here; one sentence.
    """
    url = settings.database_url.get_secret_value()
    owner = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
    retention = settings.job_retention_hours * _SECONDS_PER_HOUR
    database = JobDatabase(url, settings.data_dir)
    repository = JobRepository(database)
    blobs = open_blob_store(settings.blob_url, settings.data_dir)
    ownership = JobOwnership(database)
    runner = JobRunner(
        service,
        repository,
        ownership,
        blobs,
        owner=owner,
        retention=retention,
        telemetry=telemetry,
    )
    queue = DbosQueue(url, settings.data_dir, owner, settings.max_running_jobs)
    webhooks = Webhooks(
        DeliveryLog(database),
        repository,
        settings.webhook_secret.get_secret_value(),
        settings.webhook_allowed_hosts,
        telemetry.meter,
    )
    return JobService(
        database,
        repository,
        blobs,
        queue=queue,
        runner=runner,
        caretaker=Caretaker(
            repository,
            ownership,
            blobs,
            queue=queue,
            runner=runner,
            webhooks=webhooks,
            meter=telemetry.meter,
        ),
        webhooks=webhooks,
        incoming=Incoming(
            TempStorage(settings.data_dir / "incoming"), blobs, settings.min_free_disk_mb * MIB
        ),
        limits=JobLimits(queued=settings.max_queued_jobs, retention=retention),
    )
