"""Finds out how a page lies: PP-LCNet (Cui et al., 2021), trained on pages in four positions.

The model alone takes about one upright page in thirty for a turned one (figures, sparse pages,
scripts it was not trained on), so wherever it has a doubt, reading decides.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from paddleocr_vl_service.engines.onnx.sessions import Model, image_tensor

ROTATIONS = (0, 270, 180, 90)
"""Degrees clockwise that turn a page of each of the model's classes upright.

The classes are the degrees clockwise by which the page was turned before: 0, 90, 180, 270.
"""

_SHORT_SIDE = 256
_INPUT_SIDE = 224
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

_WORTH_A_LOOK = 0.15
_CLEARLY_BETTER = 0.15
_LEGIBLE = 0.65


class OrientationClassifier:
    """The page orientation model.

    Args:
        path: Its ONNX file.
        threads: CPU threads to use.
    """

    def __init__(self, path: Path, threads: int) -> None:
        self._model = Model(path, threads)

    def classify(self, page: Image.Image) -> dict[int, float]:
        """Return for every rotation the probability that it turns an RGB page upright.

        Keys are degrees clockwise. The model sees the square in the middle of the page. It was
        trained with smoothed labels: its probabilities end at about 0.93.
        """
        scale = _SHORT_SIDE / min(page.width, page.height)
        width, height = round(page.width * scale), round(page.height * scale)
        left, top = (width - _INPUT_SIDE) // 2, (height - _INPUT_SIDE) // 2
        middle = page.resize(
            (_INPUT_SIDE, _INPUT_SIDE),
            Image.Resampling.BICUBIC,
            box=(
                left / scale,
                top / scale,
                min((left + _INPUT_SIDE) / scale, page.width),
                min((top + _INPUT_SIDE) / scale, page.height),
            ),
        )
        (probabilities,) = self._model.run(image_tensor(np.asarray(middle), _MEAN, _DEVIATION))
        return dict(zip(ROTATIONS, probabilities[0].tolist(), strict=True))


def choose_rotation(probabilities: dict[int, float], legibility: Callable[[int], float]) -> int:
    """Decide by how many degrees clockwise to turn a page.

    Args:
        probabilities: Of each rotation, from the classifier.
        legibility: How well, from 0 to 1, the page reads after a rotation; asked only about
            rotations that the classifier holds possible, and not at all where that is none.

    Returns:
        The rotation that reads best, if it reads clearly better than the page as it is; else 0.
    """
    candidates = [
        rotation
        for rotation, probability in probabilities.items()
        if rotation != 0 and probability >= _WORTH_A_LOOK
    ]
    if not candidates:
        return 0
    readings = {rotation: legibility(rotation) for rotation in candidates}
    best = max(readings, key=lambda rotation: readings[rotation])
    if readings[best] < _LEGIBLE or readings[best] < legibility(0) + _CLEARLY_BETTER:
        return 0
    return best


def turn(page: Image.Image, rotation: int) -> Image.Image:
    """Turn a page clockwise by 0, 90, 180 or 270 degrees."""
    transpositions = {
        90: Image.Transpose.ROTATE_270,  # Pillow counts against the clock
        180: Image.Transpose.ROTATE_180,
        270: Image.Transpose.ROTATE_90,
    }
    return page.transpose(transpositions[rotation]) if rotation else page
