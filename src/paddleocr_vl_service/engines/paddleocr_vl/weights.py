"""Brings models from a hoster, and checks that they are what the hoster has.

A model is brought into a folder beside its own, checked there, and only then given its name: a
folder that has the name of a model holds all of it. What a broken download left is gone on with.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paddleocr_vl_service.engines.paddleocr_vl.model_folders import MANIFEST, ModelFolder

HUGGING_FACE = "huggingface"
SOURCES = (HUGGING_FACE, "modelscope", "aistudio", "bos")

_OWNER = "PaddlePaddle"
_UNFINISHED = ".part"
_CHUNK_BYTES = 1 << 20
_SPARE_BYTES = 16 << 20
_NOT_THE_MODELS = (".cache", ".git", ".gitattributes", MANIFEST)


class WeightsError(Exception):
    """A model cannot be had, or is not what it should be; the message is one sentence."""


@dataclass(frozen=True)
class RemoteFile:
    """A file at the hoster.

    Attributes:
        size: Bytes.
        sha256: Of its content, in hexadecimal digits; None for small files.
        blob: Git's name of its content; None where the hoster does not tell.
    """

    size: int
    sha256: str | None
    blob: str | None


def download(model: ModelFolder, source: str = HUGGING_FACE) -> None:
    """Bring a model.

    Raises:
        WeightsError: It cannot be had; what there is of it is kept for another try.
    """
    unfinished = model.path.with_name(model.path.name + _UNFINISHED)
    with _explained(model):
        unfinished.mkdir(parents=True, exist_ok=True)
        if source == HUGGING_FACE:
            revision = _from_hugging_face(model.name, unfinished)
        else:
            revision = _from_upstreams_hoster(model.name, unfinished, source)
        manifest = {"source": source, "revision": revision, "files": checksums(unfinished)}
        (unfinished / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", "utf-8")
        if model.path.exists():
            shutil.rmtree(model.path)
        unfinished.rename(model.path)


def problems(model: ModelFolder) -> list[str]:
    """What is wrong with a model's folder, a sentence each; nothing where all is as downloaded."""
    if not model.path.is_dir():
        return [f"Model directory not created: {model.path}"]
    found = checksums(model.path)
    if not found:
        return [f"Model directory is empty: {model.path}"]
    try:
        expected = json.loads((model.path / MANIFEST).read_text("utf-8"))["files"]
    except FileNotFoundError:
        return [f"{model.name} has no {MANIFEST}: it was not brought by 'models download'"]
    except (OSError, ValueError, KeyError, TypeError):
        return [f"{model.name}: {MANIFEST} cannot be read"]
    wrong = [f"{model.name}: {name} is missing" for name in expected if name not in found]
    return wrong + [
        f"{model.name}: {name} is not what was downloaded"
        for name, facts in expected.items()
        if name in found and facts != found[name]
    ]


def checksums(folder: Path) -> dict[str, dict[str, Any]]:
    """Size and SHA-256 of every file that belongs to the model, by its path in the folder."""
    return {
        name: {"size": file.stat().st_size, "sha256": _sha256(file)}
        for file in sorted(folder.rglob("*"))
        if file.is_file()
        and not (name := file.relative_to(folder).as_posix()).startswith(_NOT_THE_MODELS)
    }


def _from_hugging_face(name: str, folder: Path) -> str:
    """Bring a repository, and check each file against what the hub says of it."""
    from huggingface_hub import HfApi  # noqa: PLC0415 - of the extra [paddle]

    endpoint = os.environ.get("PADDLE_PDX_HUGGING_FACE_ENDPOINT") or None
    repository = f"{_OWNER}/{name}"
    facts = HfApi(endpoint=endpoint).model_info(repository, files_metadata=True)
    remote = {
        each.rfilename: RemoteFile(
            each.size or 0, each.lfs.sha256 if each.lfs else None, each.blob_id
        )
        for each in facts.siblings or ()
        if not each.rfilename.startswith(_NOT_THE_MODELS)
    }
    revision = str(facts.sha)
    _check_space(folder, remote)
    for file, expected in remote.items():
        if not _is_right(folder / file, expected):
            url = _address(repository, file, revision, endpoint)
            _bring_file(url, folder / file, expected)
    return revision


def _address(repository: str, file: str, revision: str, endpoint: str | None) -> str:
    from huggingface_hub import hf_hub_url  # noqa: PLC0415 - of the extra [paddle]

    return hf_hub_url(repository, file, revision=revision, endpoint=endpoint)


def _bring_file(url: str, file: Path, expected: RemoteFile) -> None:
    """Bring a file, from where an earlier try left off.

    The hub library's own download of a folder begins a broken file anew since its version 1, and
    the weights are two gigabytes in one file.
    """
    from huggingface_hub import utils  # noqa: PLC0415 - of the extra [paddle]
    from huggingface_hub.file_download import http_get  # noqa: PLC0415 - of the extra [paddle]

    unfinished = file.with_name(file.name + _UNFINISHED)
    unfinished.parent.mkdir(parents=True, exist_ok=True)
    with unfinished.open("ab") as sink:
        if sink.tell() > expected.size:
            sink.truncate(0)
        http_get(
            url,
            sink,
            resume_size=sink.tell(),
            headers=utils.build_hf_headers(),  # type: ignore[attr-defined] # a documented name
            expected_size=expected.size,
            displayed_filename=file.name,
        )
    if not _is_right(unfinished, expected):
        unfinished.unlink()
        raise WeightsError(f"{file.name} arrived damaged: its checksum is another one. Try again")
    unfinished.rename(file)


def _from_upstreams_hoster(name: str, folder: Path, source: str) -> str:
    """Have upstream's own code bring a model; these hosters tell no checksums."""
    from paddlex.inference.utils import official_models  # noqa: PLC0415 - of the extra [paddle]

    (hoster,) = (
        each
        for each in official_models._ModelManager.hoster_candidates  # noqa: SLF001
        if each.alias == source
    )
    hoster(folder.parent)._download(name, folder)  # noqa: SLF001
    return "unknown"


def _check_space(folder: Path, remote: Mapping[str, RemoteFile]) -> None:
    there = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    needed = sum(each.size for each in remote.values()) - there + _SPARE_BYTES
    if shutil.disk_usage(folder).free < needed:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _is_right(file: Path, expected: RemoteFile) -> bool:
    """Whether a file is there and what the hub has."""
    if not file.is_file() or file.stat().st_size != expected.size:
        return False
    if expected.sha256:
        return _sha256(file) == expected.sha256
    return not expected.blob or _git_blob(file) == expected.blob


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while chunk := content.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _git_blob(file: Path) -> str:
    content = file.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()  # noqa: S324 - git's


@contextmanager
def _explained(model: ModelFolder) -> Iterator[None]:
    try:
        yield
    except WeightsError as error:
        raise WeightsError(f"{model.name}: {error}") from error
    except ImportError as error:
        raise WeightsError(
            "The libraries that bring models are missing: pip install "
            "'paddleocr-vl-service[paddle]'"
        ) from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise WeightsError(
                f"{model.name}: there is no room left in {model.path.parent}. What has arrived is "
                "kept; make room and run the command again"
            ) from error
        raise _not_had(model, error) from error
    except Exception as error:
        raise _not_had(model, error) from error


def _not_had(model: ModelFolder, error: Exception) -> WeightsError:
    words = " ".join(str(error).split())[:200]
    return WeightsError(
        f"{model.name} could not be brought ({type(error).__name__}: {words}). What has arrived is "
        "kept; run the command again"
    )
