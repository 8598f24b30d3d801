"""Whether this scorer agrees with OmniDocBench's own, where the latter's figures are known."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.omnidocbench.truth import TruePage
from benchmarks.rivals import RAPIDOCR, TESSERACT

TOLERANCE = 0.02

LANGUAGES = ("eng", "chi_sim")
"""What tesseract is told on every page: of the choices, the one that agrees."""

# Text edit distance as OmniDocBench's own program gave it: rapidocr 3.10.0, its lines a line each,
# and tesseract 5.3 with the languages above, its plain text. By the corpus, known by its names.
_KNOWN = {"a529855c95d3cb12": {RAPIDOCR: 0.398, TESSERACT: 0.426}}


@dataclass(frozen=True)
class Calibration:
    """A figure of this scorer beside the one that it should be.

    Attributes:
        engine: Whose.
        expected: Text edit distance.
        measured: Text edit distance.
    """

    engine: str
    expected: float
    measured: float

    @property
    def holds(self) -> bool:
        """Whether the two agree."""
        return abs(self.expected - self.measured) <= TOLERANCE

    @property
    def sentence(self) -> str:
        """The verdict for people."""
        figures = f"{self.measured:.3f}, OmniDocBench's own is {self.expected} ± {TOLERANCE}"
        if self.holds:
            return f"Calibration holds: text edit distance of {self.engine} {figures}."
        return (
            f"CALIBRATION FAILS: text edit distance of {self.engine} {figures}. "
            "No figure of this scorer may be compared with those of others."
        )


def corpus_mark(pages: Sequence[TruePage]) -> str:
    """Of a corpus, whichever order its pages have."""
    names = "\n".join(sorted(page.name for page in pages))
    return hashlib.sha256(names.encode()).hexdigest()[:16]


def calibration(engine: str, pages: Sequence[TruePage], text: float | None) -> Calibration | None:
    """The verdict, where the engine's figure on this corpus is known."""
    expected = _KNOWN.get(corpus_mark(pages), {}).get(engine)
    if expected is None or text is None:
        return None
    return Calibration(engine, expected, text)
