"""What upstream raises, into errors that say what to do."""

from __future__ import annotations

import pytest

from paddleocr_vl_service.engines.paddleocr_vl.failures import explained
from paddleocr_vl_service.models.errors import (
    EngineOutOfMemory,
    EngineUnavailable,
    PageFailed,
    ServiceError,
)


def named(name: str, message: str = "") -> Exception:
    """An error of a library that is not installed everywhere."""
    kind: type[Exception] = type(name, (Exception,), {})
    return kind(message)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (MemoryError(), EngineOutOfMemory),
        (named("OutOfMemoryError"), EngineOutOfMemory),
        (RuntimeError("(ResourceExhausted) Out of memory error on GPU 0."), EngineOutOfMemory),
        (RuntimeError("CUDA error(2), out of memory"), EngineOutOfMemory),
        (OSError("Cannot allocate memory"), EngineOutOfMemory),
        (named("APIConnectionError"), EngineUnavailable),
        (named("AuthenticationError"), EngineUnavailable),
        (named("NotFoundError"), EngineUnavailable),
        (named("RateLimitError"), EngineUnavailable),
        (named("InternalServerError"), PageFailed),
        (named("BadRequestError"), PageFailed),
        (named("JSONDecodeError"), PageFailed),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value.__name__,
)
def test_known_errors(error: Exception, kind: type[ServiceError]) -> None:
    assert type(explained(error)) is kind


def test_the_cause_is_what_counts() -> None:
    """Upstream's worker wraps everything in a ``RuntimeError``."""
    try:
        try:
            raise named("APIConnectionError")
        except Exception as cause:
            raise RuntimeError("Exception from the 'vlm' worker: ...") from cause
    except RuntimeError as error:
        found = explained(error)
    assert isinstance(found, EngineUnavailable)
    assert "VLM server does not answer" in found.detail


def test_an_error_of_ours_stays_what_it_is() -> None:
    error = PageFailed("Turning pages needs a model that is not installed here.")
    assert explained(error) is error


def test_what_nobody_knows_is_left_to_others() -> None:
    assert explained(ValueError("out of memory, said a document")) is None
    assert explained(RuntimeError("Exception from the 'cv' worker")) is None


def test_a_circle_of_causes_ends() -> None:
    one, other = ValueError(), KeyError()
    one.__cause__, other.__cause__ = other, one
    assert explained(one) is None


def test_each_gets_an_error_of_its_own() -> None:
    """One that is raised twice would carry the traceback of both."""
    assert explained(MemoryError()) is not explained(MemoryError())
