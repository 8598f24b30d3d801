import ctypes
from typing import Any

import pytest

from paddleocr_vl_service.config.settings import Settings
from paddleocr_vl_service.services import gpu_probe
from paddleocr_vl_service.services.build import plan_engine

ECHO = "tests.support.echo_engine:EchoEngine"


@pytest.mark.parametrize(
    ("cpus", "asked", "processes", "threads"),
    [
        (1, 0, 1, 1),
        (2, 0, 1, 2),
        (4, 0, 1, 4),
        (8, 0, 2, 4),
        (16, 2, 2, 4),
        (2, 2, 2, 1),
        (2, 8, 8, 1),
    ],
)
def test_cpus_are_shared_out(cpus: int, asked: int, processes: int, threads: int) -> None:
    plan = plan_engine(Settings(engine="onnx", engine_processes=asked), cpus, gpus=0)
    assert (plan.processes, plan.threads) == (processes, threads)


@pytest.mark.parametrize(
    ("use_gpu", "device", "gpus", "planned"),
    [
        (True, "gpu", 1, "gpu:0"),
        (True, "gpu:1,2", 3, "gpu:1"),
        (True, "gpu", 0, "cpu"),
        (False, "gpu", 1, "cpu"),
        (True, "cpu", 1, "cpu"),
    ],
)
def test_the_device_is_what_was_asked_for_and_is_there(
    use_gpu: bool, device: str, gpus: int, planned: str
) -> None:
    settings = Settings(engine=ECHO, use_gpu=use_gpu, device=device)
    assert plan_engine(settings, 1, gpus).device == planned


def test_the_embedded_engine_runs_on_the_cpu_even_beside_a_gpu() -> None:
    plan = plan_engine(Settings(engine="auto"), cpus=1, gpus=1)
    assert (plan.name, plan.device) == ("onnx", "cpu")


class FakeNvml:
    def __init__(self, count: int, status: int = 0) -> None:
        self._count, self._status = count, status
        self.open = False

    def nvmlInit_v2(self) -> int:  # noqa: N802
        self.open = self._status == 0
        return self._status

    def nvmlDeviceGetCount_v2(self, count: Any) -> int:  # noqa: N802
        ctypes.cast(count, ctypes.POINTER(ctypes.c_uint))[0] = self._count
        return 0

    def nvmlShutdown(self) -> None:  # noqa: N802
        self.open = False


def test_gpus_are_counted_by_the_driver_s_library(monkeypatch: pytest.MonkeyPatch) -> None:
    library = FakeNvml(2)
    monkeypatch.setattr(ctypes, "CDLL", lambda name: library)
    assert gpu_probe.count_gpus() == 2
    assert not library.open


def test_a_library_without_a_driver_means_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: FakeNvml(2, status=9))
    assert gpu_probe.count_gpus() == 0


def test_no_library_means_no_gpu() -> None:
    assert gpu_probe.count_gpus() >= 0
