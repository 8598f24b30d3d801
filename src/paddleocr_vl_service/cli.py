"""The command line: ``serve``, ``extract``, ``batch``, ``worker``, ``models``, ``doctor``."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Coroutine
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from pydantic import ValidationError
from rich.console import Console

from paddleocr_vl_service import __version__
from paddleocr_vl_service.cli_models import app as models_app
from paddleocr_vl_service.config.logging_config import LoggingConfig, configure_logging
from paddleocr_vl_service.config.settings import Settings
from paddleocr_vl_service.models.errors import OptionInvalid
from paddleocr_vl_service.observability.request_context import RequestIdFilter
from paddleocr_vl_service.observability.tracing import check_tracing
from paddleocr_vl_service.services.engine_choice import choose_engine
from paddleocr_vl_service.services.gpu_probe import count_gpus
from paddleocr_vl_service.services.temp_storage import check_writable

app = typer.Typer(
    name="paddleocr-vl-service",
    help="Turns documents (PDFs, images) into text, tables and Markdown.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(models_app)


class OutputFormat(str, Enum):
    """What ``extract`` writes."""

    JSON = "json"
    MARKDOWN = "markdown"


def main() -> None:
    """Run the command line; exit codes are 0 (done), 1 (something failed), 2 (wrong usage)."""
    app()


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address; APP_HOST by default.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port; APP_PORT by default.")
    ] = None,
) -> None:
    """Run the HTTP service until it is stopped."""
    from paddleocr_vl_service.server import run_server  # noqa: PLC0415 - the other commands need none of it

    settings = _settings_of_a_server()
    given = {"app_host": host, "app_port": port}
    changed = {name: value for name, value in given.items() if value is not None}
    run_server(settings.model_copy(update=changed))


@app.command()
def extract(  # noqa: PLR0917 - they are named on the command line
    files: Annotated[
        list[str], typer.Argument(metavar="FILE", help="PDFs and images; - is standard input.")
    ],
    format: Annotated[  # noqa: A002 - the option's name
        OutputFormat, typer.Option(help="What to write.")
    ] = OutputFormat.JSON,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for one result file a document; standard output by default.",
            file_okay=False,
        ),
    ] = None,
    pages: Annotated[str, typer.Option(help='Pages to read, such as "1-3,8" or "5-".')] = "",
    password: Annotated[
        str | None,
        typer.Option(
            help="Opens encrypted PDFs; the variable keeps it out of the process list.",
            envvar="PDF_PASSWORD",
        ),
    ] = None,
    text_source: Annotated[
        str | None, typer.Option(help="auto, ocr or text-layer; TEXT_SOURCE by default.")
    ] = None,
    layout: Annotated[
        bool | None,
        typer.Option(
            "--layout/--no-layout",
            help="Whether a layout model looks at each page; LAYOUT_DETECTION by default.",
        ),
    ] = None,
    images: Annotated[
        bool, typer.Option(help="Give pictures, formulas, charts and seals as images in the JSON.")
    ] = False,
    option: Annotated[
        list[str] | None,
        typer.Option(
            "--option",
            "-o",
            metavar="NAME=VALUE",
            help="An option of PaddleOCR-VL, as the HTTP form calls it; any number of them.",
        ),
    ] = None,
    verbose: Annotated[bool, typer.Option(help="Show log lines on standard error.")] = False,
) -> None:
    """Read documents without a server; progress goes to standard error."""
    from paddleocr_vl_service.cli_extract import (  # noqa: PLC0415 - the other commands need none of it
        ExtractCommand,
        extract_files,
    )

    configure_logging(LoggingConfig("INFO" if verbose else "ERROR", "text"))
    defaults = _settings()
    try:
        command = ExtractCommand.from_options(
            files=files,
            as_markdown=format is OutputFormat.MARKDOWN,
            out=out,
            pages=pages,
            password=password,
            text_source=text_source or defaults.text_source,
            layout_detection=defaults.layout_detection if layout is None else layout,
            images=images,
            model=option or [],
        )
    except OptionInvalid as error:
        _wrong_usage(error.detail)
    settings = _settings(checked=True)
    _end(extract_files(command, settings, Console(stderr=True)))


@app.command()
def batch(
    folder: Annotated[
        Path, typer.Argument(help="With PDFs and images.", exists=True, file_okay=False)
    ],
    out: Annotated[Path, typer.Option(help="Folder for the results.", file_okay=False)],
    *,
    format: Annotated[  # noqa: A002 - the option's name
        OutputFormat, typer.Option(help="What to write.")
    ] = OutputFormat.JSON,
    pages: Annotated[str, typer.Option(help="Pages to read of each, such as 1-3.")] = "",
    password: Annotated[
        str | None, typer.Option(help="Opens encrypted PDFs.", envvar="PDF_PASSWORD")
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(
            "--option", "-o", metavar="NAME=VALUE", help="As of extract; any number of them."
        ),
    ] = None,
    verbose: Annotated[bool, typer.Option(help="Show log lines on standard error.")] = False,
) -> None:
    """Read all documents of a folder; broken off, run it again and it goes on where it was."""
    from paddleocr_vl_service.cli_batch import (  # noqa: PLC0415 - the other commands need none of it
        BatchCommand,
        read_folder,
    )
    from paddleocr_vl_service.cli_extract import ExtractCommand  # noqa: PLC0415 - as above

    configure_logging(LoggingConfig("INFO" if verbose else "ERROR", "text"))
    settings = _settings(checked=True)
    as_markdown = format is OutputFormat.MARKDOWN
    try:
        asked = ExtractCommand.from_options(
            files=[],
            as_markdown=as_markdown,
            out=out,
            pages=pages,
            password=password,
            text_source=settings.text_source,
            layout_detection=settings.layout_detection,
            images=False,
            model=option or [],
        )
    except OptionInvalid as error:
        _wrong_usage(error.detail)
    command = BatchCommand(folder, out, as_markdown, asked.options)
    _end(read_folder(command, settings, Console(stderr=True)))


@app.command()
def worker() -> None:
    """Work on jobs that others take, and take none itself, until it is stopped."""
    from paddleocr_vl_service.cli_worker import run_worker  # noqa: PLC0415 - imports much
    from paddleocr_vl_service.worker_http import listen  # noqa: PLC0415 - as above

    settings = _settings_of_a_server()
    if not settings.max_running_jobs:
        _wrong_usage("MAX_RUNNING_JOBS=0 leaves a worker nothing to do.")
    configure_logging(LoggingConfig(settings.log_level, settings.log_format), [RequestIdFilter()])
    try:
        listener = listen(settings)
    except OSError as error:
        _wrong_usage(f"WORKER_PORT={settings.worker_port} cannot be had: {error.strerror}.")
    if not asyncio.run(run_worker(settings, listener)):
        raise typer.Exit(1)


@app.command()
def doctor() -> None:
    """Say what this machine can run and what is missing; exit code 1 if the service cannot work."""
    from paddleocr_vl_service.services.doctor import Verdict, examine  # noqa: PLC0415 - imports much

    logging.disable()
    colours = {Verdict.GOOD: "green", Verdict.NOTE: "yellow", Verdict.BAD: "red"}
    console = Console(soft_wrap=True, highlight=False)
    bad = 0
    for finding in examine(_settings()):
        colour = colours[finding.verdict]
        console.print(f"[{colour}]{finding.verdict.value:>7}[/]  ", end="")
        console.print(f"{finding.subject}: {finding.words}", markup=False)
        bad += finding.verdict is Verdict.BAD
    if bad:
        raise typer.Exit(1)


@app.command()
def version() -> None:
    """Print the package's version."""
    typer.echo(__version__)


def _end(work: Coroutine[Any, Any, int]) -> None:
    """Do it, and end with 1 where something failed, or as a signal asks."""
    try:
        failed = asyncio.run(work)
    except KeyboardInterrupt:
        raise typer.Exit(128 + signal.SIGINT) from None
    except asyncio.CancelledError:
        raise typer.Exit(128 + signal.SIGTERM) from None
    if failed:
        raise typer.Exit(1)


def _settings_of_a_server() -> Settings:
    settings = _settings(checked=True)
    try:
        check_tracing(settings)
    except ValueError as error:
        _wrong_usage(f"{error}.")
    return settings


def _settings(*, checked: bool = False) -> Settings:
    """Read the settings; `checked` makes sure that one can work with them."""
    try:
        settings = Settings()
        if checked:
            choose_engine(settings, count_gpus() if settings.wants_gpu else 0)
            _check_tmp_dir(settings.tmp_dir)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).upper() if first["loc"] else "The configuration"
        _wrong_usage(f"{name}: {first['msg'].removeprefix('Value error, ')}")
    except ValueError as error:
        _wrong_usage(f"{error}.")
    except OSError as error:
        _wrong_usage(f"A file that a NAME_FILE variable names cannot be read: {error.strerror}")
    return settings


def _check_tmp_dir(folder: Path) -> None:
    try:
        check_writable(folder)
    except OSError as error:
        _wrong_usage(f"TMP_DIR={folder} cannot be written: {error.strerror}.")


def _wrong_usage(sentence: str) -> NoReturn:
    print(f"Error: {sentence}", file=sys.stderr)  # noqa: T201 - this is the command line
    raise typer.Exit(2)


if __name__ == "__main__":
    main()
