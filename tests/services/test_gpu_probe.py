import ctypes
from collections.abc import Iterator
from typing import Any

import pytest

from paddleocr_vl_service.services import gpu_probe


class FakeNvml:
    """GPUs as pairs of total and free bytes; calls named in `failing` answer an error."""

    def __init__(self, *gpus: tuple[int, int], failing: str = "") -> None:
        self._gpus = gpus
        self._failing = failing
        self.calls: list[str] = []
        self.sessions = 0

    def nvmlInit_v2(self) -> int:
        status = self._status("nvmlInit_v2")
        self.sessions += status == 0
        return status

    def nvmlShutdown(self) -> int:
        self.sessions -= 1
        return self._status("nvmlShutdown")

    def nvmlDeviceGetCount_v2(self, count: Any) -> int:
        ctypes.cast(count, ctypes.POINTER(ctypes.c_uint))[0] = len(self._gpus)
        return self._status("nvmlDeviceGetCount_v2")

    def nvmlDeviceGetHandleByIndex_v2(self, index: Any, handle: Any) -> int:
        if index.value >= len(self._gpus):
            return 2
        ctypes.cast(handle, ctypes.POINTER(ctypes.c_void_p))[0] = 1000 + index.value
        return self._status("nvmlDeviceGetHandleByIndex_v2")

    def nvmlDeviceGetMemoryInfo(self, handle: Any, memory: Any) -> int:
        total, free = self._gpus[handle.value - 1000]
        numbers = ctypes.cast(memory, ctypes.POINTER(ctypes.c_ulonglong))
        numbers[0], numbers[1], numbers[2] = total, free, total - free
        return self._status("nvmlDeviceGetMemoryInfo")

    def _status(self, call: str) -> int:
        self.calls.append(call)
        return 999 if call == self._failing else 0


class Driver:
    """Says which library there is."""

    def __init__(self) -> None:
        self.library: FakeNvml | None = None

    def load(self, name: str) -> FakeNvml:
        assert name == "libnvidia-ml.so.1"
        if self.library is None:
            raise OSError(f"{name}: cannot open shared object file")
        return self.library


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Driver]:
    driver = Driver()
    monkeypatch.setattr(ctypes, "CDLL", driver.load)
    yield driver
    assert driver.library is None or driver.library.sessions == 0


def test_without_a_library_there_is_no_gpu(driver: Driver) -> None:
    assert gpu_probe.count_gpus() == 0
    assert gpu_probe.free_share(0) is None


def test_a_library_without_a_driver_means_no_gpu(driver: Driver) -> None:
    driver.library = FakeNvml((10, 5), failing="nvmlInit_v2")
    assert gpu_probe.count_gpus() == 0
    assert gpu_probe.free_share(0) is None
    assert driver.library.calls == ["nvmlInit_v2"] * 2


def test_gpus_are_counted(driver: Driver) -> None:
    driver.library = FakeNvml((10, 5), (10, 5))
    assert gpu_probe.count_gpus() == 2


def test_the_free_share_is_that_of_the_gpu_asked_for(driver: Driver) -> None:
    driver.library = FakeNvml((80 << 30, 20 << 30), (40 << 30, 40 << 30))
    assert gpu_probe.free_share(0) == 0.25
    assert gpu_probe.free_share(1) == 1.0
    assert gpu_probe.free_share(2) is None


@pytest.mark.parametrize("call", ["nvmlDeviceGetHandleByIndex_v2", "nvmlDeviceGetMemoryInfo"])
def test_a_driver_that_answers_an_error_tells_nothing(driver: Driver, call: str) -> None:
    driver.library = FakeNvml((10, 5), failing=call)
    assert gpu_probe.free_share(0) is None


def test_a_count_that_fails_is_none(driver: Driver) -> None:
    driver.library = FakeNvml((10, 5), failing="nvmlDeviceGetCount_v2")
    assert gpu_probe.count_gpus() == 0


def test_a_gpu_without_memory_of_its_own_is_not_known(driver: Driver) -> None:
    driver.library = FakeNvml((0, 0))
    assert gpu_probe.free_share(0) is None


def test_this_machine_can_be_asked() -> None:
    gpus = gpu_probe.count_gpus()
    assert gpus >= 0
    assert gpu_probe.free_share(gpus) is None


def test_memory_is_told_of_every_gpu_that_says_it(driver: Driver) -> None:
    assert gpu_probe.memory_of_all() == {}
    driver.library = FakeNvml((24 << 30, 20 << 30), (0, 0), (40 << 30, 40 << 30))
    assert gpu_probe.memory_of_all() == {
        0: gpu_probe.GpuMemory(4 << 30, 24 << 30),
        2: gpu_probe.GpuMemory(0, 40 << 30),
    }
