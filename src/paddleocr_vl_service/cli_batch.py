"""What ``batch`` does: a folder of documents as jobs, so that it goes on where it was."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from paddleocr_vl_service.config.settings import Settings
from paddleocr_vl_service.exports.document_answer import document_answer
from paddleocr_vl_service.intake.filenames import clean_filename
from paddleocr_vl_service.intake.sniffing import EXTENSIONS
from paddleocr_vl_service.jobs.build import build_jobs
from paddleocr_vl_service.jobs.names import sha256_of
from paddleocr_vl_service.jobs.service import JobService
from paddleocr_vl_service.models.document import DocumentOptions, ParsedDocument
from paddleocr_vl_service.models.errors import IdempotencyConflict, JobUnfinished, ServiceError
from paddleocr_vl_service.models.jobs import Job, JobOrder, JobStatus
from paddleocr_vl_service.services.build import build_service
from paddleocr_vl_service.services.in_order import all_or_none

_STATE_FOLDER = ".batch"
_MOST_JOBS = 8
_LOOK_SECONDS = 0.2
_GRACE_SECONDS = 10.0


@dataclass(frozen=True)
class BatchCommand:
    """What was asked for.

    Attributes:
        folder: With documents, in folders of any depth.
        out: For the results, in the same folders.
        as_markdown: Markdown instead of the HTTP API's JSON.
        options: For every document.
    """

    folder: Path
    out: Path
    as_markdown: bool
    options: DocumentOptions

    def target(self, file: Path) -> Path:
        """Where a document's result goes."""
        relative = file.relative_to(self.folder)
        return self.out / relative.with_name(
            relative.name + (".md" if self.as_markdown else ".json")
        )

    def documents(self) -> list[Path]:
        """All that the folder holds, in order, results of an earlier run left out."""
        own = self.out.resolve()
        return sorted(
            file
            for file in self.folder.rglob("*")
            if file.suffix.lower() in EXTENSIONS
            and file.is_file()
            and own not in file.resolve().parents
        )


@dataclass
class _State:
    """How far the batch is."""

    progress: Progress
    files: TaskID
    started: float = field(default_factory=time.monotonic)
    pages: int = 0
    pages_under_way: dict[str, int] = field(default_factory=dict)
    failed: int = 0

    def show(self) -> None:
        done = self.pages + sum(self.pages_under_way.values())
        rate = done / max(time.monotonic() - self.started, 0.001)
        self.progress.update(self.files, pages=done, rate=f"{rate:.1f}")

    def finished(self, job: Job) -> None:
        self.pages_under_way.pop(job.id, None)
        self.pages += job.progress.pages_done
        self.progress.advance(self.files)


async def read_folder(command: BatchCommand, settings: Settings, console: Console) -> int:
    """Read all documents of a folder whose results are not there yet.

    Returns:
        How many could not be read, wholly or in part.
    """
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - for the type checker
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    waiting = [file for file in command.documents() if not command.target(file).exists()]
    folder = command.out / _STATE_FOLDER
    settings = _of_its_own(settings, folder)
    service = build_service(settings)
    service.open()
    jobs = build_jobs(settings, service)
    try:
        await jobs.open()
        await jobs.ready()
        with _progress(console) as progress:
            files = progress.add_task("files", total=len(waiting), pages=0, rate="0.0")
            state = _State(progress, files)
            await _read_all(command, waiting, jobs, state)
    finally:
        await jobs.close(_GRACE_SECONDS)
        await service.close()
    if not state.failed:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    return state.failed


def _of_its_own(settings: Settings, folder: Path) -> Settings:
    """A batch shares nothing with a service on the same machine but the way to read."""
    return settings.model_copy(
        update={
            "data_dir": folder,
            "database_url": SecretStr(""),
            "blob_url": "",
            "max_running_jobs": max(1, settings.max_running_jobs),
        }
    )


async def _read_all(
    command: BatchCommand, waiting: list[Path], jobs: JobService, state: _State
) -> None:
    places = asyncio.Semaphore(_MOST_JOBS)

    async def read(file: Path) -> None:
        async with places:
            await _read_one(command, file, jobs, state)

    await all_or_none(read(file) for file in waiting)


async def _read_one(command: BatchCommand, file: Path, jobs: JobService, state: _State) -> None:
    name = str(file.relative_to(command.folder))
    try:
        job = await _taken(command, file, jobs)
        while not job.status.is_final:
            state.pages_under_way[job.id] = job.progress.pages_done
            state.show()
            await asyncio.sleep(_LOOK_SECONDS)
            job = await jobs.get(job.id)
        state.finished(job)
        state.show()
        if job.status is not JobStatus.SUCCEEDED:
            raise JobUnfinished(job.error_message or f"The job was {job.status.value}.")
        job, document = await jobs.result(job.id, partial=False)
        await asyncio.to_thread(_write, command, file, job, document)
        await jobs.purge(job.id)
    except (ServiceError, OSError) as error:
        reason = error.detail if isinstance(error, ServiceError) else error.strerror
        state.progress.console.print(f"{name}: {reason}", style="red", markup=False)
        state.failed += 1
        return
    for page in document.errors:
        state.progress.console.print(f"{name}: {page.message}", style="yellow", markup=False)
    state.failed += bool(document.errors)


async def _taken(command: BatchCommand, file: Path, jobs: JobService) -> Job:
    """The document's job of an earlier run that was broken off, or a new one."""
    sha256 = await asyncio.to_thread(sha256_of, file)
    size = (await asyncio.to_thread(file.stat)).st_size
    password = command.options.password
    order = JobOrder(
        filename=clean_filename(file.name),
        size=size,
        sha256=sha256,
        options=DocumentOptions(command.options.pages, None, command.options.parse),
        has_password=password is not None,
    )
    name = hashlib.sha256(os.fsencode(file.relative_to(command.folder))).hexdigest()
    attempt = 0
    while True:
        async with jobs.upload_folder() as folder:
            copy = folder / "upload"
            await asyncio.to_thread(shutil.copyfile, file, copy)
            try:
                job, is_new = await jobs.submit(
                    copy, order, password=password, key=f"{name}:{attempt}"
                )
            except IdempotencyConflict:  # the file was another one then, or the options were
                attempt += 1
                continue
        goes_on = job.status in (JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.SUCCEEDED)
        if is_new or (goes_on and not job.purged):
            return job
        attempt += 1


def _write(command: BatchCommand, file: Path, job: Job, document: ParsedDocument) -> None:
    """Write the result; it is there whole or not at all."""
    seconds = (job.finished_at or 0.0) - (job.started_at or 0.0)
    answer = document_answer(
        document, as_markdown=command.as_markdown, heading=True, seconds=seconds
    )
    target = command.target(file)
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.part")
    unfinished.write_text(answer.content, "utf-8")
    unfinished.replace(target)


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[pages]} pages, {task.fields[rate]} pages/s"),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    )
