"""Compose: the reservation of GPUs, one machine, several workers."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from tools.verify_deploy.bench import (
    CPU_IMAGE,
    POSTGRES_IMAGE,
    S3_IMAGE,
    STAND_INS,
    Bench,
)
from tools.verify_deploy.containers import Service, processes
from tools.verify_deploy.documents import LINES, sample, scan
from tools.verify_deploy.programs import until
from tools.verify_deploy.steps import NotHere, Step, expect

_CPU, _CLUSTER = "docker-compose.cpu.yml", "docker-compose.cluster.yml"
_UP = ("up", "--detach", "--no-build", "--pull", "never")
_NAME = "paddleocr-vl-service"
_JOBS, _PAGES = 4, 8
_NO_GPU = 'could not select device driver "nvidia" with capabilities: [[gpu]]'


def _reservation(bench: Bench) -> Iterator[str]:
    _needs_compose(bench)
    # Any image will do: the engine refuses before it starts a program.
    status, said = bench.compose(*_UP, environment={"IMAGE": CPU_IMAGE})
    try:
        expect(status != 0, "it starts on a machine without a GPU")
        expect(_NO_GPU in said, f"it was refused otherwise: {said[-1000:]}")
    finally:
        bench.compose("down", "--volumes")
    yield (
        "`docker-compose up -d` with `docker-compose.yml` alone, and no `.env`: the engine refuses "
        f"with `{_NO_GPU}`. So the reservation of all GPUs reaches it."
    )


def _one_machine(bench: Bench) -> Iterator[str]:
    _needs_compose(bench)
    environment = {"IMAGE": CPU_IMAGE}
    status, said = bench.compose(*_UP, "--wait", files=(_CPU,), environment=environment)
    expect(status == 0, f"it does not start: {said[-2000:]}")
    service = Service(bench, _NAME, 8000)
    try:
        answer = service.extract(sample(bench.work))
        text = " ".join(each["content"]["text"] for each in answer["elements"])
        expect(LINES[0] in text, f"it read {text!r}")
        host = bench.inspect(_NAME)["HostConfig"]
        expect(host["ReadonlyRootfs"] and host["CapDrop"] == ["ALL"], str(host))  # type: ignore[index]
        expect(host["LogConfig"]["Config"]["max-size"] == "10m", str(host))  # type: ignore[index]
        expect(host["RestartPolicy"]["Name"] == "unless-stopped", str(host))  # type: ignore[index]
        yield (
            "`up -d --wait` with the cpu file: healthy, published on port 8000, and a page posted "
            "there is read. The container is `paddleocr-vl-service`, read-only, without "
            "capabilities, with log rotation and a restart policy."
        )
        job = service.submit(scan(bench.work, 4))
        service.finished(job, 600)
        status, said = bench.compose("down", files=(_CPU,), environment=environment)
        expect(status == 0, said[-1000:])
        status, said = bench.compose(*_UP, "--wait", files=(_CPU,), environment=environment)
        expect(status == 0, said[-1000:])
        expect(service.job(job)["status"] == "succeeded", "the job is gone")
        yield "After `down` and `up` the jobs are still there: their volume outlives the container."
    finally:
        bench.compose("down", "--volumes", files=(_CPU,), environment=environment)


def _cluster(bench: Bench) -> Iterator[str]:
    _needs_compose(bench)
    files = (_CPU, _CLUSTER, str(STAND_INS / "compose.yml"))
    environment = {
        "IMAGE": CPU_IMAGE,
        "POSTGRES_IMAGE": POSTGRES_IMAGE,
        "S3_IMAGE": S3_IMAGE,
        "MAX_RUNNING_JOBS": "1",
        "STOP_GRACE_PERIOD": "40s",
        **{f"S3_{each}_KEY": secrets.token_hex(16) for each in ("ACCESS", "SECRET")},
        "POSTGRES_PASSWORD": secrets.token_hex(16),
    }
    (bench.source / ".env").write_text("MAX_RUNNING_JOBS=1\n", "utf-8")
    try:
        status, said = bench.compose(
            *_UP, "--wait", files=files, environment=environment, seconds=400
        )
        logs = "" if status == 0 else bench.compose("logs", files=files, environment=environment)[1]
        expect(status == 0, f"it does not start: {said[-1500:]}\n{logs[-3000:]}")
        yield (
            "`up -d --wait` with the cpu and cluster files: PostgreSQL, the store, its bucket, the "
            "service and two workers."
        )
        yield from _worker_is_killed(bench)
    finally:
        bench.compose("down", "--volumes", files=files, environment=environment)
        (bench.source / ".env").unlink(missing_ok=True)


def _worker_is_killed(bench: Bench) -> Iterator[str]:
    service = Service(bench, _NAME, 8000)
    file = scan(bench.work, _PAGES)
    jobs = [service.submit(file) for _ in range(_JOBS)]
    names = bench.engine.docker("ps", "--format", "{{.Names}}").split()
    workers = sorted(name for name in names if "worker" in name)
    expect(len(workers) == 2, f"workers: {workers}")
    busy: list[str] = []

    def working() -> bool:
        # An engine's process is started for a page; then some pages are read before the kill.
        busy[:] = [each for each in workers if "engine-onnx" in processes(bench, each)]
        running = [service.job(job) for job in jobs]
        begun = [each for each in running if each["progress"]["pages_done"] > 0]
        return bool(busy) and len(begun) > 1 and all(e["status"] != "failed" for e in running)

    until(working, 120, "no worker begins", 0.3)
    victim = busy[0]
    before = {job: service.job(job)["status"] for job in jobs}
    expect("succeeded" not in before.values(), "a job was finished before the kill")
    bench.engine.docker("kill", "--signal", "KILL", victim)
    others = [name for name in (*workers, _NAME) if name != victim]
    found = [service.finished(job, 900) for job in jobs]
    expect(all(each["status"] == "succeeded" for each in found), f"jobs: {found}")
    progress = [each["progress"] for each in found]
    expect(
        all(p["pages_done"] == _PAGES and not p["pages_failed"] for p in progress), str(progress)
    )
    taken = [
        job
        for job in jobs
        for name in others
        if any(job in line and "taken over" in line for line in _log(bench, name))
    ]
    expect(taken, "no job was taken over")
    finishers = [
        name
        for name in others
        if any(taken[0] in line and "A job is finished" in line for line in _log(bench, name))
    ]
    expect(finishers, f"nobody says that it finished {taken[0]}")
    finisher = finishers[0].removeprefix("paddleocr-vl-")
    yield (
        f"{_JOBS} jobs of {_PAGES} pages each; a worker's container was killed in the middle of "
        f"one. `{finisher}` finished it; all jobs succeeded with all their pages."
    )


def _log(bench: Bench, name: str) -> list[str]:
    return bench.engine.docker("logs", name).splitlines()


def _needs_compose(bench: Bench) -> None:
    if not bench.compose_version():
        raise NotHere("docker-compose is not in .venv: it comes with Python 3.11 or later")


STEPS = (
    Step("gpu-reservation", "The GPU reservation", _reservation, ("cpu-image",)),
    Step("compose-cpu", "Compose on one machine", _one_machine, ("cpu-image",)),
    Step(
        "compose-cluster",
        "Compose with PostgreSQL, an S3-compatible store and two workers",
        _cluster,
        ("cpu-image", "stand-ins"),
    ),
)
