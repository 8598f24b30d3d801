"""Jobs as the JSON of the HTTP API, and their events as server-sent events."""

from __future__ import annotations

import base64
import binascii
import json
import logging
import time
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timezone

from paddleocr_vl_service.jobs.deliveries import Delivery
from paddleocr_vl_service.models.errors import OptionInvalid, ServiceError
from paddleocr_vl_service.models.job_models import (
    DeliveryModel,
    JobErrorModel,
    JobModel,
    JobProgressModel,
)
from paddleocr_vl_service.models.jobs import EventKind, Job, JobEvent

logger = logging.getLogger(__name__)

_HEARTBEAT_SECONDS = 15.0
_INTERNAL = frozenset({"pages", "page_count"})


def job_model(job: Job, deliveries: Sequence[Delivery] = ()) -> JobModel:
    """A job for its client."""
    error = None
    if job.error_code is not None:
        error = JobErrorModel(code=job.error_code, message=job.error_message or "")
    return JobModel(
        id=job.id,
        status=job.status,
        progress=JobProgressModel(**vars(job.progress)),
        filename=job.order.filename,
        size=job.order.size,
        created_at=_moment(job.created_at),
        started_at=_moment(job.started_at) if job.started_at else None,
        finished_at=_moment(job.finished_at) if job.finished_at else None,
        expires_at=_moment(job.expires_at) if job.expires_at else None,
        purged=job.purged,
        error=error,
        **({"deliveries": [_delivery(each) for each in deliveries]} if deliveries else {}),
    )


def _delivery(delivery: Delivery) -> DeliveryModel:
    return DeliveryModel(
        attempt=delivery.attempt,
        due_at=_moment(delivery.due_at),
        made_at=_moment(delivery.made_at) if delivery.made_at else None,
        status=delivery.status,
        error=delivery.error,
    )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)


def cursor_of(job: Job) -> str:
    """Where the list goes on behind a job."""
    return base64.urlsafe_b64encode(f"{job.created_at!r},{job.id}".encode()).decode()


def place_of(cursor: str) -> tuple[float, str]:
    """What `cursor_of` made a cursor of; raises `OptionInvalid`."""
    try:
        moment, _, job_id = base64.urlsafe_b64decode(cursor).decode().partition(",")
        return float(moment), job_id
    except (ValueError, binascii.Error) as error:
        raise OptionInvalid("The cursor is none of this service's.", field="cursor") from error


async def event_stream(events: AsyncIterator[JobEvent | None]) -> AsyncIterator[bytes]:
    """Server-sent events; a comment now and then while nothing happens.

    Every page is followed by an event ``progress`` without a number of its own.
    """
    last = time.monotonic()
    try:
        async for event in events:
            moment = time.monotonic()
            if event is not None:
                yield _message(event)
            elif moment - last >= _HEARTBEAT_SECONDS:
                yield b": heartbeat\n\n"
            else:
                continue
            last = moment
    except ServiceError as error:
        # The answer has begun: all that can be said is that it ends, and clients connect again.
        logger.info(error.detail, extra={"code": error.code})


def _message(event: JobEvent) -> bytes:
    data = {name: value for name, value in event.data.items() if name not in _INTERNAL}
    message = f"id: {event.seq}\nevent: {event.kind.value}\ndata: {json.dumps(data)}\n\n"
    if event.kind is EventKind.PAGE:
        progress = {name: data[name] for name in ("pages_done", "pages_total", "pages_failed")}
        message += f"event: {EventKind.PROGRESS.value}\ndata: {json.dumps(progress)}\n\n"
    return message.encode()
