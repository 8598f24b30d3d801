"""Whether an NVIDIA driver shows a GPU, without creating a CUDA context."""

from __future__ import annotations

import ctypes


def count_gpus() -> int:
    """GPUs that the NVIDIA management library sees; 0 without library or driver."""
    try:
        nvml = ctypes.CDLL("libnvidia-ml.so.1")
    except OSError:
        return 0
    if nvml.nvmlInit_v2() != 0:
        return 0
    try:
        count = ctypes.c_uint(0)
        if nvml.nvmlDeviceGetCount_v2(ctypes.byref(count)) != 0:
            return 0
        return int(count.value)
    finally:
        nvml.nvmlShutdown()
