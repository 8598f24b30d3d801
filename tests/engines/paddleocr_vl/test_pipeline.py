"""What upstream's pipeline is made with, and what its calls are given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from paddleocr_vl_service.engines.paddleocr_vl.config import PaddleOCRVLConfig
from paddleocr_vl_service.engines.paddleocr_vl.pipeline import (
    DEFAULT_MAX_PIXELS,
    DEFAULT_MIN_PIXELS,
    pipeline_arguments,
    predict_options,
)
from paddleocr_vl_service.models.model_options import ModelOptions

NATIVE_ONLY = {"repetition_penalty", "temperature", "top_p"}


def options(**given: Any) -> dict[str, Any]:
    switches = {"layout_detection": True, "frugal": False, "on_server": False}
    switches |= {name: given.pop(name) for name in tuple(switches) if name in given}
    return predict_options(ModelOptions(**given), **switches)


def test_the_bounds_of_a_region_s_size_are_always_passed() -> None:
    """Upstream replaces the preprocessor's own otherwise."""
    found = options()
    assert (found["min_pixels"], found["max_pixels"]) == (DEFAULT_MIN_PIXELS, DEFAULT_MAX_PIXELS)


def test_one_bound_never_passes_the_other() -> None:
    small = options(max_pixels=50_000)
    assert (small["min_pixels"], small["max_pixels"]) == (50_000, 50_000)
    large = options(min_pixels=2_000_000)
    assert (large["min_pixels"], large["max_pixels"]) == (2_000_000, 2_000_000)


def test_a_frugal_call_takes_a_quarter_of_the_pixels() -> None:
    assert options(frugal=True)["max_pixels"] == DEFAULT_MAX_PIXELS // 4
    assert options(frugal=True, max_pixels=200_000)["max_pixels"] == DEFAULT_MIN_PIXELS


def test_sampling_is_for_servers() -> None:
    sampling = {"repetition_penalty": 1.1, "temperature": 0.2, "top_p": 0.9}
    assert not NATIVE_ONLY & options(**sampling).keys()
    assert sampling.items() <= options(on_server=True, **sampling).items()


def test_a_prompt_is_for_pages_without_layout_detection() -> None:
    assert "prompt_label" not in options(prompt_label="table")
    assert options(prompt_label="table", layout_detection=False)["prompt_label"] == "table"


def test_no_queues_and_no_preprocessing_unless_asked_for() -> None:
    found = options()
    assert found["use_queues"] is False
    assert found["use_doc_orientation_classify"] is False
    assert found["use_doc_unwarping"] is False


def complete(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).mkdir(parents=True)
        (folder / name / "inference.yml").write_text("Global:\n")
        (folder / name / "inference.pdiparams").write_bytes(b"weights")


def test_only_folders_that_are_there_are_given_to_upstream(tmp_path: Path) -> None:
    """A model without a folder would be looked for at a hoster."""
    complete(tmp_path, "PaddleOCR-VL-1.6", "PP-DocLayoutV3")
    config = PaddleOCRVLConfig(models_dir=str(tmp_path))
    found = pipeline_arguments(config, "gpu:1", 4)
    assert found["device"] == "gpu:1"
    assert found["vl_rec_model_dir"] == str(tmp_path / "PaddleOCR-VL-1.6")
    assert found["layout_detection_model_dir"] == str(tmp_path / "PP-DocLayoutV3")
    assert found["use_doc_orientation_classify"] is False
    assert found["use_doc_unwarping"] is False
    assert not any(name.startswith("doc_") for name in found)
    assert not any("server" in name or "api" in name for name in found)


def test_a_server_needs_no_weights_of_the_language_model(tmp_path: Path) -> None:
    complete(tmp_path, "PP-DocLayoutV2", "PP-LCNet_x1_0_doc_ori")
    config = PaddleOCRVLConfig(
        pipeline_version="v1",
        vl_rec_backend="vllm-server",
        vl_rec_server_url="http://gpu-host:8118/v1",
        vl_rec_api_key="hunter2",
        vl_rec_max_concurrency=5,
        models_dir=str(tmp_path),
    )
    found = pipeline_arguments(config, "cpu", 2)
    assert "vl_rec_model_dir" not in found
    assert "vl_rec_api_model_name" not in found
    assert found["vl_rec_api_key"] == "hunter2"
    assert found["vl_rec_max_concurrency"] == 5
    assert found["use_doc_orientation_classify"] is True
    assert "hunter2" not in repr(config)


def test_the_transformers_engine_has_weights_of_its_own() -> None:
    config = PaddleOCRVLConfig(inference_engine="transformers", models_dir="/models")
    found = pipeline_arguments(config, "gpu:0", 2)
    assert found["engine"] == "transformers"
    assert found["layout_detection_model_dir"] == "/models/PP-DocLayoutV3_safetensors"
    assert found["vl_rec_model_dir"] == "/models/PaddleOCR-VL-1.6"


@pytest.mark.parametrize("role", ["vl_rec", "layout_detection"])
def test_a_model_may_have_a_folder_of_its_own(role: str, tmp_path: Path) -> None:
    own: dict[str, Any] = {f"{role}_model_dir": str(tmp_path)}
    config = PaddleOCRVLConfig(models_dir="/models", **own)
    assert pipeline_arguments(config, "cpu", 1)[f"{role}_model_dir"] == str(tmp_path)
