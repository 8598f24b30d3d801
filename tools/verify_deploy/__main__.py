"""``python -m tools.verify_deploy [--only STEP ...] [--report FILE] [--ubuntu]``."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

from tools.verify_deploy import aws, compose_steps, image_steps, running_steps
from tools.verify_deploy.bench import ROOT, Bench, commit
from tools.verify_deploy.report import machine_facts, report
from tools.verify_deploy.steps import chosen, run_steps

MODULES = (image_steps, running_steps, compose_steps, aws)
STEPS = tuple(step for module in MODULES for step in module.STEPS)
UNVERIFIED = (
    "The base images themselves: `nvidia/cuda` and `debian:trixie-slim` were not pulled.",
    (
        "A GPU: `paddlepaddle-gpu`, its index and its CUDA libraries, the NVIDIA Container "
        "Toolkit, `gpu_enabled: true`, memory and speed on a GPU."
    ),
    "The published weights: their download from the hub, their size in the image, how they read.",
    "`docker-compose.vllm.yml`: it is valid, and was not started.",
    "The real images of PostgreSQL and of the S3-compatible store; S3 itself.",
    "`docker compose build`: images were built with `docker build` and the same arguments.",
    "SBOM and vulnerability scan of an image.",
    "Docker 24 or later: Debian's engine is older.",
    "Architectures other than x86_64.",
    (
        "AWS itself: CloudFormation, IAM, quotas and costs; the AMI, its driver and the steps of "
        "apt on Ubuntu. moto runs no machine and waits for nothing: what the machine does at its "
        "start runs in `make test`, with stand-ins for Docker, git, curl and nvidia-smi."
    ),
)


def main() -> int:
    """Do the steps; the exit status is 1 where one failed."""
    parser = argparse.ArgumentParser(prog="make verify-deploy", description=__doc__)
    parser.add_argument("--only", action="append", default=[], metavar="STEP")
    parser.add_argument("--list", action="store_true", help="name the steps, do nothing")
    parser.add_argument("--report", type=Path, help="docs/verification.md, unless --only is given")
    parser.add_argument("--ubuntu", action="store_true", help="gpu on a base of Ubuntu's archive")
    parser.add_argument("--cache", type=Path, default=ROOT / ".tools" / "verify-deploy")
    given = parser.parse_args()
    if given.list:
        print("\n".join(f"{step.name:18} {step.title}" for step in STEPS))
        return 0
    try:
        steps = chosen(STEPS, given.only)
    except ValueError as error:
        parser.error(str(error))
    given.cache.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, _end)  # so that nothing is left then, too
    facts = {**machine_facts(), "Commit": commit()}
    work = Path(tempfile.mkdtemp(prefix="verify-deploy-"))
    bench = Bench(given.cache, work, ubuntu=given.ubuntu)
    try:
        outcomes = run_steps(steps, bench, lambda text: print(text, flush=True))
    finally:
        bench.close()
        shutil.rmtree(work, ignore_errors=True)
    engine, compose = bench.version or "none", bench.compose_version() or "none"
    facts["Engine"] = f"Docker {engine}, Compose {compose}"
    page = given.report or (None if given.only else ROOT / "docs" / "verification.md")
    if page:
        page.write_text(report(outcomes, facts, UNVERIFIED), "utf-8")
    counts = {
        state: sum(each.state == state for each in outcomes)
        for state in ("passed", "skipped", "failed")
    }
    print(", ".join(f"{number} {state}" for state, number in counts.items()))
    if counts["skipped"]:
        print("NOT EVERYTHING WAS VERIFIED: see SKIPPED above.")
    return 1 if counts["failed"] else 0


def _end(number: int, _frame: object) -> NoReturn:
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
