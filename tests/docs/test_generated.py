"""What the documentation says of settings and commands is what the code says."""

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from paddleocr_vl_service.cli import app
from paddleocr_vl_service.config.settings import Settings
from tests.docs import pages
from tools import generated_docs

PACKAGE = "paddleocr_vl_service."
ADVICE = "run: python -m tools.generated_docs --write"


def test_the_table_of_settings_is_that_of_the_code() -> None:
    documented = {name.strip("`"): (default, text) for name, default, text in _documented()}
    assert list(documented) == [name.upper() for name in Settings.model_fields], ADVICE
    for name, default, sentence in generated_docs.settings():
        shown = f"`{default}`" if default else "empty"
        assert documented[name] == (shown, sentence), ADVICE


def _documented() -> list[list[str]]:
    return pages.table("docs/configuration.md", "Name")


def test_the_template_is_that_of_the_code() -> None:
    assert generated_docs.read(".env.template") == generated_docs.env_template(), ADVICE


def test_the_template_s_values_are_the_defaults(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.delenv("TMPDIR", raising=False)
    monkeypatch.chdir(tmp_path)
    defaults = Settings()
    template = generated_docs.read(".env.template")
    uncommented, count = re.subn(r"^#(?=[A-Z_]+=)", "", template, flags=re.MULTILINE)
    assert count == len(Settings.model_fields)
    Path(".env").write_text(uncommented, "utf-8")
    assert Settings() == defaults


@pytest.mark.parametrize("command", generated_docs.COMMANDS)
def test_the_commands_pages_are_what_help_prints(command: str) -> None:
    title = " ".join(("$ paddleocr-vl-service", *command.split(), "--help"))
    documented = [
        block.text
        for block in pages.blocks("docs/command-line.md")
        if block.text.startswith(title + "\n")
    ]
    assert documented == [f"{title}\n{generated_docs.help_text(command)}\n"], ADVICE


def commands_of(command: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    yield name, command
    for word, member in command.commands.items() if isinstance(command, TyperGroup) else ():
        yield from commands_of(member, f"{name} {word}".strip())


def test_every_command_is_documented_with_every_option() -> None:
    commands = dict(commands_of(get_command(app)))
    assert commands.keys() == set(generated_docs.COMMANDS)
    text = pages.read("docs/command-line.md")
    for name, command in commands.items():
        assert f"paddleocr-vl-service {name}".rstrip() in text
        for parameter in command.params:
            for option in (*parameter.opts, *parameter.secondary_opts):
                assert not option.startswith("--") or option in text, f"{name} {option}"


def test_only_stale_files_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    generated_docs.main([])
    monkeypatch.setattr(generated_docs, "env_template", lambda: "something else")
    with pytest.raises(SystemExit, match=re.escape("Out of date: .env.template.")):
        generated_docs.main([])


def test_the_secrets_that_are_masked_are_documented() -> None:
    """The page names them; another one has to change that sentence."""
    secrets = [
        name for name, field in Settings.model_fields.items() if "Secret" in str(field.annotation)
    ]
    page = pages.read("docs/configuration.md")
    assert secrets == [
        "vl_rec_api_key",
        "database_url",
        "webhook_secret",
        "otel_exporter_otlp_headers",
    ]
    names = "`VL_REC_API_KEY`, `DATABASE_URL`, `WEBHOOK_SECRET` and `OTEL_EXPORTER_OTLP_HEADERS`"
    assert f"the settings that are secrets, {names}" in " ".join(page.split())


def test_groups_of_settings_in_the_code_are_not_lost() -> None:
    """The generator relies on the order of the classes; nothing may be added behind its back."""
    parts = [part for part in reversed(Settings.__mro__) if part.__module__.startswith(PACKAGE)]
    names = [
        node.target.id
        for part in parts
        for node in ast.walk(ast.parse(inspect.getsource(part)))
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    ]
    assert names == list(Settings.model_fields)
