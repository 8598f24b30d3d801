"""How PaddleOCR-VL is to be run."""

from __future__ import annotations

from dataclasses import dataclass, field

from paddleocr_vl_service.models.model_options import ModelOptions

PIPELINE_VERSIONS = ("v1", "v1.5", "v1.6")
NATIVE = "native"
SERVER_BACKENDS = (
    "vllm-server",
    "sglang-server",
    "fastdeploy-server",
    "mlx-vlm-server",
    "llama-cpp-server",
)


@dataclass(frozen=True)
class PaddleOCRVLConfig:
    """How PaddleOCR-VL is to be run.

    Attributes:
        pipeline_version: ``v1``, ``v1.5`` or ``v1.6``.
        inference_engine: What computes the models here: ``paddle`` or ``transformers``.
        vl_rec_backend: Where the vision-language model runs: ``native`` (here) or one of
            `SERVER_BACKENDS`.
        vl_rec_server_url: Of that server, ``http://host:port/v1``.
        vl_rec_api_key: For it; empty is without. Kept out of ``repr``.
        vl_rec_model_name: As the server calls the model; empty is upstream's name for the version.
        vl_rec_max_concurrency: Regions that this process may have in the server's hands at a time.
        models_dir: Folder with a folder for each model, named as upstream names them; empty is
            upstream's own cache.
        layout_detection_model_dir: The layout model's own folder; empty is in `models_dir`.
        vl_rec_model_dir: The vision-language model's; likewise.
        doc_orientation_classify_model_dir: The page orientation model's; likewise.
        doc_unwarping_model_dir: The unwarping model's; likewise.
        defaults: What holds unless a request says otherwise.
    """

    pipeline_version: str = "v1.6"
    inference_engine: str = "paddle"
    vl_rec_backend: str = NATIVE
    vl_rec_server_url: str = ""
    vl_rec_api_key: str = field(default="", repr=False)
    vl_rec_model_name: str = ""
    vl_rec_max_concurrency: int = 16
    models_dir: str = ""
    layout_detection_model_dir: str = ""
    vl_rec_model_dir: str = ""
    doc_orientation_classify_model_dir: str = ""
    doc_unwarping_model_dir: str = ""
    defaults: ModelOptions = field(default_factory=ModelOptions)

    @property
    def uses_server(self) -> bool:
        """Whether the vision-language model runs on a server."""
        return self.vl_rec_backend != NATIVE
