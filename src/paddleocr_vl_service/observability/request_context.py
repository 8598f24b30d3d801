"""The id of the request that the current task works for."""

from __future__ import annotations

import logging
import re
import uuid
from contextvars import ContextVar

request_id_var: ContextVar[str | None] = ContextVar("request_id", default=None)

_ACCEPTABLE = re.compile(r"[A-Za-z0-9._:-]{1,128}")


def new_request_id() -> str:
    """A fresh id."""
    return uuid.uuid4().hex


def accept_request_id(offered: str | None) -> str:
    """The client's own id where it is harmless in a log line and a header, else a fresh one."""
    if offered is not None and _ACCEPTABLE.fullmatch(offered):
        return offered
    return new_request_id()


class RequestIdFilter(logging.Filter):
    """Adds the current request's id to every log record as ``request_id``."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Never drops a record."""
        request_id = request_id_var.get()
        if request_id is not None and not hasattr(record, "request_id"):
            record.request_id = request_id
        return True
