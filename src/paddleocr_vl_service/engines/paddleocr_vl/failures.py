"""What upstream raises into errors that say what to do."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy

from paddleocr_vl_service.models.errors import (
    EngineOutOfMemory,
    EngineUnavailable,
    PageFailed,
    ServiceError,
)

_NO_MEMORY = ("out of memory", "resourceexhausted", "cannot allocate memory")
_OUT_OF_MEMORY = EngineOutOfMemory("The engine's device has no memory left.")
_BY_NAME: dict[str, ServiceError] = {
    "MemoryError": _OUT_OF_MEMORY,
    "OutOfMemoryError": _OUT_OF_MEMORY,
    "APIConnectionError": EngineUnavailable("The VLM server does not answer."),
    "APITimeoutError": EngineUnavailable("The VLM server does not answer."),
    "AuthenticationError": EngineUnavailable("The VLM server refuses the key in VL_REC_API_KEY."),
    "PermissionDeniedError": EngineUnavailable("The VLM server refuses the key in VL_REC_API_KEY."),
    "NotFoundError": EngineUnavailable(
        "The VLM server does not know the model or the path: check VL_REC_MODEL_NAME and "
        "VL_REC_SERVER_URL."
    ),
    "RateLimitError": EngineUnavailable("The VLM server refuses more requests."),
    "InternalServerError": PageFailed("The VLM server failed on the page."),
    "BadRequestError": PageFailed("The VLM server refused a region of the page."),
    "UnprocessableEntityError": PageFailed("The VLM server refused a region of the page."),
    "AnswerMalformed": PageFailed("The VLM server answered with something that is no text."),
    "JSONDecodeError": PageFailed("The VLM server answered with something that is no text."),
    "APIResponseValidationError": PageFailed(
        "The VLM server answered with something that is no text."
    ),
}
"""The libraries are not there in every process, so their errors are known by name."""


def explained(error: Exception) -> ServiceError | None:
    """An error of ours for what a library raised while it read; None where nobody knows it."""
    for each in _chain(error):
        if isinstance(each, ServiceError):
            return each
        if (known := _BY_NAME.get(type(each).__name__)) is not None:
            return copy(known)
        words = str(each).lower() if isinstance(each, RuntimeError | OSError) else ""
        if any(sign in words for sign in _NO_MEMORY):
            return copy(_OUT_OF_MEMORY)
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
