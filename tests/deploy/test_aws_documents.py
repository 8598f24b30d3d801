"""The commands of the pages on AWS; `tools/verify_deploy/aws.py` runs those that use AWS."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs import pages
from tests.support import cloudformation
from tools.verify_deploy import aws
from tools.verify_deploy.steps import NotSo

OWN = {
    "README.md": ["On AWS"],
    "docs/deployment.md": [
        "Step 1, on your own machine: launch",
        "Step 4, on your own machine: a document",
        "Step 5, on your own machine: remove everything",
    ],
}
INSTANCE = [
    "Step 2, on the instance: Docker and the GPU",
    "Step 3, on the instance: the service",
]
# Each tells of itself. sudo runs nothing, and keeps what tee would have written.
STAND_INS = {
    "curl": "echo deb https://nvidia.github.io/libnvidia-container/stable/deb/amd64 /",
    "dpkg": "echo amd64",
    "git": 'mkdir -p "$3"',
    "nvidia-smi": "exit 0",
    "sudo": 'case $1 in tee) cat >"$OUT/${2##*/}" ;; gpg) cat >/dev/null ;; esac',
}
DOCKER = "docker-ce docker-ce-cli containerd.io docker-buildx-plugin docker-compose-plugin"
KEY = "/usr/share/keyrings/nvidia-container-toolkit-keyring.gpg"


def test_the_steps_on_the_instance_look_at_the_gpu_before_they_start(tmp_path: Path) -> None:
    for name, body in STAND_INS.items():
        told = f'#!/bin/bash\nprintf "%s\\n" "${{0##*/}} $*" >>"$OUT/calls"\n{body}\n'
        (tmp_path / name).write_text(told, "utf-8")
        (tmp_path / name).chmod(0o755)
    steps = "\n".join(aws.commands("docs/deployment.md", *INSTANCE))
    environment = {"OUT": str(tmp_path), "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    command = ["bash", "-euo", "pipefail", "-c", steps]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    calls = (tmp_path / "calls").read_text("utf-8").splitlines()
    order = [
        "nvidia-smi ",
        f"sudo apt-get install -y {DOCKER}",
        "sudo apt-get install -y nvidia-container-toolkit",
        "sudo nvidia-ctk runtime configure --runtime=docker",
        "sudo docker run --rm --runtime=nvidia --gpus all ubuntu:22.04 nvidia-smi",
        "git clone https://example.com/you/paddleocr-vl-service.git paddleocr-vl-service",
        "sudo docker compose up -d",
    ]
    places = [calls.index(each) for each in order]
    assert places == sorted(places)
    toolkit = (tmp_path / "nvidia-container-toolkit.list").read_text("utf-8")
    assert toolkit.startswith(f"deb [signed-by={KEY}] https://nvidia.github.io/")
    docker = (tmp_path / "docker.list").read_text("utf-8")
    assert docker.startswith("deb [arch=amd64 signed-by=/etc/apt/keyrings/docker.asc] https://")


@pytest.mark.parametrize("page", OWN)
def test_the_commands_for_ones_own_machine_are_sound(page: str) -> None:
    shellcheck = Path(sys.executable).with_name("shellcheck")
    # `cd` fails loudly enough for somebody who types it.
    options = ["--shell=bash", "--exclude=SC2164", "-"]
    written = "\n".join(aws.commands(page, *OWN[page]))
    for text, sound in ((written, True), (written + "\nrm $GROUP", False)):
        done = subprocess.run([shellcheck, *options], input=text, capture_output=True, text=True)
        assert (done.returncode == 0) == sound, done.stdout


def test_what_the_readme_shows_is_what_up_and_the_stack_say() -> None:
    shown = "".join(block.text for block in pages.blocks("README.md", "text"))
    up = (pages.ROOT / "deploy/aws/up").read_text("utf-8")
    stack = (pages.ROOT / "deploy/aws/stack.yaml").read_text("utf-8")
    for sentence in (
        "The machine installs what it lacks and brings the image.",
        "That takes a while; after 55 minutes it has failed.",
        "The service is there.",
        "It costs money until you run: deploy/aws/down --region ",
    ):
        assert sentence in shown
        assert sentence in up
    for output in ("Url", "Curl", "Ssh", "MachineId"):
        assert f"\n  {output} " in shown
        assert f"\n  {output}:\n" in stack


def test_the_ami_and_the_quota_are_the_same_everywhere() -> None:
    stack = cloudformation.load(cloudformation.STACK.read_text("utf-8"))
    ami = stack["Parameters"]["AmiParameter"]["Default"]
    for path, texts in {
        "deploy/aws/up": (ami, "L-DB2E81BA"),
        "docs/deployment.md": (ami, "L-DB2E81BA"),
        "tools/verify_deploy/moto_server.py": (ami, "L-DB2E81BA"),
        "README.md": ("L-DB2E81BA",),
    }.items():
        for text in texts:
            assert text in (pages.ROOT / path).read_text("utf-8"), path


def test_asks_for_a_heading_that_is_there() -> None:
    with pytest.raises(NotSo, match=r"^README\.md has no heading 'On the moon'$"):
        aws.commands("README.md", "On the moon")
    with pytest.raises(NotSo, match="has no commands below 'What it costs'"):
        aws.commands("docs/deployment.md", "What it costs")
