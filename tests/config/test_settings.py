from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from paddleocr_vl_service.config.header_list import parse_headers
from paddleocr_vl_service.config.settings import Settings

CONTRACT = {
    "app_name": "PaddleOCR-VL Service",
    "app_version": "1.0.0",
    "app_port": 8000,
    "app_host": "0.0.0.0",
    "debug": False,
    "use_gpu": True,
    "device": "gpu",
    "max_upload_size": 52428800,
    "max_concurrent_requests": 3,
    "log_level": "INFO",
    "log_format": "json",
    "max_queued_requests": 32,
    "max_pages": 2000,
    "request_timeout_seconds": 600,
    "page_timeout_seconds": 120,
    "cors_origins": (),
    "preload_model": False,
    "engine": "auto",
    "text_source": "auto",
    "layout_detection": True,
    "tesseract_languages": "",
    "tesseract_path": "tesseract",
}


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", CONTRACT)
def test_defaults_are_those_of_the_contract(name: str) -> None:
    assert getattr(Settings(), name) == CONTRACT[name]


@pytest.mark.parametrize("name", ["engine_processes", "max_pixels", "tmp_dir", "data_dir"])
def test_the_contract_s_other_names_exist(name: str) -> None:
    assert name in Settings.model_fields


def test_every_setting_has_a_sentence_and_a_default() -> None:
    for name, field in Settings.model_fields.items():
        assert (field.description or "").endswith("."), name
        assert not field.is_required(), name


def test_environment_wins_over_a_file_and_the_file_over_dotenv(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("APP_NAME=dotenv\nMAX_PAGES=7\nUNKNOWN=1\n")
    assert (Settings().app_name, Settings().max_pages) == ("dotenv", 7)
    (tmp_path / "name").write_text("from a file\n")
    monkeypatch.setenv("APP_NAME_FILE", str(tmp_path / "name"))
    assert Settings().app_name == "from a file"
    monkeypatch.setenv("APP_NAME", "environment")
    assert Settings().app_name == "environment"


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAX_PAGES", "")
    assert Settings().max_pages == 2000


def test_secrets_come_from_files_and_are_masked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class WithSecret(Settings):
        token: SecretStr = SecretStr("")

    (tmp_path / "token").write_text("hunter2\n")
    monkeypatch.setenv("TOKEN_FILE", str(tmp_path / "token"))
    settings = WithSecret()
    assert settings.token.get_secret_value() == "hunter2"
    assert "hunter2" not in str(settings.masked())
    assert settings.masked()["token"] == "**********"


def test_origins_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORS_ORIGINS", "https://a.example, https://b.example,")
    assert Settings().cors_origins == ("https://a.example", "https://b.example")


@pytest.mark.parametrize(
    ("use_gpu", "device", "wants"),
    [
        ("true", "gpu", True),
        ("true", "gpu:0,1", True),
        ("true", "cpu", False),
        ("false", "gpu", False),
    ],
)
def test_use_gpu_false_wins(
    monkeypatch: pytest.MonkeyPatch, use_gpu: str, device: str, wants: bool
) -> None:
    monkeypatch.setenv("USE_GPU", use_gpu)
    monkeypatch.setenv("DEVICE", device)
    assert Settings().wants_gpu is wants


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEVICE", "tpu"),
        ("DEVICE", "gpu:"),
        ("MAX_UPLOAD_SIZE", "0"),
        ("MAX_CONCURRENT_REQUESTS", "0"),
        ("LOG_FORMAT", "xml"),
        ("LOG_LEVEL", "LOUD"),
        ("APP_PORT", "65536"),
        ("REQUEST_TIMEOUT_SECONDS", "0"),
        ("TEXT_SOURCE", "both"),
        ("LAYOUT_DETECTION", "perhaps"),
        ("TESSERACT_LANGUAGES", "rus,kor"),
        ("TESSERACT_LANGUAGES", "rus+"),
        ("TESSERACT_LANGUAGES", "-c"),
    ],
)
def test_nonsense_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=name.lower()):
        Settings()


@pytest.mark.parametrize("languages", ["rus", "rus+kor", "chi_sim+Cyrillic"])
def test_language_packs_are_joined_with_a_plus(
    monkeypatch: pytest.MonkeyPatch, languages: str
) -> None:
    monkeypatch.setenv("TESSERACT_LANGUAGES", languages)
    assert Settings().tesseract_languages == languages


def test_levels_may_be_written_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_LEVEL", "debug")
    assert Settings().log_level == "DEBUG"


SERVER = {"VL_REC_BACKEND": "vllm-server", "VL_REC_SERVER_URL": "http://gpu-host:8118/v1"}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"VL_REC_BACKEND": "vllm-server"}, "VL_REC_BACKEND=vllm-server needs VL_REC_SERVER_URL"),
        ({**SERVER, "VL_REC_BACKEND": "native"}, "VL_REC_SERVER_URL is set and VL_REC_BACKEND is"),
        ({"VL_REC_MODEL_NAME": "mine"}, "VL_REC_MODEL_NAME is set and VL_REC_BACKEND is native"),
        ({"VL_REC_API_KEY": "hunter2"}, "VL_REC_API_KEY is set and VL_REC_BACKEND is native"),
        ({**SERVER, "VL_REC_SERVER_URL": "gpu-host:8118"}, "must be a URL such as http://gpu-host"),
        ({**SERVER, "VL_REC_SERVER_URL": "ftp://gpu-host/v1"}, "must be a URL such as"),
        ({**SERVER, "VL_REC_SERVER_URL": "http://a:b@gpu-host/v1"}, "must be a URL such as"),
        (
            {"PIPELINE_VERSION": "v1", "USE_SEAL_RECOGNITION": "true"},
            "USE_SEAL_RECOGNITION=true needs PIPELINE_VERSION v1.5 or v1.6",
        ),
        (
            {"VL_REC_MIN_PIXELS": "200000", "VL_REC_MAX_PIXELS": "100000"},
            "VL_REC_MIN_PIXELS must not be larger than VL_REC_MAX_PIXELS",
        ),
        ({"PIPELINE_VERSION": "v2"}, "pipeline_version"),
        ({"VL_REC_BACKEND": "ollama"}, "vl_rec_backend"),
        ({"MAX_NEW_TOKENS": "0"}, "max_new_tokens"),
    ],
)
def test_combinations_that_cannot_work_say_what_to_change(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], words: str
) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError) as caught:
        Settings()
    assert words in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_server_and_its_key_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("hunter2\n")
    for name, value in {**SERVER, "VL_REC_API_KEY_FILE": str(tmp_path / "key")}.items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert settings.vl_rec_api_key.get_secret_value() == "hunter2"
    assert "hunter2" not in repr(settings)
    assert "hunter2" not in str(settings.masked())


def test_a_collector_and_its_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector:4318/v1/traces")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20a=b, x-team=ocr")
    settings = Settings()
    assert settings.otel_exporter_otlp_endpoint == "https://collector:4318"
    given = settings.otel_exporter_otlp_headers.get_secret_value()
    assert parse_headers(given) == {"authorization": "Bearer a=b", "x-team": "ocr"}
    assert "Bearer" not in str(settings.masked())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://user:hunter2@collector:4318"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "hunter2"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a b=hunter2"),
        ("OTEL_TRACES_SAMPLER_ARG", "1.5"),
        ("WORKER_PORT", "70000"),
    ],
)
def test_what_cannot_watch_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=name.lower()) as caught:
        Settings()
    assert "hunter2" not in str(caught.value)
