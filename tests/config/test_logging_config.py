import json
import logging
import re
import warnings
from collections.abc import Iterator

import pytest

from paddleocr_vl_service.config.logging_config import (
    LogFormat,
    LoggingConfig,
    configure_logging,
    current_logging,
)
from paddleocr_vl_service.observability.request_context import RequestIdFilter, request_id_var


@pytest.fixture(autouse=True)
def restored_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    logging.captureWarnings(False)


def log_line(capsys: pytest.CaptureFixture[str], form: LogFormat, name: str = "main") -> str:
    configure_logging(LoggingConfig("INFO", form), [RequestIdFilter()])
    logging.getLogger(name).info("Starting %s", "up")
    return capsys.readouterr().err


def test_json_lines(capsys: pytest.CaptureFixture[str]) -> None:
    line = json.loads(log_line(capsys, "json"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", line.pop("timestamp"))
    assert line == {"level": "INFO", "logger": "main", "message": "Starting up"}


def test_json_keys_come_in_the_contract_s_order(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(json.loads(log_line(capsys, "json"))) == [
        "timestamp",
        "level",
        "logger",
        "message",
    ]


def test_text_lines(capsys: pytest.CaptureFixture[str]) -> None:
    line = log_line(capsys, "text")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d - main - INFO - Starting up\n", line)


def test_extras_and_the_request_id_follow(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(LoggingConfig("INFO", "json"), [RequestIdFilter()])
    token = request_id_var.set("r-1")
    try:
        logging.getLogger("x").info("done", extra={"pages": 3})
    finally:
        request_id_var.reset(token)
    line = json.loads(capsys.readouterr().err)
    assert (line["pages"], line["request_id"]) == (3, "r-1")
    assert list(line)[:4] == ["timestamp", "level", "logger", "message"]


def test_one_record_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    forms: tuple[LogFormat, ...] = ("json", "text")
    for form in forms:
        configure_logging(LoggingConfig("INFO", form))
        logging.getLogger("x").info("evil\n2025-01-15 10:30:00 - main - INFO - forged")
        assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("name", ["paddleocr", "ppocr", "PIL", "urllib3"])
def test_noisy_libraries_speak_from_warning_on(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert log_line(capsys, "text", name) == ""
    logging.getLogger(f"{name}.part").warning("look")
    assert "look" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["uvicorn", "uvicorn.error", "uvicorn.access"])
def test_uvicorn_s_lines_have_the_same_form(capsys: pytest.CaptureFixture[str], name: str) -> None:
    logging.getLogger(name).addHandler(logging.StreamHandler())
    assert json.loads(log_line(capsys, "json", name))["logger"] == name


def test_exceptions_stay_in_their_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(LoggingConfig("INFO", "json"))
    try:
        raise ValueError("inner")
    except ValueError:
        logging.getLogger("x").exception("failed")
    line = json.loads(capsys.readouterr().err)
    assert "ValueError: inner" in line["exception"]


def test_warnings_are_log_lines(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(LoggingConfig("INFO", "json"))
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("careful", stacklevel=1)
    assert "careful" in json.loads(capsys.readouterr().err)["message"]


def test_remembers_what_it_was_told() -> None:
    configure_logging(LoggingConfig("ERROR", "text"))
    assert current_logging() == LoggingConfig("ERROR", "text")
