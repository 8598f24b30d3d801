"""A machine that is none: runs the stack's user data with commands that only tell of themselves."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import cloudformation

HANDLE = "https://cloudformation-waitcondition.example.com/stack?Expires=1&Signature=a%2Fb"
VALUES = {
    "RepositoryUrl": "https://example.com/you/paddleocr-vl-service.git",
    "RepositoryRef": "HEAD",
    "ContainerImage": "",
    "EcrAccess": "no",
    "ServiceAnswersHandle": HANDLE,
}
HEALTHY = '{"status": "healthy", "gpu_enabled": true, "pipeline_ready": false}'

# What an AMI has anyway, and the script may use.
_REAL = (
    *("bash", "cat", "chmod", "cut", "grep", "head", "install", "mkdir", "sed", "sort"),
    *("tail", "tee", "timeout", "touch", "tr"),
)
_TELL = '#!/bin/bash\nprintf "%s\\n" "${0##*/} $*" >>"$CALLS"\n'
COMMANDS = {
    "apt-get": "exit 0",
    "chown": "exit 0",
    "dpkg": "echo amd64",
    "nvidia-ctk": "exit 0",
    "nvidia-smi": "echo NVIDIA L4",
    "sleep": "exit 0",
    "systemctl": "exit 0",
    "usermod": "exit 0",
    "git": """
        case $1 in
          init) mkdir -p "$3" ;;
          -C) [[ $3 != checkout ]] || touch "$2/docker-compose.yml" ;;
        esac""",
    "docker": """
        case "$*" in
          "compose version --short") echo v2.39.1 ;;
          "version --format {{.Server.Version}}") echo 28.1.0 ;;
          "info --format {{json .Runtimes}}") echo '{"nvidia":{},"runc":{}}' ;;
          *" config --images") echo paddleocr-vl-service:gpu ;;
          *" logs "*) echo 'The engine has not "started".' ;;
          "login "*) cat >/dev/null ;;
        esac""",
    "curl": """
        case "$*" in
          *" PUT "*)
            [[ ${*: -1} == "$HANDLE" ]] || exit 3
            while [[ $1 != --data-binary ]]; do shift; done
            printf '%s\\n' "$2" >>"$SIGNALS" ;;
          *localhost:8000/health) [[ -n $HEALTH ]] || exit 22; printf '%s' "$HEALTH" ;;
          *" -o "*) echo "deb https://nvidia.github.io/libnvidia-container/stable/deb/amd64 /" \\
            >"${*: -1}" ;;
        esac""",
}


@dataclass(frozen=True)
class Run:
    """What became of the user data.

    Attributes:
        code: The script's exit status.
        log: What it said.
        calls: The commands it ran, each with its arguments.
        signals: What CloudFormation was told.
        folder: Where the machine's files are.
    """

    code: int
    log: str
    calls: list[str]
    signals: list[dict[str, Any]]
    folder: Path

    def first(self, start: str) -> int:
        """When a command that starts so was first run; never is an error."""
        return next(place for place, call in enumerate(self.calls) if call.startswith(start))

    def ran(self, start: str) -> bool:
        return any(call.startswith(start) for call in self.calls)


def start_machine(
    folder: Path,
    *,
    values: dict[str, str] | None = None,
    commands: dict[str, str] | None = None,
    missing: Iterable[str] = (),
    health: str = HEALTHY,
    system: str = "ubuntu",
) -> Run:
    """Run the stack's user data.

    Args:
        folder: For the machine's files.
        values: Parameters of the stack that differ from `VALUES`.
        commands: Commands that do something else than in `COMMANDS`, as lines of bash.
        missing: Commands that are not there until apt-get installs a package.
        health: What /health answers; nothing means that it does not.
        system: The `ID` of the operating system.
    """
    machine = _files(folder, {**COMMANDS, **(commands or {})}, missing, system)
    script = cloudformation.user_data(
        cloudformation.load(cloudformation.STACK.read_text("utf-8")), {**VALUES, **(values or {})}
    )
    for path in ("/opt/", "/etc/", "/var/log/"):
        assert script.count(f"={path}"), path
        script = script.replace(f"={path}", f"={machine}{path}")
    (machine / "user-data").write_text(script, "utf-8")
    environment = {
        "PATH": str(machine / "bin"),
        "CALLS": str(machine / "calls"),
        "SIGNALS": str(machine / "signals"),
        "SPARE": str(machine / "spare"),
        "HANDLE": HANDLE,
        "HEALTH": health,
    }
    done = subprocess.run(
        [machine / "bin" / "bash", machine / "user-data"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
    )
    signals = machine / "signals"
    return Run(
        code=done.returncode,
        log=done.stdout,
        calls=(machine / "calls").read_text("utf-8").splitlines(),
        signals=[json.loads(each) for each in signals.read_text("utf-8").splitlines()],
        folder=machine,
    )


def _files(folder: Path, commands: dict[str, str], missing: Iterable[str], system: str) -> Path:
    for name in ("bin", "spare", "etc/apt/sources.list.d", "opt", "var/log"):
        (folder / name).mkdir(parents=True)
    for name in ("calls", "signals"):
        (folder / name).touch()
    os_release = f'PRETTY_NAME="Some system"\nID={system}\nVERSION_CODENAME=jammy\n'
    (folder / "etc/os-release").write_text(os_release, "utf-8")
    for name in _REAL:
        real = shutil.which(name)
        assert real, name
        (folder / "bin" / name).symlink_to(real)
    for name, body in commands.items():
        path = folder / ("spare" if name in missing else "bin") / name
        path.write_text(f"{_TELL}{body}\n", "utf-8")
        path.chmod(0o755)
    return folder
