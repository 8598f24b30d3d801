"""Writes what the documentation says of settings and commands from the code that defines them.

``python -m tools.generated_docs --write`` brings the files up to date; without ``--write`` it
names those that are not, and fails. Text between two markers in a page is generated:
``<!-- generated: NAME -->`` and ``<!-- /generated -->``. `.env.template` is generated as a whole.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import textwrap
from functools import cache
from pathlib import Path
from typing import Any

from paddleocr_vl_service.config.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = (
    "",
    "serve",
    "extract",
    "batch",
    "worker",
    "models",
    "models download",
    "models list",
    "models verify",
    "doctor",
    "version",
)
WIDTH = 90

_PART = re.compile(r"<!-- generated: ([\w-]+) -->\n.*?<!-- /generated -->", re.DOTALL)
_TEMPLATE_HEAD = """\
# Copy this file to .env in the folder where the service is started, and take the # away from what
# you want to change. Variables of the environment win over this file. docs/configuration.md says
# more. Written by: python -m tools.generated_docs --write
"""


def main(arguments: list[str]) -> None:
    """Write the generated parts, or say which of them are out of date."""
    stale = {path: text for path, text in expected().items() if read(path) != text}
    if "--write" in arguments:
        for path, text in stale.items():
            (ROOT / path).write_text(text, encoding="utf-8")
    elif stale:
        sys.exit(f"Out of date: {', '.join(stale)}. Run python -m tools.generated_docs --write.")


def expected() -> dict[str, str]:
    """Every file with generated text, by its path, as it should be."""
    parts = {"settings": settings_table(), "commands": command_help()}
    pages = ("docs/configuration.md", "docs/command-line.md")
    return {".env.template": env_template(), **{page: filled(page, parts) for page in pages}}


def filled(page: str, parts: dict[str, str]) -> str:
    """A page with its generated parts as they should be."""

    def part(found: re.Match[str]) -> str:
        name = found[1]
        return f"<!-- generated: {name} -->\n{parts[name]}\n<!-- /generated -->"

    return _PART.sub(part, read(page))


def read(path: str) -> str:
    """A file of the repository; an empty text where there is none."""
    file = ROOT / path
    return file.read_text(encoding="utf-8") if file.exists() else ""


def settings_table() -> str:
    """Name, default and sentence of every setting."""
    rows = ["| Name | Default | What it is |", "|---|---|---|"]
    for name, default, sentence in settings():
        rows.append(f"| `{name}` | {f'`{default}`' if default else 'empty'} | {sentence} |")
    return "\n".join(rows)


def env_template() -> str:
    """Every setting with its sentence, commented out at its default."""
    entries = [_TEMPLATE_HEAD]
    for name, default, sentence in settings():
        lines = textwrap.wrap(sentence.replace("`", ""), 96)
        comment = "\n".join(f"# {line}" for line in lines)
        entries.append(f"{comment}\n#{name}={default}\n")
    return "\n".join(entries)


def settings() -> list[tuple[str, str, str]]:
    """Name, default as it would be typed, and sentence of every setting."""
    return [
        (
            name.upper(),
            _typed(field.get_default(call_default_factory=True)),
            field.description or "",
        )
        for name, field in Settings.model_fields.items()
    ]


def _typed(default: Any) -> str:
    if default is None:
        return ""
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, tuple):
        return ",".join(default)
    if isinstance(default, Path):
        return str(default).replace(tempfile.gettempdir(), "/tmp")  # noqa: S108 - where it mostly is
    return f"{default:g}" if isinstance(default, float) else str(default)


def command_help() -> str:
    """What ``--help`` prints for every command."""
    return "\n\n".join(
        f"```text\n$ {' '.join(('paddleocr-vl-service', *command.split(), '--help'))}\n"
        f"{help_text(command)}\n```"
        for command in COMMANDS
    )


@cache
def help_text(command: str) -> str:
    """What ``--help`` prints for one command, in a terminal of `WIDTH` columns without colours."""
    environment = {name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ}
    environment |= {"COLUMNS": str(WIDTH), "TERM": "dumb", "LC_ALL": "C.UTF-8"}
    program = str(Path(sys.executable).with_name("paddleocr-vl-service"))
    done = subprocess.run(
        [program, *command.split(), "--help"],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return "\n".join(line.rstrip() for line in done.stdout.strip("\n").splitlines()).strip("\n")


if __name__ == "__main__":
    main(sys.argv[1:])
