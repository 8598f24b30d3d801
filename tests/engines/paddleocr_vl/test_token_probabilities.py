"""What a VLM server says beside the text."""

from __future__ import annotations

import math
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import pytest

from paddleocr_vl_service.engines.paddleocr_vl.token_probabilities import (
    AnswerMalformed,
    ServerAnswers,
)


class Predictor:
    """The two places of upstream's client predictor that are listened to."""

    def _doc_vlm_genai_build_request_specs(self, prompts: list[str]) -> list[Any]:
        return [(index, {"prompt": prompt}) for index, prompt in enumerate(prompts)]

    def _doc_vlm_genai_collect_responses(self, futures: Any) -> Any:
        return [future.result() for future in futures]


def completion(
    text: Any, probabilities: list[float] | None = None, reason: str = "stop"
) -> SimpleNamespace:
    logprobs = None
    if probabilities is not None:
        tokens = [SimpleNamespace(logprob=math.log(each)) for each in probabilities]
        logprobs = SimpleNamespace(content=tokens)
    message = SimpleNamespace(content=text)
    choice = SimpleNamespace(message=message, finish_reason=reason, logprobs=logprobs)
    return SimpleNamespace(choices=[choice])


def collected(*completions: Any) -> tuple[ServerAnswers, list[str]]:
    predictor = Predictor()
    listener = ServerAnswers(predictor, "vllm-server")
    futures = []
    for each in completions:
        future: Future[Any] = Future()
        future.set_result(each)
        futures.append(future)
    return listener, predictor._doc_vlm_genai_collect_responses(futures)


def test_the_confidence_is_the_geometric_mean() -> None:
    listener, texts = collected(completion("one", [0.5, 0.5]), completion("two", [0.9, 0.4, 1.0]))
    assert texts == ["one", "two"]
    one, two = listener.take()
    assert one.confidence == 0.5
    assert two.confidence == round((0.9 * 0.4) ** (1 / 3), 4)
    assert listener.take() == []


@pytest.mark.parametrize("probabilities", [None, []])
def test_a_server_that_tells_none_gives_none(probabilities: list[float] | None) -> None:
    listener, _ = collected(completion("one", probabilities))
    assert listener.take()[0].confidence is None


def test_a_logarithm_above_zero_or_without_bounds_is_no_certainty_beyond_one() -> None:
    odd = completion("one", [0.9])
    odd.choices[0].logprobs.content[0].logprob = 0.2
    endless = completion("two", [0.9])
    endless.choices[0].logprobs.content[0].logprob = -math.inf
    listener, _ = collected(odd, endless)
    assert [each.confidence for each in listener.take()] == [1.0, None]


def test_an_answer_that_was_stopped_is_unfinished() -> None:
    listener, _ = collected(completion("one", reason="length"), completion(None))
    assert [(each.text, each.unfinished) for each in listener.take()] == [
        ("one", True),
        ("", False),
    ]


@pytest.mark.parametrize(
    "answer",
    [SimpleNamespace(choices=[]), SimpleNamespace(choices=None), "text", completion(["a", "list"])],
    ids=["no choices", "none", "a string", "a list"],
)
def test_what_is_no_chat_completion_is_refused(answer: Any) -> None:
    with pytest.raises(AnswerMalformed):
        collected(answer)


@pytest.mark.parametrize(
    ("backend", "asks"),
    [("vllm-server", True), ("llama-cpp-server", True), ("mlx-vlm-server", False)],
)
def test_only_servers_that_know_the_question_are_asked(backend: str, asks: bool) -> None:
    predictor = Predictor()
    ServerAnswers(predictor, backend)
    ((_, request),) = predictor._doc_vlm_genai_build_request_specs(["OCR:"])
    assert request.get("logprobs", False) is asks
