"""Running the images, hardened, and breaking them."""

from __future__ import annotations

import time
from collections.abc import Iterator

from tools.verify_deploy.bench import CPU_IMAGE, GPU_IMAGE, Bench
from tools.verify_deploy.containers import HARDENED, Service, processes, start
from tools.verify_deploy.documents import LINES, sample, scan
from tools.verify_deploy.programs import until
from tools.verify_deploy.steps import Step, expect

_JOB_PAGES = 16
_GRACE = 60
_DATA_DIR = "/var/lib/paddleocr-vl-service"
_WRITABLE = {"/var/tmp/paddleocr-vl-service", _DATA_DIR}  # noqa: S108 - in the container
_NOT_DISKS = ("/proc", "/sys", "/dev")


def _hardened(bench: Bench) -> Iterator[str]:
    service = start(bench, CPU_IMAGE, "hardened")
    took = service.healthy()
    yield f"`docker run {' '.join(HARDENED)}`: (healthy) {took:.0f} s after the start."
    yield from _is_hardened(service)
    answer = service.extract(sample(bench.work))
    expect(answer["engine"]["name"] == "onnx", "another engine read it")
    text = " ".join(each["content"]["text"] for each in answer["elements"])
    for line in LINES:
        expect(line in text, f"{line!r} was not read: {text!r}")
    yield f"A printed page was posted, and all its {len(LINES)} known lines were read."


def _is_hardened(service: Service) -> Iterator[str]:
    status = service.run_inside("id -u; cat /proc/1/status")
    expect(status.split()[0] == "1000", "it does not run as 1000")
    facts = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    capabilities = [facts[f"Cap{each}"].strip() for each in ("Inh", "Prm", "Eff", "Bnd", "Amb")]
    expect(all(int(each, 16) == 0 for each in capabilities), f"capabilities: {capabilities}")
    expect(facts["NoNewPrivs"].strip() == "1", "new privileges can be had")
    expect(facts["Seccomp"].strip() == "2", "no seccomp filter")
    mounts = [line.split() for line in service.run_inside("cat /proc/mounts").splitlines()]
    writable = {
        place
        for _, place, _, options, *_ in mounts
        if "rw" in options.split(",") and not place.startswith((*_NOT_DISKS, "/etc/"))
    }
    expect(writable == _WRITABLE, f"writable: {sorted(writable)}")
    refused = service.run_inside(
        "for each in / /opt/service /home/appuser /tmp /etc; do "
        "touch $each/x 2>/dev/null && echo $each; done; true"
    )
    expect(not refused.strip(), f"written to: {refused}")
    yield (
        "User 1000, no capabilities, no new privileges, seccomp filter on, read-only root; of the "
        "file systems only those of `TMP_DIR` and `DATA_DIR` can be written (and `/dev/shm`, which "
        "is memory)."
    )


def _killed_engine(bench: Bench) -> Iterator[str]:
    service = start(bench, CPU_IMAGE, "killed", "--env", "PRELOAD_MODEL=true")
    service.healthy()
    until(lambda: service.json("/health")["pipeline_ready"], 60, "the engine is not loaded")
    (before, *_) = service.engine_pids()
    service.run_inside(f"kill -9 {before}")
    file = sample(bench.work)
    started = time.monotonic()
    answer = service.extract(file)
    expect(answer["success"] and answer["elements"], "nothing was read after the kill")
    health = service.json("/health")["engine"]["processes"][0]
    expect(health["pid"] != before and health["restarts"] >= 1, f"no other process: {health}")
    yield (
        f"`kill -9` of the engine's process: the next document is read by another one, "
        f"{time.monotonic() - started:.1f} s after the kill; `/health` counts the restart."
    )
    job = service.submit(scan(bench.work, 6))
    until(lambda: 0 < service.pages_read(job) < 6, 60, "the job does not begin", 0.1)
    (pid, *_) = service.engine_pids()
    service.run_inside(f"kill -9 {pid}")
    found = service.finished(job, 600)
    expect(found["status"] == "succeeded", f"the job: {found}")
    expect(found["progress"]["pages_failed"] == 0, f"pages were lost: {found}")
    zombies = [line for line in processes(bench, "killed").splitlines() if "<defunct>" in line]
    expect(not zombies, f"zombies: {zombies}")
    yield "Killed in the middle of a job of 6 pages: all 6 are read. No zombie is left."


def _stopped(bench: Bench) -> Iterator[str]:
    volumes = ("--volume", f"stopped-data:{_DATA_DIR}")
    grace = ("--env", "SHUTDOWN_GRACE_SECONDS=5", *volumes)
    service = start(bench, CPU_IMAGE, "stopped", *grace)
    service.healthy()
    job = service.submit(scan(bench.work, _JOB_PAGES))
    until(lambda: service.pages_read(job) > 1, 60, "the job does not begin", 0.2)
    done = service.pages_read(job)
    started = time.monotonic()
    bench.engine.docker("stop", "--time", str(_GRACE), "stopped", seconds=_GRACE + 30)
    took = time.monotonic() - started
    state = bench.inspect("stopped")["State"]
    expect(state["ExitCode"] == 0, f"it ended with {state['ExitCode']}")  # type: ignore[index]
    expect(took < _GRACE, f"it had to be killed after {took:.0f} s")
    expect(done < _JOB_PAGES, "the job was finished before the stop")
    bench.engine.docker("start", "stopped")
    service.healthy()
    found = service.finished(job, 900)
    expect(found["status"] == "succeeded", f"the job: {found}")
    progress = found["progress"]
    expect(progress["pages_done"] == _JOB_PAGES and not progress["pages_failed"], str(progress))
    result = service.json(f"/api/v1/jobs/{job}/result")
    sheets = [each["content"]["text"] for each in result["elements"]]
    read = [n for n in range(1, _JOB_PAGES + 1) if any(f"sheet {n}." in text for text in sheets)]
    expect(len(read) >= _JOB_PAGES - 2, f"only {len(read)} pages are in the result")
    yield (
        f"`docker stop` with {done} of {_JOB_PAGES} pages of a job read: it ends by itself after "
        f"{took:.1f} s, with status 0. Started again, the job succeeds with all {_JOB_PAGES} pages."
    )


def _gpu_runs(bench: Bench) -> Iterator[str]:
    from tests.support.tiny_models import MAX_PIXELS, MIN_PIXELS  # noqa: PLC0415

    service = start(
        bench,
        GPU_IMAGE,
        "gpu",
        *("--env", "DEVICE=cpu", "--env", f"VL_REC_MIN_PIXELS={MIN_PIXELS}"),
        *("--env", f"VL_REC_MAX_PIXELS={MAX_PIXELS}", "--env", "MAX_NEW_TOKENS=64"),
    )
    took = service.healthy()
    yield from _is_hardened(service)
    answer = service.extract(sample(bench.work))
    expect(answer["engine"]["name"] == "paddleocr-vl", "another engine read it")
    expect(any("Seen text." in each["content"]["text"] for each in answer["elements"]), str(answer))
    yield (
        "Hardened, on the CPU (`DEVICE=cpu`), with tiny checkpoints: (healthy) after "
        f"{took:.0f} s; a page goes through upstream's pipeline and comes back with what the "
        "checkpoints were taught. How well the published weights read is not shown by this."
    )
    for command in (["models", "verify"], ["version"]):
        words = ["run", "--rm", "--read-only", "--network", "none", GPU_IMAGE, *command]
        bench.engine.docker(*words)
    yield "`docker run IMAGE models verify` and other commands run without a network."


STEPS = (
    Step("hardened", "The image `cpu`, run hardened", _hardened, ("cpu-image",)),
    Step("killed-engine", "An engine that is killed", _killed_engine, ("cpu-image",)),
    Step("stopped", "A stop in the middle of a job", _stopped, ("cpu-image",)),
    Step("gpu-runs", "The image `gpu`, run without a GPU", _gpu_runs, ("gpu-image",)),
)
