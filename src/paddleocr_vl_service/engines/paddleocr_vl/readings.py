"""What the vision-language model said of the regions of a page, with what is known about it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from paddleocr_vl_service.engines.paddleocr_vl.repetition import repetition_start
from paddleocr_vl_service.engines.paddleocr_vl.token_probabilities import Answer
from paddleocr_vl_service.engines.stage_clock import CLOCK
from paddleocr_vl_service.models.stages import Stage

_LOOKS_AGAIN_AT = 0.7
_WARMER = 0.3
_WARMEST = 1.0
_PENALTY = 1.05


@dataclass(frozen=True)
class Reading:
    """What is known of one region's text beside the text.

    Attributes:
        confidence: Geometric mean of its tokens' probabilities; None where nobody told them.
        truncated: Whether it was cut because the model repeated itself or did not end.
    """

    confidence: float | None = None
    truncated: bool = False


class Recogniser(Protocol):
    """Upstream's predictor of the vision-language model, natively or on a server."""

    def predict(self, items: Sequence[Mapping[str, Any]], **options: Any) -> Iterable[Any]:
        """One result a region, each a mapping with the text under ``result``."""
        ...


class WatchedRecogniser:
    """Stands in for upstream's recogniser and ends the loops that the model falls into.

    A region whose text ends in a loop is read once more in another way: with some randomness by a
    server, at another size natively, where the model is deterministic. Where that loops as well
    the first text is cut behind the first turn of the loop.

    Args:
        recogniser: Upstream's.
        on_server: Whether a server computes it.
        answers: Takes what the server said beside the texts, in the order of the texts; None
            where it says nothing more.
    """

    def __init__(
        self,
        recogniser: Any,
        *,
        on_server: bool,
        answers: Callable[[], list[Answer]] | None = None,
    ) -> None:
        self._recogniser = recogniser
        self._on_server = on_server
        self._answers = answers

    def __getattr__(self, name: str) -> Any:
        return getattr(self._recogniser, name)

    def predict(self, items: Sequence[Mapping[str, Any]], **options: Any) -> Iterator[Any]:
        """Read regions; each result has a `Reading` under ``reading`` beside its text."""
        for item, (result, answer) in zip(items, self._read(items, options), strict=True):
            said = result["result"] or ""
            text, reading = _cut(said, answer)
            if text != said:
                ((other, told),) = self._read([item], self._differently(item, options))
                other_text, other_reading = _cut(other["result"] or "", told)
                if not other_reading.truncated:
                    text, reading = other_text, other_reading
            result["result"], result["reading"] = text, reading
            yield result

    def _read(
        self, items: Sequence[Mapping[str, Any]], options: Mapping[str, Any]
    ) -> list[tuple[Any, Answer | None]]:
        with CLOCK.running(Stage.RECOGNITION), warnings.catch_warnings():
            # Of options that a kind of server does not know, once for every region.
            warnings.simplefilter("ignore")
            results = list(self._recogniser.predict(list(items), **options))
        answers: list[Answer | None] = [None] * len(results)
        if self._answers is not None:
            answers = [*self._answers()]
        return list(zip(results, answers, strict=True))

    def _differently(self, item: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
        if self._on_server:
            temperature = min(_WARMEST, (options.get("temperature") or 0) + _WARMER)
            penalty = max(_PENALTY, options.get("repetition_penalty") or 1)
            return {**options, "temperature": temperature, "repetition_penalty": penalty}
        height, width = item["image"].shape[:2]
        least, most = options["min_pixels"], options["max_pixels"]
        area = min(max(width * height, least), most)
        if (smaller := int(area * _LOOKS_AGAIN_AT)) >= least:
            return {**options, "max_pixels": smaller}
        return {**options, "min_pixels": min(most, int(area / _LOOKS_AGAIN_AT))}


def _cut(text: str, answer: Answer | None) -> tuple[str, Reading]:
    unfinished = answer is not None and answer.unfinished
    confidence = answer.confidence if answer else None
    start = repetition_start(text, unfinished=unfinished)
    if start is None:
        return text, Reading(confidence, truncated=unfinished)
    return text[:start], Reading(None, truncated=True)
