"""What a VLM server says about its answers, for which upstream's client has no use.

`paddlex` 3.7 keeps only the text of an answer. The predictor of one pipeline is changed in two
places: its requests ask for the tokens' probabilities where the kind of server can tell them, and
of its answers is kept how sure the model was and whether it had to be stopped.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_TELL_PROBABILITIES = frozenset(
    {"vllm-server", "sglang-server", "fastdeploy-server", "llama-cpp-server"}
)


class AnswerMalformed(Exception):
    """The server's answer is no chat completion with a text."""


@dataclass(frozen=True)
class Answer:
    """One answer of a VLM server.

    Attributes:
        text: What it says.
        confidence: Geometric mean of its tokens' probabilities; None where they were not told.
        unfinished: Whether the server stopped it at the most tokens allowed.
    """

    text: str
    confidence: float | None
    unfinished: bool


class ServerAnswers:
    """Listens to the client predictor of one pipeline.

    Args:
        predictor: Upstream's ``DocVLMGenAIClientPredictor``, changed in place.
        backend: The kind of server.
    """

    def __init__(self, predictor: Any, backend: str) -> None:
        # ruff: noqa: SLF001 - there is no other way in
        self._build = predictor._doc_vlm_genai_build_request_specs
        self._asks = backend in _TELL_PROBABILITIES
        self._answers: list[Answer] = []
        predictor._doc_vlm_genai_build_request_specs = self._build_requests
        predictor._doc_vlm_genai_collect_responses = self._collect

    def take(self) -> list[Answer]:
        """All answers since the last call, in the order of the regions asked about."""
        taken, self._answers = self._answers, []
        return taken

    def _build_requests(self, *arguments: Any, **options: Any) -> Any:
        requests = self._build(*arguments, **options)
        if self._asks:
            for _, request in requests:
                request["logprobs"] = True
        return requests

    def _collect(self, futures: Sequence[Any]) -> list[str]:
        answers = [_answer(future.result()) for future in futures]
        self._answers.extend(answers)
        return [answer.text for answer in answers]


def _answer(completion: Any) -> Answer:
    try:
        choice = completion.choices[0]
        text = choice.message.content
    except (AttributeError, IndexError, TypeError) as error:
        raise AnswerMalformed from error
    if text is not None and not isinstance(text, str):
        raise AnswerMalformed
    unfinished = getattr(choice, "finish_reason", None) == "length"
    return Answer(text or "", _confidence(getattr(choice, "logprobs", None)), unfinished)


def _confidence(logprobs: Any) -> float | None:
    tokens = getattr(logprobs, "content", None) or []
    values = [each.logprob for each in tokens if isinstance(each.logprob, int | float)]
    if not values:
        return None
    mean = math.fsum(values) / len(values)
    return round(math.exp(min(0.0, mean)), 4) if math.isfinite(mean) else None
