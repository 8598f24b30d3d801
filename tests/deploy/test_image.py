"""The Dockerfile: a linter, our own rules, and what reaches a build."""

from __future__ import annotations

import re
import subprocess
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

import pytest

from tests.deploy.files import ROOT, run, stages
from tests.deploy.image_rules import image_problems

DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
STAND_INS = sorted((ROOT / "tools/verify_deploy/stand_ins").glob("*/Dockerfile"))
CA = "--mount=type=secret,id=ca"
HEALTH = next(line for line in DOCKERFILE.splitlines() if 'CMD ["sh", "-c", "exec curl' in line)


@pytest.mark.parametrize("file", [ROOT / "Dockerfile", *STAND_INS], ids=lambda f: f.parent.name)
def test_hadolint_finds_nothing(file: Path) -> None:
    done = run("hadolint", str(file))
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("seeded", "rule"),
    [
        ("FROM debian\n", "DL3006"),
        ("FROM debian:latest\n", "DL3007"),
        ("FROM debian:13\nRUN cd /tmp && echo 1\n", "DL3003"),
        ("FROM debian:13\nCMD curl\n", "DL3025"),
        ("FROM debian:13\nRUN echo $1\n", "SC2086"),
    ],
)
def test_hadolint_finds_what_is_wrong(tmp_path: Path, seeded: str, rule: str) -> None:
    (tmp_path / "Dockerfile").write_text(seeded)
    done = run("hadolint", str(tmp_path / "Dockerfile"))
    assert done.returncode != 0
    assert rule in done.stdout


def test_it_keeps_our_rules() -> None:
    assert image_problems(DOCKERFILE) == []


@pytest.mark.parametrize(
    ("good", "bad", "problem"),
    [
        ("# The service as", "# syntax=docker/dockerfile:1\n# The service as", "asks a hub"),
        ("FROM gpu-system AS gpu\n", "FROM cpu AS gpu\nFROM cpu AS other\n", "not the default"),
        ("USER 1000:1000", "USER root", "run as 1000"),
        (HEALTH, "    CMD true", "health check"),
        ('["tini", "--", "paddleocr-vl-service"]', '["paddleocr-vl-service"]', "no init"),
        ('ENTRYPOINT ["tini", "--", "paddleocr-vl-service"]', "ENTRYPOINT tini serve", "no init"),
        ("STOPSIGNAL SIGTERM", "STOPSIGNAL SIGINT", "SIGTERM"),
        ("ENGINE=onnx", "ENGINE=auto", "engine is not named"),
        ("ENGINE=paddleocr-vl", "DEVICE=gpu", "engine is not named"),
        ('VOLUME ["/var/tmp/paddleocr-vl-service", ', 'VOLUME ["/tmp", ', "no volume"),
        ("image.revision=", "image.other=", "labels"),
        ("ARG VERSION=1.0.0", "ARG VERSION=0.9", "another version"),
        (
            "COPY --from=gpu-service /opt/service /opt/service\n",
            "COPY src /opt/service\n",
            "copies from the context",
        ),
        (
            "COPY --from=cpu-libraries /opt/venv",
            "COPY --from=cpu-service /opt/service /x\nCOPY --from=cpu-libraries /opt/venv",
            "in this order",
        ),
        ("ARG SOURCE=unknown", "ARG SOURCE=unknown\nENV HTTPS_PROXY=http://proxy", "baked in"),
        ("ARG SOURCE=unknown", "ARG SOURCE=unknown\nENV HF_TOKEN=x", "baked in"),
        (f" {CA} --mount=type=secret,id=hf_token", "", "no certificates"),
        (f"{CA} \\\n    PYTHONPATH", "true; \\\n    PYTHONPATH", "no certificates"),
        ("COPY deploy/image/bring_models.py /build/", "COPY src /build/", "gpu-models"),
        ("COPY deploy/image/bring_models.py /build/", "COPY . /build/", "gpu-models"),
        ("WORKDIR /lock", "WORKDIR /lock\nRUN apt-get install gcc", "install-system.sh"),
    ],
)
def test_our_rules_notice_what_breaks_them(good: str, bad: str, problem: str) -> None:
    assert good in DOCKERFILE
    found = image_problems(DOCKERFILE.replace(good, bad))
    assert any(problem in each for each in found), found


def test_both_final_stages_have_the_same_interface() -> None:
    found = stages(DOCKERFILE)
    for keyword in ("USER", "VOLUME", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT", "CMD"):
        assert found["cpu"].all_of(keyword) == found["gpu"].all_of(keyword), keyword


def tracked() -> list[str]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout.splitlines()


def reaches_the_build(path: str, ignore: str) -> bool:
    """Docker's rules: the last pattern that fits a path, or a folder that it is in, decides."""
    parents = [path, *(str(each) for each in PurePosixPath(path).parents if str(each) != ".")]
    kept = True
    for line in filter(None, map(str.strip, ignore.splitlines())):
        if line.startswith("#"):
            continue
        pattern = line.removeprefix("!")
        forms = [pattern, pattern.removeprefix("**/")] if pattern.startswith("**/") else [pattern]
        if any(fnmatchcase(each, form) for each in parents for form in forms):
            kept = line.startswith("!")
    return kept


def test_only_what_is_needed_reaches_the_build() -> None:
    ignore = (ROOT / ".dockerignore").read_text("utf-8")
    kept = [path for path in tracked() if reaches_the_build(path, ignore)]
    assert {path.split("/")[0] for path in kept} == {
        *("LICENSE", "NOTICE", "README.md", "deploy", "hatch_build.py", "pyproject.toml"),
        *("src", "uv.lock"),
    }
    secret = [".env", ".git/config", "data/jobs.db", "id_rsa", "deploy/aws/key.pem"]
    heavy = [".venv/bin/python", "tests/conftest.py", "docs/api.md", "benchmarks/x.py"]
    made = ["src/paddleocr_vl_service/engines/onnx/models/layout.onnx", "src/a/__pycache__/b.pyc"]
    assert not [path for path in (*secret, *heavy, *made) if reaches_the_build(path, ignore)]
    for stage in stages(DOCKERFILE).values():
        for copy in stage.all_of("COPY"):
            if not copy.startswith(("--from=", ". ")):
                for source in copy.split()[:-1]:
                    assert reaches_the_build(source, ignore), source


def test_an_ignore_file_that_leaves_tests_in_is_noticed() -> None:
    assert reaches_the_build("tests/conftest.py", "*\n!tests\n")
    assert reaches_the_build("tests/conftest.py", "docs\n")
    assert not reaches_the_build("tests/conftest.py", "*\n!src\n")


def test_build_arguments_are_documented_and_passed_on_by_compose() -> None:
    page = (ROOT / "docs/containers.md").read_text("utf-8")
    compose = (ROOT / "docker-compose.yml").read_text("utf-8")
    names = set(re.findall(r"^ARG (\w+)", DOCKERFILE, re.MULTILINE))
    assert names
    for name in names:
        assert f"`{name}`" in page, name
        assert re.search(rf"^ +- {name}$", compose, re.MULTILINE), name
