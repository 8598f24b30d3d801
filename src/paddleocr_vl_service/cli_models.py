"""``models``: brings PaddleOCR-VL's weights, lists them, checks them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from paddleocr_vl_service.config.settings import Settings
from paddleocr_vl_service.engines.paddleocr_vl.model_folders import (
    MANIFEST,
    ModelFolder,
    is_complete,
    required_models,
)
from paddleocr_vl_service.engines.paddleocr_vl.weights import (
    HUGGING_FACE,
    SOURCES,
    WeightsError,
    download,
    problems,
)
from paddleocr_vl_service.services.engine_choice import paddleocr_vl_config

app = typer.Typer(
    name="models", help="PaddleOCR-VL's weights: download, list, verify.", no_args_is_help=True
)

_Version = Annotated[
    str | None, typer.Option(help="v1, v1.5 or v1.6; PIPELINE_VERSION by default.")
]
_Folder = Annotated[
    Path | None,
    typer.Option("--to", help="Folder with a folder for each model; MODELS_DIR by default."),
]


@app.command("download")
def download_command(version: _Version = None, to: _Folder = None) -> None:
    """Bring what is not there yet and complete; checksums are compared with the hoster's.

    Broken off, it goes on where it was. PADDLE_PDX_MODEL_SOURCE (huggingface, modelscope,
    aistudio, bos), HF_ENDPOINT, HF_TOKEN and the usual proxy variables are obeyed.
    """
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    source = os.environ.get("PADDLE_PDX_MODEL_SOURCE", HUGGING_FACE).lower()
    if source not in SOURCES:
        _fail(f"PADDLE_PDX_MODEL_SOURCE={source} is not known: {', '.join(SOURCES)}", code=2)
    for model in _models(version, to):
        if is_complete(model) and (model.path / MANIFEST).is_file():
            console.print(f"{model.name} is there: {model.path}", markup=False)
            continue
        console.print(f"{model.name} is brought from {source} to {model.path}", markup=False)
        try:
            download(model, source)
        except WeightsError as error:
            _fail(f"{error}.")


@app.command("list")
def list_command(version: _Version = None, to: _Folder = None) -> None:
    """Show the models, where they belong, and whether they are there."""
    table = Table(box=None)
    for title in ("Model", "For", "State", "MB", "Folder"):
        table.add_column(title, overflow="fold", no_wrap=title != "Folder")
    for model in _models(version, to):
        size = sum(file.stat().st_size for file in model.path.rglob("*") if file.is_file())
        table.add_row(
            model.name,
            model.role,
            _state(model),
            f"{size / 1e6:.0f}" if size else "",
            str(model.path),
        )
    Console(soft_wrap=True, highlight=False).print(table)


@app.command("verify")
def verify_command(version: _Version = None, to: _Folder = None) -> None:
    """Compare every file with its checksum from the download; exit code 1 if one differs."""
    found = [problem for model in _models(version, to) for problem in problems(model)]
    for problem in found:
        typer.echo(problem, err=True)
    if found:
        raise typer.Exit(1)
    typer.echo("All model files are as they were downloaded.")


def _state(model: ModelFolder) -> str:
    if not is_complete(model):
        return "incomplete" if model.path.exists() else "missing"
    return "complete" if (model.path / MANIFEST).is_file() else "complete, no checksums"


def _models(version: str | None, to: Path | None) -> list[ModelFolder]:
    given: dict[str, Any] = {"pipeline_version": version, "models_dir": str(to) if to else None}
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).upper() if first["loc"] else "The configuration"
        _fail(f"{name}: {first['msg'].removeprefix('Value error, ')}", code=2)
    return list(required_models(paddleocr_vl_config(settings)))


def _fail(sentence: str, code: int = 1) -> NoReturn:
    typer.echo(f"Error: {sentence}", err=True)
    raise typer.Exit(code)
