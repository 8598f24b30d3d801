"""Which engine the settings and the machine mean, and what requests may ask of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from paddleocr_vl_service.config.settings import Settings
from paddleocr_vl_service.engines.registry import ENGINES, find_engine
from paddleocr_vl_service.models.document import ParseOptions, TextSourceChoice
from paddleocr_vl_service.models.errors import OptionInvalid
from paddleocr_vl_service.models.model_options import ModelOptions
from paddleocr_vl_service.services import paddleocr_vl_needs
from paddleocr_vl_service.services.engine_choice import (
    PADDLEOCR_VL,
    abilities_of,
    choose_engine,
    may_use_gpu,
    paddleocr_vl_config,
)

SERVER: dict[str, Any] = {
    "vl_rec_backend": "vllm-server",
    "vl_rec_server_url": "http://gpu-host:8118/v1",
}
VLM, LAYOUT = "PaddleOCR-VL-1.6", "PP-DocLayoutV3"
DOWNLOAD = "paddleocr-vl-service models download"
ORIENTATION, UNWARPING = "PP-LCNet_x1_0_doc_ori", "UVDoc"


class Machine:
    """A machine on which so much is installed."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.models = folder
        self.libraries: set[str] = set()
        monkeypatch.setattr(paddleocr_vl_needs, "_importable", self.libraries.__contains__)

    def install(self, *libraries: str, models: tuple[str, ...] = ()) -> None:
        self.libraries.update(libraries)
        for name in models:
            (self.models / name).mkdir(parents=True)
            (self.models / name / "inference.yml").write_text("Global:\n")
            (self.models / name / "model.safetensors").write_bytes(b"weights")

    def settings(self, **given: Any) -> Settings:
        return Settings(models_dir=str(self.models), **given)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    return Machine(tmp_path / "models", monkeypatch)


@pytest.fixture
def complete(machine: Machine) -> Machine:
    machine.install("paddleocr", "paddle", models=(VLM, LAYOUT, ORIENTATION, UNWARPING))
    return machine


@pytest.mark.parametrize(
    ("given", "gpus", "chosen"),
    [
        ({}, 1, "paddleocr-vl"),
        ({}, 0, "onnx"),
        ({"device": "cpu"}, 0, "paddleocr-vl"),
        ({"use_gpu": False}, 0, "paddleocr-vl"),
        (SERVER, 0, "paddleocr-vl"),
        ({"engine": "onnx"}, 1, "onnx"),
        ({"engine": "paddleocr-vl"}, 0, "paddleocr-vl"),
        ({"text_source": "text-layer"}, 1, "onnx"),
    ],
)
def test_all_is_installed(complete: Machine, given: Any, gpus: int, chosen: str) -> None:
    assert choose_engine(complete.settings(**given), gpus).entry is ENGINES[chosen]


def test_why_auto_chose_is_told(complete: Machine) -> None:
    assert choose_engine(complete.settings(), 0).reason == (
        "the embedded engine, because there is no GPU (ENGINE=paddleocr-vl or DEVICE=cpu would use "
        "the CPU)"
    )
    assert "all that it needs is there" in choose_engine(complete.settings(), 1).reason
    assert choose_engine(complete.settings(engine="onnx"), 1).reason == ""


@pytest.mark.parametrize(
    ("libraries", "models", "words"),
    [
        (
            (),
            (VLM, LAYOUT, ORIENTATION),
            "paddleocr is not installed: pip install 'paddleocr-vl-service[paddle]'",
        ),
        (("paddleocr",), (VLM, LAYOUT, ORIENTATION), "paddlepaddle is not installed"),
        (
            ("paddleocr", "paddle"),
            (VLM,),
            f"the model files of {LAYOUT}, {ORIENTATION} are not there: {DOWNLOAD}",
        ),
    ],
)
def test_what_is_missing_is_said_with_its_remedy(
    machine: Machine, libraries: tuple[str, ...], models: tuple[str, ...], words: str
) -> None:
    machine.install(*libraries, models=models)
    with pytest.raises(ValueError, match="ENGINE=paddleocr-vl: ") as caught:
        choose_engine(machine.settings(engine="paddleocr-vl"), 1)
    assert words in str(caught.value)
    choice = choose_engine(machine.settings(), 1)
    assert choice.entry is ENGINES["onnx"]
    assert words in choice.reason


def test_all_that_is_missing_is_said_at_once(machine: Machine) -> None:
    with pytest.raises(ValueError, match=r"paddleocr is .*; paddlepaddle is .*; the model files"):
        choose_engine(machine.settings(engine="paddleocr-vl"), 1)


def test_a_model_that_only_some_requests_need_may_be_missing(machine: Machine) -> None:
    machine.install("paddleocr", "paddle", models=(VLM, LAYOUT))
    settings = machine.settings(use_doc_orientation_classify=False)
    assert choose_engine(settings, 1).entry is PADDLEOCR_VL


def test_half_a_model_is_none(complete: Machine) -> None:
    (complete.models / VLM / "model.safetensors").write_bytes(b"")
    with pytest.raises(ValueError, match=f"the model files of {VLM} are not there"):
        choose_engine(complete.settings(engine="paddleocr-vl"), 1)


def test_a_server_needs_the_layout_model_only(machine: Machine) -> None:
    machine.install("paddleocr", "paddle", models=(LAYOUT, ORIENTATION))
    assert choose_engine(machine.settings(**SERVER), 0).entry is PADDLEOCR_VL


def test_the_transformers_engine_needs_torch_and_no_paddle(machine: Machine) -> None:
    names = (VLM, f"{LAYOUT}_safetensors", f"{ORIENTATION}_safetensors")
    machine.install("paddleocr", models=names)
    settings = machine.settings(engine="paddleocr-vl", inference_engine="transformers")
    with pytest.raises(ValueError, match="needs torch, torchvision, transformers: pip"):
        choose_engine(settings, 1)
    machine.install("torch", "torchvision", "transformers")
    assert choose_engine(settings, 1).entry is PADDLEOCR_VL


def test_text_layers_are_not_for_paddleocr_vl(complete: Machine) -> None:
    with pytest.raises(ValueError, match="TEXT_SOURCE=text-layer needs ENGINE=onnx"):
        choose_engine(complete.settings(engine="paddleocr-vl", text_source="text-layer"), 1)


def test_the_server_s_places_are_shared_out(machine: Machine) -> None:
    settings = machine.settings(vl_rec_max_concurrency=10, **SERVER)
    assert paddleocr_vl_config(settings, 4).vl_rec_max_concurrency == 2
    assert paddleocr_vl_config(settings, 64).vl_rec_max_concurrency == 1


@pytest.mark.parametrize(("version", "on"), [("v1", False), ("v1.5", True), ("v1.6", True)])
def test_charts_and_seals_are_read_from_the_version_on_that_can(
    machine: Machine, version: Any, on: bool
) -> None:
    defaults = paddleocr_vl_config(machine.settings(pipeline_version=version)).defaults
    assert (defaults.use_chart_recognition, defaults.use_seal_recognition) == (on, on)


def asked(machine: Machine, given: dict[str, Any], engine: str = "paddleocr-vl", **how: Any) -> str:
    """What is said to a request with these options for the model; empty where it is taken."""
    abilities = abilities_of(find_engine(engine), machine.settings(**how))
    try:
        abilities.check(ParseOptions(model=ModelOptions(**given)))
    except OptionInvalid as error:
        return error.detail
    return ""


def test_native_models_take_no_sampling_and_servers_do(complete: Machine) -> None:
    assert "needs a VLM server" in asked(complete, {"temperature": 0.5})
    assert asked(complete, {"temperature": 0.5}, **SERVER) == ""


def test_seals_and_spotting_need_a_newer_version(complete: Machine) -> None:
    complete.install(models=("PaddleOCR-VL", "PP-DocLayoutV2"))
    for given in ({"use_seal_recognition": True}, {"prompt_label": "spotting"}):
        assert "needs PIPELINE_VERSION v1.5 or v1.6" in asked(
            complete, given, pipeline_version="v1"
        )
        assert asked(complete, given) == ""


def test_what_needs_a_model_that_is_not_there_is_refused(machine: Machine) -> None:
    machine.install("paddleocr", "paddle", models=(VLM, LAYOUT, ORIENTATION))
    assert "needs a model that is not installed here" in asked(machine, {"use_doc_unwarping": True})
    assert asked(machine, {"use_doc_orientation_classify": True}) == ""


def test_the_embedded_engine_takes_none_of_them(machine: Machine) -> None:
    assert asked(machine, {"max_pixels": 5_000}, "onnx") == (
        "The option max_pixels needs the PaddleOCR-VL engine; this service runs onnx."
    )


def test_an_engine_of_somebody_s_own_takes_anything(machine: Machine) -> None:
    own = "tests.support.options_engine:OptionsEngine"
    assert asked(machine, {"max_pixels": 5_000, "temperature": 1.0}, own) == ""


def test_a_text_layer_cannot_be_asked_of_paddleocr_vl(machine: Machine) -> None:
    abilities = abilities_of(PADDLEOCR_VL, machine.settings())
    abilities.check(ParseOptions(text_source=TextSourceChoice.OCR))
    with pytest.raises(OptionInvalid, match="needs the embedded engine"):
        abilities.check(ParseOptions(text_source=TextSourceChoice.TEXT_LAYER))


@pytest.mark.parametrize(
    ("engine", "use_gpu", "asked_for"),
    [
        ("auto", True, True),  # a machine without one is told USE_GPU=false
        ("auto", False, False),
        ("paddleocr-vl", True, True),
        ("paddleocr-vl", False, False),
        ("onnx", True, False),  # it uses none, whatever there is
    ],
)
def test_a_gpu_is_asked_for_unless_the_engine_uses_none(
    engine: str, use_gpu: bool, asked_for: bool
) -> None:
    assert may_use_gpu(Settings(engine=engine, use_gpu=use_gpu)) is asked_for
