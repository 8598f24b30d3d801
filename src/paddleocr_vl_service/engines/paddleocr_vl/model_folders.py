"""Which models a configuration needs, and in which folders they are.

Imports nothing else of the service when it runs, and neither does `weights`: an image is built with
these two before the rest is copied into it (`deploy/image/bring_models.py`).
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from paddleocr_vl_service.engines.paddleocr_vl.config import PaddleOCRVLConfig

MANIFEST = "checksums.json"
"""In a model's folder: what was downloaded, from where, with which checksums."""

_VLM_NAMES = {"v1": "PaddleOCR-VL", "v1.5": "PaddleOCR-VL-1.5", "v1.6": "PaddleOCR-VL-1.6"}
_LAYOUT_NAMES = {"v1": "PP-DocLayoutV2", "v1.5": "PP-DocLayoutV3", "v1.6": "PP-DocLayoutV3"}
_ORIENTATION_NAME, _UNWARPING_NAME = "PP-LCNet_x1_0_doc_ori", "UVDoc"
_VLM_ROLE = "vl_rec"
_SETTINGS = "inference.yml"
_WEIGHTS = ("*.pdiparams", "*.safetensors", "*.pdparams")


@dataclass(frozen=True)
class ModelFolder:
    """A model that may have to be there.

    Attributes:
        name: Its repository's, which is its folder's as well.
        role: ``vl_rec``, ``layout_detection``, ``doc_orientation_classify`` or ``doc_unwarping``.
        path: Its folder.
        needed: Whether the service cannot start without it.
    """

    name: str
    role: str
    path: Path
    needed: bool


def default_models_dir() -> Path:
    """Where upstream keeps the models that it downloads by itself."""
    home = os.environ.get("PADDLE_PDX_CACHE_HOME") or Path.home() / ".paddlex"
    return Path(home) / "official_models"


def required_models(config: PaddleOCRVLConfig) -> tuple[ModelFolder, ...]:
    """The models of a configuration; those that only some requests need are not `needed`."""
    optional = {
        "doc_orientation_classify": bool(config.defaults.use_doc_orientation_classify),
        "doc_unwarping": bool(config.defaults.use_doc_unwarping),
    }
    names = model_names(config.pipeline_version, config.inference_engine)
    return tuple(
        ModelFolder(name, role, _folder(config, name, role), optional.get(role, True))
        for role, name in names.items()
        if role != _VLM_ROLE or not config.uses_server
    )


def model_names(version: str, inference_engine: str = "paddle") -> dict[str, str]:
    """The names of all models that a version of PaddleOCR-VL may use, by their role."""
    # The transformers engine has weights of its own for everything but the vision-language model.
    suffix = "_safetensors" if inference_engine == "transformers" else ""
    return {
        _VLM_ROLE: _VLM_NAMES[version],
        "layout_detection": _LAYOUT_NAMES[version] + suffix,
        "doc_orientation_classify": _ORIENTATION_NAME + suffix,
        "doc_unwarping": _UNWARPING_NAME + suffix,
    }


def _folder(config: PaddleOCRVLConfig, name: str, role: str) -> Path:
    own: str = getattr(config, f"{role}_model_dir")
    if own:
        return Path(own)
    return Path(config.models_dir or default_models_dir()) / name


def is_complete(model: ModelFolder) -> bool:
    """Whether the folder holds settings and weights."""
    return (model.path / _SETTINGS).is_file() and any(
        file.is_file() and file.stat().st_size > 0
        for pattern in _WEIGHTS
        for file in model.path.glob(pattern)
    )


def missing_models(config: PaddleOCRVLConfig) -> tuple[ModelFolder, ...]:
    """Those that are needed and are not there, or only in part."""
    return tuple(
        model for model in required_models(config) if model.needed and not is_complete(model)
    )


def model_revision(config: PaddleOCRVLConfig) -> str:
    """What tells the weights apart: the revision that was downloaded, else that nobody knows."""
    revisions = {model.name: _revision(model) for model in required_models(config) if model.needed}
    return ", ".join(f"{name} {revision}" for name, revision in sorted(revisions.items()))


def _revision(model: ModelFolder) -> str:
    try:
        manifest = json.loads((model.path / MANIFEST).read_text("utf-8"))
        return str(manifest["revision"])[:12]
    except (OSError, ValueError, KeyError, TypeError):
        return "local"
