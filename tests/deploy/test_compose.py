"""The compose files: compose itself, the schema, our own rules, for every combination."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.compose_rules import SERVICE, compose_problems, secret_defaults
from tests.deploy.files import (
    CLUSTER_SECRETS,
    COMBINATIONS,
    ROOT,
    SECRETS,
    compose,
    needs_compose,
    resolved,
    run,
)

pytestmark = needs_compose

FILES = sorted(ROOT.glob("docker-compose*.yml"))
Config = dict[str, Any]


def name_of(files: tuple[str, ...]) -> str:
    return "+".join(files) or "alone"


@pytest.mark.parametrize("files", COMBINATIONS, ids=name_of)
def test_compose_takes_it(files: tuple[str, ...]) -> None:
    secrets = {
        **(CLUSTER_SECRETS if "cluster" in files else {}),
        **({"GRAFANA_ADMIN_PASSWORD": "g"} if "monitoring" in files else {}),
    }
    done = compose("config", "--quiet", files=files, environment=secrets)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


@pytest.mark.parametrize("files", COMBINATIONS, ids=name_of)
def test_it_fits_the_schema(files: tuple[str, ...], tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps(resolved(files, **SECRETS)))
    done = run("check-jsonschema", "--builtin-schema", "vendor.compose-spec", str(config))
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("files", COMBINATIONS, ids=name_of)
def test_it_keeps_our_rules(files: tuple[str, ...]) -> None:
    assert compose_problems(resolved(files, **SECRETS), gpu="cpu" not in files) == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_secret_has_a_default(file: Path) -> None:
    assert secret_defaults(file.read_text("utf-8")) == []


@pytest.mark.parametrize("missing", sorted(CLUSTER_SECRETS))
def test_a_cluster_does_not_start_without_its_secrets(missing: str) -> None:
    given = {name: value for name, value in CLUSTER_SECRETS.items() if name != missing}
    done = compose("config", "--quiet", files=("cluster",), environment=given)
    assert done.returncode != 0
    assert missing in done.stderr


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("  POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:-admin}\n", True),
        ("  POSTGRES_PASSWORD: admin\n", True),
        ("  S3_SECRET_KEY: ${S3_SECRET_KEY-minio}\n", True),
        ("  POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:?set it}\n", False),
        ("  file: ${HF_TOKEN_FILE:-/dev/null}\n", False),
    ],
)
def test_a_secret_with_a_default_is_noticed(text: str, found: bool) -> None:
    assert bool(secret_defaults(text)) is found


def without(*path: str) -> Callable[[Config], None]:
    def change(config: Config) -> None:
        *parents, last = path
        for each in parents:
            config = config[each]
        del config[last]

    return change


def having(value: Any, *path: str) -> Callable[[Config], None]:
    def change(config: Config) -> None:
        *parents, last = path
        for each in parents:
            config = config.setdefault(each, {})
        config[last] = value

    return change


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (without("cap_drop"), "keeps capabilities"),
        (having(["SYS_ADMIN"], "cap_add"), "keeps capabilities"),
        (without("security_opt"), "new privileges"),
        (having(True, "privileged"), "privileged"),
        (without("read_only"), "root can be written"),
        (having("0", "user"), "another user"),
        (without("logging"), "logs grow"),
        (without("logging", "options", "max-size"), "logs grow"),
        (without("healthcheck"), "no health check"),
        (having(["CMD", "true"], "healthcheck", "test"), "curl"),
        (without("restart"), "start again"),
        (having("20s", "stop_grace_period"), "killed before"),
        (without("deploy"), "reserve all GPUs"),
        (
            having(
                [{"driver": "nvidia", "count": 1, "capabilities": ["gpu"]}],
                *("deploy", "resources", "reservations", "devices"),
            ),
            "reserve all GPUs",
        ),
        (having("x", "environment", "MAX_UPLOADSIZE"), "MAX_UPLOADSIZE is no setting"),
        (having(["/tmp:size=16m"], "tmpfs"), "into memory"),
        (having([], "volumes"), "go with the container"),
        (
            having([{"type": "bind", "source": "/", "target": "/host"}], "volumes"),
            "another volume",
        ),
        (having("other", "container_name"), "another name"),
        (having("service:latest", "image"), "not pinned"),
        (without("pids_limit"), "not bounded"),
        (having([], "ports"), "no port"),
    ],
)
def test_our_rules_notice_what_breaks_them(change: Callable[[Config], None], problem: str) -> None:
    config = copy.deepcopy(resolved())
    change(config["services"][SERVICE])
    found = compose_problems(config, gpu=True)
    assert any(problem in each for each in found), found


def test_a_gpu_that_stays_with_the_cpu_file_is_noticed() -> None:
    assert compose_problems(resolved(), gpu=False) == [f"{SERVICE}: it asks for a GPU"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("restart: unless-stopped", "restart: maybe: always"),
        ("cap_drop: [ALL]", "cap_dropp: [ALL]"),
        ("read_only: true", "read_only: perhaps"),
        ("- scratch:/var/tmp/", "- nowhere:/var/tmp/"),
    ],
)
def test_compose_refuses_what_is_wrong(tmp_path: Path, old: str, new: str) -> None:
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    assert old in text
    (tmp_path / "docker-compose.yml").write_text(text.replace(old, new))
    assert compose("config", "--quiet", folder=tmp_path).returncode != 0


def test_the_schema_refuses_what_is_wrong(tmp_path: Path) -> None:
    config = resolved()
    config["services"][SERVICE]["restart"] = ["always"]
    (tmp_path / "config.json").write_text(json.dumps(config))
    done = run(
        *("check-jsonschema", "--builtin-schema", "vendor.compose-spec"),
        str(tmp_path / "config.json"),
    )
    assert done.returncode != 0
    assert "restart" in done.stdout


def test_it_starts_without_a_file_of_settings_and_reads_one_that_is_there(tmp_path: Path) -> None:
    for file in FILES:
        shutil.copy(file, tmp_path)
    arguments = ("-f", str(tmp_path / "docker-compose.yml"), "config", "--format", "json")
    before = json.loads(run("docker-compose", *arguments).stdout)["services"][SERVICE]
    (tmp_path / ".env").write_text("APP_PORT=9000\nMAX_UPLOAD_SIZE=1000\nTMP_DIR=/elsewhere\n")
    after = json.loads(run("docker-compose", *arguments).stdout)["services"][SERVICE]
    assert before["ports"][0]["published"] == "8000"
    assert (after["ports"][0]["published"], after["ports"][0]["target"]) == ("9000", 9000)
    assert ":9000/health" in after["healthcheck"]["test"][-1]
    assert after["environment"]["MAX_UPLOAD_SIZE"] == "1000"
    assert after["environment"]["TMP_DIR"] == before["environment"]["TMP_DIR"]


def test_a_cluster_shares_what_has_to_be_shared() -> None:
    services = resolved(("cpu", "cluster"), **SECRETS, WORKERS="5")["services"]
    front, worker = services[SERVICE], services["worker"]
    for name in ("DATABASE_URL", "BLOB_URL", "AWS_ENDPOINT_URL_S3", "AWS_SECRET_ACCESS_KEY"):
        assert front["environment"][name] == worker["environment"][name]
    assert worker["deploy"]["replicas"] == 5
    assert worker["command"] == ["worker"]
    assert front["image"] == worker["image"] == services["bucket"]["image"]
    for name in ("postgres", "s3"):
        assert list(services[name]["networks"]) == ["storage"]
        assert "ports" not in services[name]
    assert services["postgres"]["environment"]["POSTGRES_PASSWORD"] == SECRETS["POSTGRES_PASSWORD"]


def test_the_service_and_workers_are_not_told_grafana_s_password(tmp_path: Path) -> None:
    for file in FILES:
        shutil.copy(file, tmp_path)
    secrets = "".join(f"{name}={value * 9}\n" for name, value in SECRETS.items())
    (tmp_path / ".env").write_text(
        f"{secrets}COMPOSE_FILE=docker-compose.yml:docker-compose.cpu.yml:"
        "docker-compose.cluster.yml:docker-compose.monitoring.yml\n"
    )
    done = run("docker-compose", "--project-directory", str(tmp_path), "config", "--format", "json")
    services = json.loads(done.stdout)["services"]
    assert services["grafana"]["environment"]["GF_SECURITY_ADMIN_PASSWORD"] == "g" * 9
    for name in (SERVICE, "worker"):
        assert services[name]["image"] == "paddleocr-vl-service:cpu"
        assert services[name]["environment"]["GRAFANA_ADMIN_PASSWORD"] == ""


def test_the_model_server_takes_other_models_from_another_volume() -> None:
    config = resolved(("vllm",), VLLM_MODEL="PaddleOCR-VL-1.5", VLLM_MODELS_VOLUME="other")
    assert "--model=/opt/models/PaddleOCR-VL-1.5" in config["services"]["vllm"]["command"]
    assert config["volumes"]["models"]["name"] == "other"


def test_workers_are_not_started_alone() -> None:
    assert list(resolved()["services"]) == [SERVICE]


def test_the_service_waits_for_its_model_server() -> None:
    services = resolved(("vllm",))["services"]
    assert services[SERVICE]["depends_on"]["vllm"]["condition"] == "service_healthy"
    (name,) = [each for each in services["vllm"]["command"] if "served-model-name" in each]
    assert name.partition("=")[2] == services[SERVICE]["environment"]["VL_REC_MODEL_NAME"]
