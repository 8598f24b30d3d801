"""Tells others when a job is finished: signed, and again until they have heard."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import http.client
import json
import logging
import ssl
import time
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from paddleocr_vl_service.jobs.deliveries import Delivery, DeliveryLog
from paddleocr_vl_service.jobs.repository import JobRepository
from paddleocr_vl_service.models.errors import OptionInvalid
from paddleocr_vl_service.models.jobs import Job
from paddleocr_vl_service.observability.telemetry import Meter
from paddleocr_vl_service.security.outbound_guard import OutboundRefused, check_url, post, resolve

logger = logging.getLogger(__name__)

SIGNATURE_HEADER = "X-Webhook-Signature"
ID_HEADER = "X-Webhook-Id"

AT_A_TIME = 4
_SECONDS = 10.0


class Webhooks:
    """Makes the attempts that are due.

    Args:
        log: Where they are written down.
        repository: Where jobs are.
        secret: Signs them; empty is without webhooks.
        allowed_hosts: That may stand for addresses that are not public.
        meter: Counts attempts.
    """

    def __init__(
        self,
        log: DeliveryLog,
        repository: JobRepository,
        secret: str,
        allowed_hosts: Collection[str],
        meter: Meter,
    ) -> None:
        self.log = log
        self._meter = meter
        self._repository = repository
        self._secret = secret.encode()
        self._allowed_hosts = frozenset(allowed_hosts)
        # Of their own: receivers that dawdle must not take those that the service needs.
        self._threads = ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="webhooks")

    def close(self) -> None:
        """Make no attempt any more; one that is being made is tried again by somebody."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    @property
    def is_on(self) -> bool:
        """Whether there is a secret to sign with."""
        return bool(self._secret)

    def check(self, url: str) -> None:
        """Refuse a URL that could never be called; raises `OptionInvalid`."""
        if not self.is_on:
            raise OptionInvalid(
                "Webhooks are off here: WEBHOOK_SECRET is not set.", field="webhook_url"
            )
        try:
            check_url(url)
        except OutboundRefused as error:
            raise OptionInvalid(f"The option webhook_url: {error}", field="webhook_url") from error

    async def deliver_due(self) -> None:
        """Make every attempt that is due, one after the other; raises `JobStoreUnavailable`."""
        while self.is_on and (delivery := await self.log.claim()) is not None:
            job = await self._repository.get(delivery.job_id)
            if job is None or job.order.webhook_url is None:
                await self.log.made(delivery, None, "The job is gone.")
                continue
            status, error = await self._attempt(job, job.order.webhook_url)
            await self.log.made(delivery, status, error)
            self._meter.webhook(_outcome(delivery, error))
            if error is not None:
                extra = {"job": job.id, "attempt": delivery.attempt, "reason": error}
                logger.warning("A webhook was not delivered", extra=extra)

    async def _attempt(self, job: Job, url: str) -> tuple[int | None, str | None]:
        body = json.dumps(webhook_body(job)).encode()
        moment = int(time.time())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "paddleocr-vl-service",
            ID_HEADER: f"{job.id}.{job.status.value}",
            SIGNATURE_HEADER: f"t={moment},v1={signature(self._secret, moment, body)}",
        }
        loop = asyncio.get_running_loop()
        try:
            status = await loop.run_in_executor(self._threads, self._post, url, body, headers)
        except Exception as error:  # noqa: BLE001 - no webhook may keep the others from being called
            return None, _reason(error, job)
        if 200 <= status < 300:
            return status, None
        return status, f"The receiver answered {status}."

    def _post(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        return post(resolve(url, self._allowed_hosts), body, headers, _SECONDS)


def _reason(error: Exception, job: Job) -> str:
    """Why an attempt failed, as one sentence for whoever looks at the job."""
    if isinstance(error, OutboundRefused):
        return str(error)
    if isinstance(error, ssl.SSLError):
        return "The receiver's certificate is not trusted."
    if isinstance(error, TimeoutError):
        return "The receiver did not answer in time."
    if isinstance(error, (OSError, http.client.HTTPException)):
        return "The receiver could not be reached."
    logger.error("A webhook failed unexpectedly", exc_info=error, extra={"job": job.id})
    return "The attempt failed unexpectedly."


def _outcome(delivery: Delivery, error: str | None) -> str:
    if error is None:
        return "delivered"
    return "given-up" if delivery.is_last else "failed"


def signature(secret: bytes, moment: int, body: bytes) -> str:
    """HMAC-SHA256 over the time and the body, in hexadecimal digits.

    The time is signed too, so that a receiver can refuse what somebody recorded and sends again.
    """
    return hmac.new(secret, f"{moment}.".encode() + body, hashlib.sha256).hexdigest()


def webhook_body(job: Job) -> dict[str, Any]:
    """What receivers are told: that the job is finished, and where to ask for the rest."""
    return {
        "event": f"job.{job.status.value}",
        "job": {
            "id": job.id,
            "status": job.status.value,
            "progress": vars(job.progress),
            "error": job.error_code and {"code": job.error_code, "message": job.error_message},
        },
    }
