"""What the NVIDIA driver says of the GPUs, without creating a CUDA context."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager


class _Memory(ctypes.Structure):
    _fields_ = (
        ("total", ctypes.c_ulonglong),
        ("free", ctypes.c_ulonglong),
        ("used", ctypes.c_ulonglong),
    )


def count_gpus() -> int:
    """GPUs that the NVIDIA management library sees; 0 without library or driver."""
    with _nvml() as nvml:
        count = ctypes.c_uint(0)
        if nvml is None or nvml.nvmlDeviceGetCount_v2(ctypes.byref(count)) != 0:
            return 0
        return int(count.value)


def free_share(gpu: int) -> float | None:
    """How much of a GPU's memory is free, from 0 to 1; None where that cannot be known."""
    with _nvml() as nvml:
        handle, memory = ctypes.c_void_p(), _Memory()
        if (
            nvml is None
            or nvml.nvmlDeviceGetHandleByIndex_v2(ctypes.c_uint(gpu), ctypes.byref(handle)) != 0
            or nvml.nvmlDeviceGetMemoryInfo(handle, ctypes.byref(memory)) != 0
            or memory.total == 0
        ):
            return None
        return float(memory.free) / float(memory.total)


@contextmanager
def _nvml() -> Iterator[ctypes.CDLL | None]:
    try:
        nvml = ctypes.CDLL("libnvidia-ml.so.1")
    except OSError:
        yield None
        return
    if nvml.nvmlInit_v2() != 0:
        yield None
        return
    try:
        yield nvml
    finally:
        nvml.nvmlShutdown()
