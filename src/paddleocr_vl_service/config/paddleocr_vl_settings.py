"""The settings of PaddleOCR-VL, which other engines ignore."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings

HTTP_URL = re.compile(r"https?://[^\s/?#@]+(/[^\s?#]*)?")


class PaddleOCRVLSettings(BaseSettings):
    """Which of its models are there, where they run and what they do unless a request says so."""

    pipeline_version: Literal["v1", "v1.5", "v1.6"] = Field(
        "v1.6", description="Version of PaddleOCR-VL."
    )
    inference_engine: Literal["paddle", "transformers"] = Field(
        "paddle", description="What computes PaddleOCR-VL's models on this machine."
    )
    vl_rec_backend: Literal[
        "native",
        "vllm-server",
        "sglang-server",
        "fastdeploy-server",
        "mlx-vlm-server",
        "llama-cpp-server",
    ] = Field(
        "native",
        description="Where PaddleOCR-VL's vision-language model runs: `native` (in the engine's "
        "process) or a server of the kind `vllm-server`, `sglang-server`, `fastdeploy-server`, "
        "`mlx-vlm-server` or `llama-cpp-server`.",
    )
    vl_rec_server_url: str = Field(
        "", description="Address of the VLM server, such as `http://gpu-host:8118/v1`."
    )
    vl_rec_api_key: SecretStr = Field(
        SecretStr(""), description="Key for the VLM server, where it asks for one."
    )
    vl_rec_model_name: str = Field(
        "", description="The model's name on the VLM server; empty is upstream's own."
    )
    vl_rec_max_concurrency: int = Field(
        16,
        ge=1,
        le=1024,
        description="Regions that may be with the VLM server at a time, shared out among the "
        "engine processes.",
    )
    models_dir: str = Field(
        "",
        description="Folder with a folder for each of PaddleOCR-VL's models; empty is where "
        "upstream keeps them, `~/.paddlex/official_models`.",
    )
    vl_rec_model_dir: str = Field(
        "", description="Folder of the vision-language model, where it is not in `MODELS_DIR`."
    )
    layout_detection_model_dir: str = Field(
        "", description="Folder of the layout model, where it is not in `MODELS_DIR`."
    )
    doc_orientation_classify_model_dir: str = Field(
        "", description="Folder of the page orientation model, where it is not in `MODELS_DIR`."
    )
    doc_unwarping_model_dir: str = Field(
        "", description="Folder of the unwarping model, where it is not in `MODELS_DIR`."
    )
    use_doc_orientation_classify: bool = Field(
        True, description="Whether PaddleOCR-VL turns pages upright."
    )
    use_doc_unwarping: bool = Field(
        False, description="Whether PaddleOCR-VL flattens photographed pages."
    )
    use_chart_recognition: bool | None = Field(
        None, description="Whether PaddleOCR-VL reads charts; on for v1.5 and later."
    )
    use_seal_recognition: bool | None = Field(
        None, description="Whether PaddleOCR-VL reads seals; on for v1.5 and later, which can."
    )
    use_ocr_for_image_block: bool = Field(
        False, description="Whether PaddleOCR-VL reads the text inside pictures."
    )
    merge_layout_blocks: bool = Field(
        False,
        description="Whether PaddleOCR-VL joins the blocks of a text before reading it; one "
        "element then stands for several boxes.",
    )
    layout_threshold: float | None = Field(
        None, ge=0, le=1, description="Least layout confidence of a region; empty is upstream's."
    )
    vl_rec_min_pixels: int | None = Field(
        None, ge=784, description="Pixels to which PaddleOCR-VL enlarges a smaller region."
    )
    vl_rec_max_pixels: int | None = Field(
        None, ge=784, description="Pixels to which PaddleOCR-VL reduces a larger region."
    )
    max_new_tokens: int = Field(
        4096, ge=1, le=16_384, description="Most tokens of PaddleOCR-VL's answer for one region."
    )

    @model_validator(mode="after")
    def _server_and_backend(self) -> PaddleOCRVLSettings:
        if self.vl_rec_backend == "native":
            for name in ("vl_rec_server_url", "vl_rec_model_name", "vl_rec_api_key"):
                if getattr(self, name):
                    raise ValueError(
                        f"{name.upper()} is set and VL_REC_BACKEND is native: set VL_REC_BACKEND "
                        "to the kind of server, such as vllm-server"
                    )
        elif not self.vl_rec_server_url:
            raise ValueError(
                f"VL_REC_BACKEND={self.vl_rec_backend} needs VL_REC_SERVER_URL, such as "
                "http://gpu-host:8118/v1"
            )
        elif not HTTP_URL.fullmatch(self.vl_rec_server_url):
            raise ValueError("VL_REC_SERVER_URL must be a URL such as http://gpu-host:8118/v1")
        return self

    @model_validator(mode="after")
    def _what_models_can_do(self) -> PaddleOCRVLSettings:
        if self.pipeline_version == "v1" and self.use_seal_recognition:
            raise ValueError(
                "USE_SEAL_RECOGNITION=true needs PIPELINE_VERSION v1.5 or v1.6, and it is v1"
            )
        least, most = self.vl_rec_min_pixels, self.vl_rec_max_pixels
        if least is not None and most is not None and least > most:
            raise ValueError("VL_REC_MIN_PIXELS must not be larger than VL_REC_MAX_PIXELS")
        return self
