"""ONNX models behind a small typed face, so that ONNX Runtime is known to this module alone."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]

_LOG_ERRORS_ONLY = 3
_NO_LIMIT, _EXTEND_AS_REQUESTED, _DEFAULT = 0, 1, -1


class Model:
    """An ONNX model with one input, held in memory.

    Args:
        path: The model's file.
        threads: CPU threads that one run may use.
    """

    def __init__(self, path: Path, threads: int) -> None:
        # Its telemetry begins with the import, before it can be switched off by a call.
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        import onnxruntime  # noqa: PLC0415 - half a second that only an engine process pays

        _share_memory()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = _LOG_ERRORS_ONLY
        # A memory pattern is kept for every input shape, and nearly every page brings new ones.
        options.enable_mem_pattern = False
        options.add_session_config_entry("session.use_env_allocators", "1")
        # Threads that wait by spinning take the processor from those that recognise lines.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session: Any = onnxruntime.InferenceSession(
            str(path), sess_options=options, providers=["CPUExecutionProvider"]
        )
        self._input_name: str = self._session.get_inputs()[0].name
        self.metadata: Mapping[str, str] = self._session.get_modelmeta().custom_metadata_map

    def run(self, inputs: FloatArray) -> list[FloatArray]:
        """Return the model's outputs for a batch, in the model's own order."""
        outputs: list[FloatArray] = self._session.run(None, {self._input_name: inputs})
        return outputs


@cache
def _share_memory() -> None:
    """Let all models of this process work in one memory arena.

    They mostly run one after the other: a tenth less memory than with an arena each.
    """
    import onnxruntime  # noqa: PLC0415 - see above

    onnxruntime.disable_telemetry_events()
    onnxruntime.create_and_register_allocator(
        onnxruntime.OrtMemoryInfo(
            "Cpu",
            onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR,
            0,
            onnxruntime.OrtMemType.DEFAULT,
        ),
        onnxruntime.OrtArenaCfg(_NO_LIMIT, _EXTEND_AS_REQUESTED, _DEFAULT, _DEFAULT),
    )


def image_tensor(
    pixels: npt.NDArray[np.uint8],
    mean: tuple[float, float, float],
    deviation: tuple[float, float, float],
) -> FloatArray:
    """Prepare an RGB image for a model that was trained on BGR images.

    Args:
        pixels: Height x width x 3, 0 to 255.
        mean: Subtracted from each channel, of values 0 to 1, in the order the model sees.
        deviation: Divided by, after the mean.

    Returns:
        A batch of one: 1 x 3 x height x width.
    """
    scale = (1.0 / (255.0 * np.asarray(deviation))).astype(np.float32)
    offset = (np.asarray(mean) / np.asarray(deviation)).astype(np.float32)
    channels = pixels.transpose(2, 0, 1)[::-1]
    tensor: FloatArray = channels * scale[:, None, None]
    tensor -= offset[:, None, None]
    return tensor[np.newaxis]
