"""What has to hold of the compose files, beyond what compose and its schema know."""

from __future__ import annotations

import re
from typing import Any

from paddleocr_vl_service.config.settings import Settings

SERVICE = "paddleocr-vl-service"
OURS = (SERVICE, "worker", "bucket", "models")
_OUTSIDERS = re.compile(r"AWS_[A-Z_0-9]+")
_NOT_FOR_US = ("GRAFANA_ADMIN_PASSWORD",)
_SHUTDOWN = Settings.model_fields["shutdown_grace_seconds"].default
_SECRET = re.compile(r"(?i)(password|secret|token|key)")


def compose_problems(config: dict[str, Any], *, gpu: bool) -> list[str]:
    """Each rule that is broken, as half a sentence.

    Args:
        config: As ``docker-compose config --format json`` has it.
        gpu: Whether the service is to have the GPUs.
    """
    problems = []
    for name, service in config["services"].items():
        found = _hardening(service)
        if name in OURS:
            found += _root(service) + _settings(service)
        if name in (SERVICE, "worker"):
            found += _long_running(service) + _gpus(service, wanted=gpu)
        problems += [f"{name}: {problem}" for problem in found]
    return problems + [f"{SERVICE}: {each}" for each in _front(config["services"][SERVICE])]


def _hardening(service: dict[str, Any]) -> list[str]:
    options = service.get("logging", {}).get("options", {})
    rules = {
        "it keeps capabilities": service.get("cap_drop") == ["ALL"] and not service.get("cap_add"),
        "it may get new privileges": "no-new-privileges:true" in service.get("security_opt", ()),
        "it is privileged": not service.get("privileged"),
        "its logs grow": {"max-size", "max-file"} <= set(options),
        "the image is not pinned": not re.search(r":latest$|^[^:]+$", service["image"]),
        "no health check": bool(service.get("healthcheck")),
        "no restart policy": service.get("restart") in ("unless-stopped", "no"),
    }
    return [problem for problem, holds in rules.items() if not holds]


def _root(service: dict[str, Any]) -> list[str]:
    writable = {
        volume["target"]
        for volume in service.get("volumes", ())
        if not volume.get("read_only") and volume["target"] != "/opt/models"
    }
    rules = {
        "its root can be written": service.get("read_only") is True,
        "it runs as another user than the image's": "user" not in service,
        "it has another volume": writable
        <= {"/var/tmp/paddleocr-vl-service", "/var/lib/paddleocr-vl-service"},
        "uploads go into memory": not service.get("tmpfs"),
    }
    return [problem for problem, holds in rules.items() if not holds]


def _settings(service: dict[str, Any]) -> list[str]:
    known = {name.upper() for name in Settings.model_fields}
    known |= {f"{name}_FILE" for name in known}
    return [
        f"{name} is no setting"
        for name, value in (service.get("environment") or {}).items()
        if not (name in _NOT_FOR_US and value == "")
        and name not in known
        and not _OUTSIDERS.fullmatch(name)
    ]


def _long_running(service: dict[str, Any]) -> list[str]:
    grace = _seconds(service.get("stop_grace_period", "10s"))
    environment = service.get("environment") or {}
    rules = {
        "it is killed before it has stopped": grace > _SHUTDOWN + 10,
        "it does not start again": service.get("restart") == "unless-stopped",
        "it does not say where it may write": {"TMP_DIR", "DATA_DIR"} <= set(environment),
        "processes are not bounded": service.get("pids_limit", 0) > 0,
    }
    return [problem for problem, holds in rules.items() if not holds]


def _front(service: dict[str, Any]) -> list[str]:
    checks = " ".join(service.get("healthcheck", {}).get("test", ()))
    targets = {volume["target"] for volume in service.get("volumes", ())}
    rules = {
        "another name": service.get("container_name") == SERVICE,
        "its health is not asked for with curl": "curl" in checks and "/health" in checks,
        "it has no port": [port["target"] for port in service.get("ports", ())] == [8000],
        "its data go with the container": "/var/lib/paddleocr-vl-service" in targets,
        "uploads lie in the container": "/var/tmp/paddleocr-vl-service" in targets,
    }
    return [problem for problem, holds in rules.items() if not holds]


def _gpus(service: dict[str, Any], *, wanted: bool) -> list[str]:
    resources = (service.get("deploy") or {}).get("resources") or {}
    devices = (resources.get("reservations") or {}).get("devices") or []
    all_of_them = any(
        each.get("driver") == "nvidia"
        and each.get("count") in (-1, "all")
        and each.get("capabilities") == ["gpu"]
        for each in devices
    )
    if wanted:
        return [] if all_of_them else ["it does not reserve all GPUs"]
    return ["it asks for a GPU"] if devices else []


def secret_defaults(text: str) -> list[str]:
    """Variables of a compose file that are secrets and have a default."""
    defaults = re.findall(r"\$\{(\w+):?-([^}]+)\}", text)
    found = [f"{name}={value}" for name, value in defaults if _is_secret(name, value)]
    literals = re.findall(r"^\s+([A-Z_0-9]+):\s+([^$\s][^\s]*)$", text, re.MULTILINE)
    return found + [f"{name}={value}" for name, value in literals if _is_secret(name, value)]


def _is_secret(name: str, value: str) -> bool:
    return bool(_SECRET.search(name)) and not name.endswith("_FILE") and bool(value.strip("\"'"))


def _seconds(duration: str) -> float:
    units = {"h": 3600, "m": 60, "s": 1}
    return sum(float(n) * units[u] for n, u in re.findall(r"([\d.]+)([hms])", duration))
