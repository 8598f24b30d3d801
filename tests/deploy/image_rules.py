"""What has to hold of the Dockerfile, beyond what a linter knows."""

from __future__ import annotations

import json
import re

from tests.deploy.files import ROOT, Stage, stages

LABELS = ("title", "description", "licenses", "version", "revision", "created", "source")
ENGINES = {"cpu": "onnx", "gpu": "paddleocr-vl"}
_VERSION = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)


def image_problems(dockerfile: str) -> list[str]:
    """Each rule that is broken, as half a sentence."""
    found = stages(dockerfile)
    problems = []
    if re.search(r"^#\s*syntax\s*=", dockerfile, re.MULTILINE | re.IGNORECASE):
        problems.append("a syntax line asks a hub")
    if list(found)[-1] != "gpu":
        problems.append("gpu is not the default")
    for name, engine in ENGINES.items():
        problems += [f"{name}: {problem}" for problem in _of_target(found[name], engine)]
    for stage in found.values():
        problems += [f"{stage.name}: {problem}" for problem in _of_stage(stage)]
    return problems + _of_models(found["gpu-models"])


def _of_target(stage: Stage, engine: str) -> list[str]:
    environment = " ".join(stage.all_of("ENV"))
    copies = stage.all_of("COPY")
    labels = " ".join(stage.all_of("LABEL"))
    rules = {
        "it does not run as 1000": stage.all_of("USER") == ["1000:1000"],
        "no health check with curl": any(
            "curl" in check and "/health" in check for check in stage.all_of("HEALTHCHECK")
        ),
        "no init": _words(stage, "ENTRYPOINT")[:1] == ["tini"],
        "it does not serve": _words(stage, "CMD") == ["serve"],
        "it does not stop on SIGTERM": stage.all_of("STOPSIGNAL") == ["SIGTERM"],
        "the engine is not named": f"ENGINE={engine}" in environment.split(),
        "TMP_DIR or DATA_DIR is no volume": all(
            value in " ".join(stage.all_of("VOLUME"))
            for value in re.findall(r"(?:TMP|DATA)_DIR=(\S+)", environment)
        )
        and len(re.findall(r"(?:TMP|DATA)_DIR=", environment)) == 2,
        "libraries, models and service do not come in this order": (
            sorted(set(_parts(copies))) == [0, 1, 2] and _parts(copies) == sorted(_parts(copies))
        ),
        "labels are missing": all(f"image.{each}=" in labels for each in LABELS),
        "another version than the package's": _VERSION is not None
        and f"VERSION={_VERSION[1]}" in stage.all_of("ARG"),
        "it installs something": not [each for each in stage.all_of("RUN") if "install" in each],
        "it copies from the context": all(each.startswith("--from=") for each in copies),
    }
    return [problem for problem, holds in rules.items() if not holds]


def _words(stage: Stage, keyword: str) -> list[str]:
    try:
        (value,) = stage.all_of(keyword)
        return [str(word) for word in json.loads(value)]
    except ValueError:
        return []


def _parts(copies: list[str]) -> list[int]:
    """Which part of the image each brings: 0 libraries, 1 models, 2 the service."""
    return [
        1 if "-models" in copy.split()[0] else int("/opt/venv" not in copy) * 2 for copy in copies
    ]


def _of_stage(stage: Stage) -> list[str]:
    kept = " ".join(stage.all_of("ENV") + stage.all_of("ARG"))
    problems = [
        f"{name} would be baked in"
        for name in re.findall(r"\w+", kept)
        if re.fullmatch(r"(?i)(https?|no)_proxy|\w*(password|token|secret)\w*", name)
    ]
    for command in stage.all_of("RUN"):
        fetches = re.search(r"pip install|uv pip install|bring_models|ensure_models", command)
        offline = "--offline" in command
        if fetches and not offline and "type=secret,id=ca" not in command:
            problems.append(f"no certificates for: {command[-60:]}")
        if "apt-get install" in command:
            problems.append("packages are installed without install-system.sh")
    return problems


def _of_models(stage: Stage) -> list[str]:
    """The step that brings two gigabytes has no part of the service but two modules."""
    copied = {source for copy in stage.all_of("COPY") for source in copy.split()[:-1]}
    sources = {source for source in copied if not source.startswith("deploy/image/")}
    allowed = {
        f"src/paddleocr_vl_service/engines/paddleocr_vl/{name}.py"
        for name in ("model_folders", "weights")
    }
    return [] if sources == allowed else [f"gpu-models: it copies {sorted(sources)}"]
