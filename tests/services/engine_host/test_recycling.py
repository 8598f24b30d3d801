from dataclasses import dataclass
from typing import cast

import pytest

from paddleocr_vl_service.engines.base import EngineCapabilities
from paddleocr_vl_service.models.document import EngineInfo
from paddleocr_vl_service.services import gpu_probe
from paddleocr_vl_service.services.engine_host import recycling
from paddleocr_vl_service.services.engine_host.engine_process import EngineProcess
from paddleocr_vl_service.services.engine_host.recycling import RecyclingPlan, room_beside
from paddleocr_vl_service.services.memory import MIB


@dataclass
class StubProcess:
    pages: int = 0
    held: int | None = None
    loaded_bytes: int | None = None
    device: str = "cpu"
    looked_at: int = 0

    @property
    def capabilities(self) -> EngineCapabilities:
        return EngineCapabilities(EngineInfo("stub", "none", "1"), self.device, ())

    def resident_bytes(self) -> int | None:
        self.looked_at += 1
        return self.held


def process(
    *,
    pages: int = 0,
    held: int | None = None,
    loaded_bytes: int | None = None,
    device: str = "cpu",
) -> EngineProcess:
    return cast("EngineProcess", StubProcess(pages, held, loaded_bytes, device))


def test_a_process_goes_when_it_has_read_its_pages() -> None:
    plan = RecyclingPlan(max_pages=100)
    assert plan.reason(process(pages=99)) is None
    assert plan.reason(process(pages=100)) == "it has read 100 pages"
    assert plan.reason(process(pages=164)) == "it has read 164 pages"


def test_a_process_goes_when_it_holds_too_much_memory() -> None:
    plan = RecyclingPlan(max_bytes=500 * MIB)
    assert plan.reason(process(held=500 * MIB)) is None
    assert plan.reason(process(held=612 * MIB + 5)) == "it holds 612 MiB"


def test_a_limit_below_what_the_engine_takes_when_loaded_does_not_replace_it_for_ever() -> None:
    plan = RecyclingPlan(max_bytes=100 * MIB)
    assert plan.is_too_small_for(process(loaded_bytes=400 * MIB))
    assert not plan.is_too_small_for(process(loaded_bytes=100 * MIB))
    assert plan.reason(process(held=500 * MIB, loaded_bytes=400 * MIB)) is None
    assert plan.reason(process(held=501 * MIB, loaded_bytes=400 * MIB)) is not None


def test_a_process_whose_memory_is_not_known_may_stay() -> None:
    assert RecyclingPlan(max_bytes=1).reason(process(held=None)) is None


def test_without_limits_a_process_stays_for_ever_and_nobody_looks() -> None:
    stub = StubProcess(pages=10**9, held=10**15)
    assert RecyclingPlan().reason(cast("EngineProcess", stub)) is None
    assert stub.looked_at == 0


def test_one_process_at_a_time_is_replaced() -> None:
    plan = RecyclingPlan()
    assert plan.claim()
    assert not plan.claim()
    plan.release()
    assert plan.claim()


def test_there_is_a_look_at_the_room_unless_something_else_is_said() -> None:
    assert RecyclingPlan().has_room_beside is room_beside
    assert RecyclingPlan(has_room_beside=lambda _: False).has_room_beside(process()) is False


@pytest.mark.parametrize(
    ("available", "loaded", "room"),
    [
        (756 * MIB, 400 * MIB, True),  # as much as it was when loaded, a quarter, and a reserve
        (756 * MIB - 1, 400 * MIB, False),
        (None, 400 * MIB, True),
        (0, None, True),
    ],
)
def test_a_successor_loads_beside_where_the_memory_holds_both(
    monkeypatch: pytest.MonkeyPatch, available: int | None, loaded: int | None, room: bool
) -> None:
    monkeypatch.setattr(recycling, "available_bytes", lambda: available)
    assert room_beside(process(loaded_bytes=loaded)) is room


@pytest.mark.parametrize(("free", "room"), [(0.5, True), (0.49, False), (None, False)])
def test_on_a_gpu_half_of_its_memory_has_to_be_free(
    monkeypatch: pytest.MonkeyPatch, free: float | None, room: bool
) -> None:
    asked: list[int] = []

    def free_share(gpu: int) -> float | None:
        asked.append(gpu)
        return free

    monkeypatch.setattr(recycling, "available_bytes", lambda: None)
    monkeypatch.setattr(gpu_probe, "free_share", free_share)
    assert room_beside(process(device="gpu:3")) is room
    assert room_beside(process(device="gpu")) is room
    assert asked == [3, 0]


def test_a_gpu_with_room_does_not_make_up_for_a_machine_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recycling, "available_bytes", lambda: 0)
    monkeypatch.setattr(gpu_probe, "free_share", lambda gpu: 1.0)
    assert not room_beside(process(loaded_bytes=1, device="gpu:0"))


def test_on_the_cpu_nobody_asks_for_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recycling, "available_bytes", lambda: None)
    monkeypatch.delattr(gpu_probe, "free_share")
    assert room_beside(process())
