import pytest

from paddleocr_vl_service.config.settings import Settings
from paddleocr_vl_service.services import build
from paddleocr_vl_service.services.build import admission_limits, build_service, plan_engine
from paddleocr_vl_service.services.engine_host.host import EngineHostConfig
from paddleocr_vl_service.services.memory import MIB

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
    assert (plan.devices, plan.threads) == (("cpu",) * processes, threads)


@pytest.mark.parametrize(
    ("use_gpu", "device", "gpus", "planned"),
    [
        (True, "gpu", 1, ("gpu:0",)),
        (True, "gpu", 4, ("gpu:0",)),
        (True, "gpu:2", 3, ("gpu:2",)),
        (True, "gpu:2,0", 3, ("gpu:2", "gpu:0")),
        (True, "gpu", 0, ("cpu",)),
        (True, "gpu:5", 0, ("cpu",)),
        (False, "gpu:0,1", 2, ("cpu",)),
        (True, "cpu", 1, ("cpu",)),
    ],
)
def test_devices_are_what_was_asked_for_and_is_there(
    use_gpu: bool, device: str, gpus: int, planned: tuple[str, ...]
) -> None:
    settings = Settings(engine=ECHO, use_gpu=use_gpu, device=device)
    assert plan_engine(settings, 1, gpus).devices == planned


@pytest.mark.parametrize(
    ("processes", "planned"), [(1, "0"), (2, "0 2"), (3, "0 2 0"), (5, "0 2 0 2 0")]
)
def test_processes_go_round_the_gpus(processes: int, planned: str) -> None:
    settings = Settings(engine=ECHO, device="gpu:0,2", engine_processes=processes)
    plan = plan_engine(settings, cpus=64, gpus=3)
    assert plan.devices == tuple(f"gpu:{number}" for number in planned.split())
    assert plan.threads == 4


@pytest.mark.parametrize(("device", "missing"), [("gpu:2", 2), ("gpu:0,7,9", 7)])
def test_a_gpu_that_is_not_there_is_refused_in_one_sentence(device: str, missing: int) -> None:
    with pytest.raises(ValueError, match=f"GPU {missing}") as caught:
        plan_engine(Settings(engine=ECHO, device=device), cpus=4, gpus=2)
    assert str(caught.value) == (
        f"DEVICE={device} names GPU {missing}, and this machine has 2, counted from 0"
    )


def test_the_embedded_engine_runs_on_the_cpu_even_beside_a_gpu() -> None:
    plan = plan_engine(Settings(engine="auto", device="gpu:7"), cpus=1, gpus=1)
    assert (plan.name, plan.devices) == ("onnx", ("cpu",))


@pytest.mark.parametrize(
    ("processes", "batch_pages", "asked", "short"),
    [(1, 1, 0, 8), (4, 1, 0, 8), (8, 1, 0, 16), (2, 16, 0, 64), (8, 4, 3, 3)],
)
def test_single_pages_alone_keep_every_process_busy(
    processes: int, batch_pages: int, asked: int, short: int
) -> None:
    settings = Settings(
        engine=ECHO,
        engine_processes=processes,
        engine_batch_pages=batch_pages,
        max_concurrent_short_requests=asked,
    )
    limits = admission_limits(settings, plan_engine(settings, cpus=4, gpus=0))
    assert limits.short == short


def test_the_house_is_as_large_as_the_settings_say() -> None:
    settings = Settings(
        max_concurrent_requests=7, max_queued_requests=11, max_queued_bytes=2_000_000_000
    )
    limits = admission_limits(settings, plan_engine(settings, cpus=4, gpus=0))
    assert (limits.long, limits.short, limits.waiting) == (7, 8, 11)
    assert (limits.uploaded_bytes, limits.documents) == (2_000_000_000, 26)


def host_config(settings: Settings) -> EngineHostConfig:
    return build_service(settings)._host.config


def test_the_engine_is_kept_as_the_settings_say() -> None:
    config = host_config(
        Settings(
            engine=ECHO,
            use_gpu=False,
            engine_processes=2,
            engine_batch_pages=3,
            engine_max_pages=50,
            engine_max_rss_mb=700,
            engine_start_timeout_seconds=20,
            page_timeout_seconds=10,
        )
    )
    assert (config.name, config.factory, config.devices) == (ECHO, ECHO, ("cpu", "cpu"))
    assert (config.batch_pages, config.pages_in_flight) == (3, 7)
    assert (config.max_pages, config.max_bytes) == (50, 700 * MIB)
    assert (config.start_timeout, config.page_timeout) == (20, 10)


def test_there_is_room_for_all_pages_of_all_documents_and_for_those_nobody_waits_for() -> None:
    settings = Settings(use_gpu=False, engine_processes=2, engine_batch_pages=3)
    config = host_config(settings)
    limits = admission_limits(settings, plan_engine(settings, cpus=4, gpus=0))
    documents = limits.long + limits.short
    # Pages whose document was given up are still being read: no more than all processes take.
    assert config.capacity >= documents * config.pages_in_flight + 2 * 3


@pytest.mark.parametrize(
    ("total", "most"),
    [(10_000 * MIB, 3_000 * MIB), (2_000 * MIB, 1_024 * MIB), (None, 0)],
    ids=["known", "small", "unknown"],
)
def test_processes_share_most_of_the_memory_when_nobody_says_how_much(
    monkeypatch: pytest.MonkeyPatch, total: int | None, most: int
) -> None:
    monkeypatch.setattr(build, "total_bytes", lambda: total)
    assert host_config(Settings(use_gpu=False, engine_processes=2)).max_bytes == most


def test_a_machine_without_a_gpu_is_told_once_and_only_who_wanted_one(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(build, "count_gpus", lambda: 0)
    build_service(Settings(device="gpu", engine="onnx"))
    assert caplog.messages == ["GPU not available, using CPU"]
    caplog.clear()
    build_service(Settings(use_gpu=False, engine="onnx"))
    assert caplog.messages == []
