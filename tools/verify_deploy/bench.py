"""What all steps share: the engine, the files that are deployed, the names of images."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from tools.verify_deploy.engine import Engine
from tools.verify_deploy.programs import attempt, run

ROOT = Path(__file__).resolve().parents[2]
STAND_INS = Path(__file__).parent / "stand_ins"
CPU_BASE, CUDA_BASE = "verify/debian", "verify/ubuntu"
CPU_IMAGE, GPU_IMAGE = "verify/service:cpu", "verify/service:gpu"
POSTGRES_IMAGE, S3_IMAGE = "verify/postgres", "verify/s3"
_COMPOSE = Path(sys.executable).with_name("docker-compose")


class Bench:
    """Where the steps are done.

    Args:
        cache: Where what was fetched is kept for the next time.
        work: For everything else; its owner removes it.
        ubuntu: Whether the image gpu's base comes from Ubuntu's archive, and not from Debian's.
    """

    def __init__(self, cache: Path, work: Path, *, ubuntu: bool = False) -> None:
        self.cache = cache
        self.work = work
        self.ubuntu = ubuntu
        self.engine = Engine(cache, work)
        self.source = work / "source"
        self.version = ""
        self.gpu_base = ""

    def copy_source(self) -> None:
        """What git knows of, and nothing else that lies about here."""
        listed = run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], folder=ROOT)
        for name in listed.splitlines():
            if (ROOT / name).is_file():
                (self.source / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, self.source / name)

    def build(
        self, image: str, *arguments: str, folder: Path | None = None, seconds: float = 1800
    ) -> tuple[int, str]:
        """Build an image, with this machine's certificates as the secret; status and log."""
        self.engine.start(isolated=False)
        secrets = ["--secret", f"id=ca,src={bundle}"] if (bundle := _certificates()) else []
        command = ["docker", "build", "--progress", "plain", "--network", "host", "-t", image]
        return attempt(
            [*command, *secrets, *arguments, str(folder or self.source)],
            environment=self.engine.environment,
            seconds=seconds,
        )

    def inspect(self, name: str) -> dict[str, object]:
        """What the engine knows of a container or an image."""
        found: dict[str, object] = json.loads(self.engine.docker("inspect", name))[0]
        return found

    def compose(
        self,
        *arguments: str,
        files: tuple[str, ...] = (),
        environment: Mapping[str, str] | None = None,
        seconds: float = 300,
    ) -> tuple[int, str]:
        """Run compose on the copied source, in the isolated network; status and what it said."""
        self.engine.start(isolated=True)
        named = [word for file in ("docker-compose.yml", *files) for word in ("-f", file)]
        return attempt(
            [str(_COMPOSE), *named, *arguments],
            environment={**self.engine.environment, **(environment or {})},
            folder=self.source,
            seconds=seconds,
        )

    def compose_version(self) -> str:
        """Compose's; empty where there is none."""
        if not _COMPOSE.exists():
            return ""
        return run([str(_COMPOSE), "version", "--short"]).strip()

    def close(self) -> None:
        """Leave nothing."""
        self.engine.close()


def megabytes(size: object) -> str:
    """A size for people."""
    return f"{int(str(size)) / 1e6:.0f} MB"


def commit() -> str:
    """The commit that is verified, and whether something was changed since."""
    status, said = attempt(["git", "describe", "--always", "--dirty", "--abbrev=12"], folder=ROOT)
    return "unknown" if status else said.strip()


def _certificates() -> str | None:
    places = (os.environ.get("SSL_CERT_FILE", ""), "/etc/ssl/certs/ca-certificates.crt")
    return next((place for place in places if place and Path(place).is_file()), None)
