"""Log lines as JSON or as text, uvicorn's own among them."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Literal, TextIO

LogFormat = Literal["json", "text"]

QUIET_LOGGERS = ("paddleocr", "ppocr", "PIL", "urllib3")
"""Libraries that would drown everything else; they speak from WARNING on."""

_TEXT_FORMAT = "%(asctime)s - %(name)s - %(levelname)s - %(message)s"
_TIME_FORMAT = "%Y-%m-%d %H:%M:%S"
_RECORD_ATTRIBUTES = frozenset(vars(logging.makeLogRecord({}))) | {
    "message",
    "asctime",
    "color_message",  # uvicorn's copy of the message with terminal colours
}


@dataclass(frozen=True)
class LoggingConfig:
    """How this process logs; child processes are told the same."""

    level: str = "INFO"
    format: LogFormat = "json"


class JsonFormatter(logging.Formatter):
    """One JSON object a line: timestamp, level, logger, message, then the record's extras."""

    def format(self, record: logging.LogRecord) -> str:
        """Render a record; what JSON does not know is rendered by ``str``."""
        line: dict[str, Any] = {
            "timestamp": _utc(record.created),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update(_extras(record))
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class TextFormatter(logging.Formatter):
    """``2025-01-15 10:30:00 - main - INFO - Starting up``, extras behind it as ``key=value``."""

    def __init__(self) -> None:
        super().__init__(_TEXT_FORMAT, _TIME_FORMAT)

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802, ARG002
        """UTC, as in the JSON form."""
        return _utc(record.created)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        """The line, with line breaks escaped so that one record stays one line."""
        line = super().formatMessage(record).replace("\r", "\\r").replace("\n", "\\n")
        extras = " ".join(f"{key}={value!r}" for key, value in _extras(record).items())
        return f"{line} [{extras}]" if extras else line


if TYPE_CHECKING:
    _StreamHandler = logging.StreamHandler[TextIO]
else:
    _StreamHandler = logging.StreamHandler  # cannot be subscripted before Python 3.11


class _Handler(_StreamHandler):
    """Standard error, in the form of a config."""

    def __init__(self, config: LoggingConfig) -> None:
        super().__init__(sys.stderr)
        self.config = config
        self.setFormatter(JsonFormatter() if config.format == "json" else TextFormatter())


def configure_logging(config: LoggingConfig, filters: Iterable[logging.Filter] = ()) -> None:
    """Send every logger of the process to standard error in one form.

    Args:
        config: Level and format.
        filters: Applied to every record, for example to add the request's id.
    """
    handler = _Handler(config)
    for each in filters:
        handler.addFilter(each)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(config.level)
    for name in QUIET_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    logging.captureWarnings(True)


def current_logging() -> LoggingConfig:
    """What `configure_logging` was last told in this process."""
    ours = [each for each in logging.getLogger().handlers if isinstance(each, _Handler)]
    return ours[0].config if ours else LoggingConfig()


def _utc(timestamp: float) -> str:
    return datetime.fromtimestamp(timestamp, timezone.utc).strftime(_TIME_FORMAT)


def _extras(record: logging.LogRecord) -> dict[str, Any]:
    return {key: value for key, value in vars(record).items() if key not in _RECORD_ATTRIBUTES}
