"""What this machine can run, in plain words, and what is missing."""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from paddleocr_vl_service.config.settings import Settings
from paddleocr_vl_service.engines.outside_program import ProgramFailed
from paddleocr_vl_service.engines.paddleocr_vl.model_folders import model_revision
from paddleocr_vl_service.engines.registry import ENGINES
from paddleocr_vl_service.engines.tesseract_program import (
    Tesseract,
    find_tesseract,
    install_command,
    scripts_of,
    what_is_missing,
)
from paddleocr_vl_service.services.build import plan_engine
from paddleocr_vl_service.services.cpus import usable_cpus
from paddleocr_vl_service.services.engine_choice import PADDLEOCR_VL, paddleocr_vl_config
from paddleocr_vl_service.services.gpu_probe import count_gpus
from paddleocr_vl_service.services.paddleocr_vl_needs import (
    LibraryReport,
    missing_parts,
    try_libraries,
)
from paddleocr_vl_service.services.temp_storage import check_writable
from paddleocr_vl_service.services.vlm_server_probe import VlmServerProbe

_LEAST_FREE_BYTES = 1 << 30


class Verdict(str, Enum):
    """How a finding bears on the service."""

    GOOD = "ok"
    NOTE = "note"
    BAD = "problem"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        verdict: Whether it stops the service.
        subject: What was looked at.
        words: What was found, and the command or setting that mends it.
    """

    verdict: Verdict
    subject: str
    words: str


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at everything that the service needs; loads no model."""
    cpus, gpus = usable_cpus(), count_gpus()
    yield _python()
    yield Finding(Verdict.GOOD, "CPU", f"{cpus} usable, {platform.machine()}")
    yield _gpu(settings, gpus)
    yield _engine(settings, cpus, gpus)
    yield _embedded_models()
    yield _paddleocr_vl(settings, gpus)
    if settings.vl_rec_server_url:
        yield _vlm_server(settings)
    yield _folder("TMP_DIR", settings.tmp_dir)
    yield _tesseract(settings)


def _python() -> Finding:
    version = platform.python_version()
    if (3, 10) <= sys.version_info[:2] <= (3, 13):
        return Finding(Verdict.GOOD, "Python", version)
    return Finding(Verdict.BAD, "Python", f"{version}; the service needs 3.10 to 3.13")


def _gpu(settings: Settings, gpus: int) -> Finding:
    if gpus:
        return Finding(Verdict.GOOD, "GPU", f"{gpus} NVIDIA GPU(s) visible to the driver")
    if settings.wants_gpu:
        words = "none visible; the service will use the CPU (USE_GPU=false makes that explicit)"
        return Finding(Verdict.NOTE, "GPU", words)
    return Finding(Verdict.GOOD, "GPU", "not wanted")


def _engine(settings: Settings, cpus: int, gpus: int) -> Finding:
    try:
        plan = plan_engine(settings, cpus, gpus)
    except ValueError as error:
        return Finding(Verdict.BAD, "Engine", str(error))
    words = (
        f"ENGINE={settings.engine} means {plan.name} on {', '.join(dict.fromkeys(plan.devices))}, "
        f"{len(plan.devices)} process(es) with {plan.threads} thread(s) each"
    )
    if plan.name in ENGINES and plan.entry.scripts:
        words += f"; reads the scripts {', '.join(plan.entry.scripts)}"
    return Finding(Verdict.GOOD, "Engine", words)


def _embedded_models() -> Finding:
    from paddleocr_vl_service.engines.onnx import model_files  # noqa: PLC0415 - only looked at here

    if damaged := model_files.verify():
        words = str(model_files.ModelFilesMissing(damaged[0].name))
        return Finding(Verdict.BAD, "onnx", words)
    return Finding(
        Verdict.GOOD, "onnx", f"nothing is missing; models {model_files.model_revision()}"
    )


def _paddleocr_vl(settings: Settings, gpus: int) -> Finding:
    """Not having it is a problem only for who asked for it."""
    config = paddleocr_vl_config(settings)
    missing = missing_parts(settings, config)
    try:
        report = try_libraries()
    except ProgramFailed as error:
        report = LibraryReport((f"its libraries cannot be imported: the attempt {error}",))
    missing += report.broken
    if gpus and settings.inference_engine == "paddle" and report.paddle and not report.has_cuda:
        missing.append(
            "paddlepaddle is a build without GPUs: pip install paddlepaddle-gpu in its place, as "
            "docs/gpu.md says"
        )
    if missing:
        asked_for = settings.engine == PADDLEOCR_VL.name
        verdict = Verdict.BAD if asked_for else Verdict.NOTE
        return Finding(verdict, PADDLEOCR_VL.name, "; ".join(missing))
    paddle = f"paddlepaddle {report.paddle}; " if report.paddle else ""
    words = f"nothing is missing; {paddle}models {model_revision(config)}"
    return Finding(Verdict.GOOD, PADDLEOCR_VL.name, words)


def _vlm_server(settings: Settings) -> Finding:
    key = settings.vl_rec_api_key.get_secret_value()
    failure = asyncio.run(VlmServerProbe(settings.vl_rec_server_url, key).ask())
    if failure:
        return Finding(Verdict.BAD, "VLM server", failure.removesuffix("."))
    return Finding(Verdict.GOOD, "VLM server", f"{settings.vl_rec_backend} answers")


def _folder(name: str, folder: Path) -> Finding:
    try:
        check_writable(folder)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        return Finding(Verdict.BAD, name, f"{folder} cannot be written: {reason}")
    verdict = Verdict.GOOD if free >= _LEAST_FREE_BYTES else Verdict.NOTE
    return Finding(verdict, name, f"{folder} is writable, {free / (1 << 30):.1f} GiB free")


def _tesseract(settings: Settings) -> Finding:
    setting = settings.tesseract_languages
    found = find_tesseract(settings.tesseract_path)
    there = f"{found.version} with {', '.join(sorted(found.languages))}" if found else "not found"
    if missing := what_is_missing(setting, found):
        return Finding(Verdict.BAD, "tesseract", f"{there}; {missing.removesuffix('.')}")
    if setting:
        reads = ", ".join(scripts_of(setting)) or "no script that is known here"
        words = f"{there}; TESSERACT_LANGUAGES={setting} adds {reads}"
    else:
        words = f"{there}; not asked for. To read Russian: {_how_to_read_russian(found)}"
    return Finding(Verdict.GOOD, "tesseract", words)


def _how_to_read_russian(found: Tesseract | None) -> str:
    setting = "TESSERACT_LANGUAGES=rus"
    if found and "rus" in found.languages:
        return setting
    return f"`{install_command(['rus'], program=found is None)}` and {setting}"
