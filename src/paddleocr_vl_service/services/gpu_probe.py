"""What the NVIDIA driver says of the GPUs, without creating a CUDA context."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


class _Memory(ctypes.Structure):
    _fields_ = (
        ("total", ctypes.c_ulonglong),
        ("free", ctypes.c_ulonglong),
        ("used", ctypes.c_ulonglong),
    )


@dataclass(frozen=True)
class GpuMemory:
    """Bytes of a GPU's memory; what other programs hold counts as used."""

    used: int
    total: int


def count_gpus() -> int:
    """GPUs that the NVIDIA management library sees; 0 without library or driver."""
    with _nvml() as nvml:
        return 0 if nvml is None else _count(nvml)


def memory_of_all() -> dict[int, GpuMemory]:
    """Memory of every GPU that says it, by its number."""
    with _nvml() as nvml:
        if nvml is None:
            return {}
        found = {number: _memory(nvml, number) for number in range(_count(nvml))}
        return {number: memory for number, memory in found.items() if memory is not None}


def free_share(gpu: int) -> float | None:
    """How much of a GPU's memory is free, from 0 to 1; None where that cannot be known."""
    with _nvml() as nvml:
        memory = None if nvml is None else _memory(nvml, gpu)
        return None if memory is None else 1 - memory.used / memory.total


def _count(nvml: ctypes.CDLL) -> int:
    count = ctypes.c_uint(0)
    return int(count.value) if nvml.nvmlDeviceGetCount_v2(ctypes.byref(count)) == 0 else 0


def _memory(nvml: ctypes.CDLL, gpu: int) -> GpuMemory | None:
    handle, memory = ctypes.c_void_p(), _Memory()
    if (
        nvml.nvmlDeviceGetHandleByIndex_v2(ctypes.c_uint(gpu), ctypes.byref(handle)) != 0
        or nvml.nvmlDeviceGetMemoryInfo(handle, ctypes.byref(memory)) != 0
        or memory.total == 0
    ):
        return None
    return GpuMemory(int(memory.total) - int(memory.free), int(memory.total))


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
