"""Reads lines of text: PP-OCR recognition with CTC decoding (Graves et al., 2006)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from paddleocr_vl_service.engines.onnx.crops import INPUT_HEIGHT
from paddleocr_vl_service.engines.onnx.sessions import FloatArray, Model, image_tensor

_MEAN = _DEVIATION = (0.5, 0.5, 0.5)
_MIN_WIDTH = 64
_STEP = 8
"""Pixels of the line that one output step of the model stands for."""

_BLANK = 0


@dataclass(frozen=True)
class Reading:
    """What was read in one line.

    Attributes:
        text: In logical order; empty where nothing was read.
        probabilities: Of each character of the text, 0 to 1.
        positions: Where on the line each character was seen, in pixels from its left end.
    """

    text: str
    probabilities: tuple[float, ...]
    positions: tuple[float, ...]

    @property
    def score(self) -> float:
        """The mean probability of the characters; 0 where there are none."""
        if not self.probabilities:
            return 0.0
        return math.fsum(self.probabilities) / len(self.probabilities)


class TextRecognizer:
    """The PP-OCR text recognition model.

    Args:
        path: Its ONNX file, whose metadata list the characters it knows.
        workers: Read the lines, one line a thread at a time.
    """

    def __init__(self, path: Path, workers: Executor) -> None:
        # A line is a small input: two lines on a thread each are done a third sooner than one
        # after the other on two threads.
        self._model = Model(path, threads=1)
        self._workers = workers
        characters = self._model.metadata["character"].split("\n")
        self.characters: tuple[str, ...] = ("", *characters, " ")

    def read(self, lines: Sequence[Image.Image]) -> list[Reading]:
        """Read lines of text, each an RGB image of the model's input height.

        One line a run: on a CPU that is as fast as a padded batch and takes half the memory.
        The widest come first, so that the workers finish together and runs that follow each
        other can use the same memory.
        """
        widest_first = sorted(range(len(lines)), key=lambda index: -lines[index].width)
        readings = self._workers.map(self._read_line, [lines[index] for index in widest_first])
        by_index = dict(zip(widest_first, readings, strict=True))
        return [by_index[index] for index in range(len(lines))]

    def _read_line(self, line: Image.Image) -> Reading:
        (probabilities,) = self._model.run(_input_tensor(line))
        return decode(probabilities[0], self.characters)


def decode(probabilities: FloatArray, characters: Sequence[str]) -> Reading:
    """Take the most probable class at every step, merge repetitions and drop blanks.

    Args:
        probabilities: Steps x classes.
        characters: Of each class; class 0 is the blank.
    """
    classes: npt.NDArray[np.int64] = probabilities.argmax(axis=1)
    kept = classes != _BLANK
    kept[1:] &= classes[1:] != classes[:-1]
    steps = np.flatnonzero(kept)
    return Reading(
        "".join(characters[index] for index in classes[steps]),
        tuple(probabilities[steps, classes[steps]].tolist()),
        tuple(((steps + 0.5) * _STEP).tolist()),
    )


def _input_tensor(line: Image.Image) -> FloatArray:
    tensor = image_tensor(np.asarray(line), _MEAN, _DEVIATION)
    if line.width >= _MIN_WIDTH:
        return tensor
    padded = np.zeros((1, 3, INPUT_HEIGHT, _MIN_WIDTH), dtype=np.float32)
    padded[..., : line.width] = tensor
    return padded
