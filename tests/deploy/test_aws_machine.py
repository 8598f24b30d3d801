"""What the machine of the AWS stack does when it starts: its user data, with fake commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.deploy.aws_machine import COMMANDS, VALUES, Run, start_machine

# apt-get, where installing docker-ce and the others brings the commands that were missing.
APT = """
    case " $* " in
      *" git "*) bring=git ;;
      *" docker-ce "*) bring=docker ;;
      *" nvidia-container-toolkit "*) bring=nvidia-ctk ;;
      *" awscli "*) bring=aws ;;
    esac
    [[ -z ${bring-} ]] || install "$SPARE/$bring" "${0%/*}/$bring" """
NO_NVIDIA_RUNTIME = COMMANDS["docker"].replace('{"nvidia":{},"runc":{}}', '{"runc":{}}')


def docker(call: str, does: str) -> dict[str, str]:
    """Docker, which does something else when it is called so."""
    case = 'case "$*" in'
    return {"docker": COMMANDS["docker"].replace(case, f"{case}\n{call}) {does} ;;")}


def succeeded(run: Run) -> bool:
    assert run.code == 0, run.log
    return [(each["Status"], each["Reason"]) for each in run.signals] == [
        ("SUCCESS", "The service answers, with the GPU.")
    ]


def test_looks_at_the_gpu_then_builds_and_starts(tmp_path: Path) -> None:
    run = start_machine(tmp_path, values={"RepositoryRef": "v1.2.3"})
    assert succeeded(run)
    folder = f"{tmp_path}/opt/paddleocr-vl-service"
    compose = f"docker compose -f {folder}/docker-compose.yml"
    order = [
        "nvidia-smi",
        "docker run --rm --runtime=nvidia --gpus all ubuntu:22.04 nvidia-smi",
        f"git -C {folder} remote add origin {VALUES['RepositoryUrl']}",
        f"git -C {folder} fetch -q --depth 1 origin v1.2.3",
        f"{compose} build",
        f"{compose} up -d --no-build",
        "curl -fsS --max-time 2 http://localhost:8000/health",
        "curl -fsS --retry 8 --retry-all-errors -X PUT -H Content-Type: --data-binary",
    ]
    places = [run.first(each) for each in order]
    assert places == sorted(places)
    assert not run.ran("apt-get")
    assert not run.ran("nvidia-ctk")


def test_brings_what_a_bare_ubuntu_lacks(tmp_path: Path) -> None:
    run = start_machine(
        tmp_path,
        commands={"apt-get": APT, "docker": NO_NVIDIA_RUNTIME, "gpg": "exit 0"},
        missing=["git", "docker", "nvidia-ctk"],
    )
    assert succeeded(run)
    lists = tmp_path / "etc/apt/sources.list.d"
    assert (lists / "docker.list").read_text("utf-8") == (
        f"deb [arch=amd64 signed-by={tmp_path}/etc/apt/keyrings/docker.asc] "
        "https://download.docker.com/linux/ubuntu jammy stable\n"
    )
    key = f"{tmp_path}/etc/apt/keyrings/nvidia-container-toolkit.gpg"
    toolkit = (lists / "nvidia-container-toolkit.list").read_text("utf-8")
    assert toolkit.startswith(
        f"deb [signed-by={key}] https://nvidia.github.io/libnvidia-container/"
    )
    configured = run.first("nvidia-ctk runtime configure --runtime=docker")
    assert configured < run.first("systemctl restart docker") < run.first("docker run")
    assert run.ran("usermod -aG docker ubuntu")


def test_takes_an_image_instead_of_building(tmp_path: Path) -> None:
    run = start_machine(tmp_path, values={"ContainerImage": "registry.example.com/ocr:1.0.0"})
    assert succeeded(run)
    pulled = run.first("docker pull -q registry.example.com/ocr:1.0.0")
    tagged = run.first("docker tag registry.example.com/ocr:1.0.0 paddleocr-vl-service:gpu")
    compose = f"docker compose -f {tmp_path}/opt/paddleocr-vl-service/docker-compose.yml"
    assert pulled < tagged < run.first(f"{compose} up -d --no-build")
    assert not any(call.endswith(" build") for call in run.calls)
    assert not run.ran("docker login")


def test_logs_in_to_ecr_and_out_again(tmp_path: Path) -> None:
    registry = "123456789012.dkr.ecr.us-west-2.amazonaws.com"
    run = start_machine(
        tmp_path,
        values={"ContainerImage": f"{registry}/ocr:1.0.0", "EcrAccess": "yes"},
        commands={"apt-get": APT, "aws": "echo a-word"},
        missing=["aws"],
    )
    assert succeeded(run)
    assert run.ran("aws ecr get-login-password --region us-west-2")
    login = run.first(f"docker login --username AWS --password-stdin {registry}")
    assert login < run.first("docker pull") < run.first(f"docker logout {registry}")
    assert "a-word" not in run.log


def test_tries_again_what_failed_for_a_moment(tmp_path: Path) -> None:
    once = 'tried="${CALLS%/*}/tried"; [[ -e $tried ]] || { touch "$tried"; exit 1; }'
    run = start_machine(tmp_path, commands=docker("run\\ *", once))
    assert succeeded(run)
    assert "Attempt 1 of 3 failed: docker run" in run.log


NOT_STARTED = {
    "no driver": (
        {"commands": {"nvidia-smi": "echo NVIDIA-SMI has failed; exit 9"}},
        "nvidia-smi fails on the machine: the AMI has no NVIDIA driver that works.",
    ),
    "another system": ({"system": "amzn"}, "The AMI is amzn, and has to be Ubuntu."),
    "no git": (
        {"commands": {"apt-get": "exit 100"}, "missing": ["git"]},
        "Packages could not be installed.",
    ),
    "no Docker": (
        {"commands": {"apt-get": "echo Unable to locate package docker-ce; exit 100"}}
        | {"missing": ["docker"]},
        "Docker could not be installed.",
    ),
    "an old Docker": (
        {"commands": docker('"version --format {{.Server.Version}}"', "echo 20.10.7")},
        "Docker is 20.10.7, and has to be 24.0 or later.",
    ),
    "an old Compose": (
        {"commands": docker('"compose version --short"', "echo 2.6.0")},
        "Docker Compose is 2.6.0, and has to be 2.24 or later.",
    ),
    "no toolkit": (
        {"commands": {"apt-get": "exit 100", "gpg": "exit 0"}, "missing": ["nvidia-ctk"]},
        "The NVIDIA Container Toolkit could not be installed.",
    ),
    "no GPU in containers": (
        {"commands": docker("run\\ *", "exit 125")},
        "nvidia-smi fails in a container: Docker cannot hand on the GPU.",
    ),
    "no source": (
        {"commands": {"git": "[[ $3 != fetch ]] || exit 128"}},
        f"The source could not be fetched: HEAD of {VALUES['RepositoryUrl']}.",
    ),
    "another project": (
        {"commands": {"git": "exit 0"}},
        f"There is no docker-compose.yml in HEAD of {VALUES['RepositoryUrl']}.",
    ),
    "no image": (
        {"commands": docker("*\\ build", "exit 17")},
        "The image could not be built.",
    ),
    "no such image": (
        {"commands": docker("pull\\ *", "exit 1")}
        | {"values": {"ContainerImage": "example.com/none:1"}},
        "The image example.com/none:1 could not be pulled.",
    ),
}


@pytest.mark.parametrize("case", NOT_STARTED)
def test_says_why_it_did_not_start(tmp_path: Path, case: str) -> None:
    machine, sentence = NOT_STARTED[case]
    run = start_machine(tmp_path, **machine)  # type: ignore[arg-type]
    assert run.code == 1
    (signal,) = run.signals
    assert signal["Status"] == "FAILURE"
    assert signal["Reason"].startswith(sentence)
    assert not any(" up -d" in call for call in run.calls)


@pytest.mark.parametrize(
    ("machine", "sentence"),
    [
        ({"health": ""}, "/health did not answer with 200 within ten minutes of the start."),
        (
            {"health": '{"status":"healthy","gpu_enabled":false}'},
            "The service answers, but computes without the GPU: gpu_enabled is not true.",
        ),
        (
            {"commands": docker("*\\ up\\ *", "echo no space left; exit 1")},
            "Docker Compose could not start the service.",
        ),
    ],
)
def test_says_why_the_service_is_not_there(
    tmp_path: Path, machine: dict[str, str], sentence: str
) -> None:
    run = start_machine(tmp_path, **machine)  # type: ignore[arg-type]
    assert run.code == 1
    (signal,) = run.signals
    assert signal["Status"] == "FAILURE"
    assert signal["Reason"].startswith(sentence)


def test_hands_on_the_end_of_the_log_as_json_can_carry_it(tmp_path: Path) -> None:
    run = start_machine(tmp_path, health="")
    assert "The engine has not started." in run.signals[0]["Reason"]
    assert 'The engine has not "started".' in run.log
    assert len(run.signals[0]["Reason"]) <= 1000


def test_hands_on_the_end_and_not_the_beginning_of_a_long_log(tmp_path: Path) -> None:
    told = 'printf "step %s of the build\\n" {1..500}; exit 1'
    run = start_machine(tmp_path, commands=docker("*\\ build", told))
    reason = run.signals[0]["Reason"]
    assert "step 500 of the build" in reason
    assert len(reason) <= 1000


def test_says_in_the_log_that_cloudformation_does_not_hear(tmp_path: Path) -> None:
    deaf = COMMANDS["curl"].replace('*" PUT "*)', '*" PUT "*) exit 6 ;;\n*" never "*)')
    run = start_machine(tmp_path, commands={"curl": deaf})
    assert run.code == 1
    assert run.signals == []
    assert "CloudFormation could not be told that the service answers." in run.log
