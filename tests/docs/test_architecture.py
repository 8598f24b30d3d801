"""docs/architecture.md describes the house as it stands."""

import re
import sys
from pathlib import Path

import pytest
from PIL import Image

from paddleocr_vl_service.config.settings import Settings
from paddleocr_vl_service.engines.base import EngineConfig
from paddleocr_vl_service.engines.registry import find_engine, load_engine
from paddleocr_vl_service.models.document import PageImage, ParseOptions
from tests.docs import pages

PAGE = "docs/architecture.md"
OTHER_VARIABLES = {
    *("NAME_FILE", "PDF_PASSWORD", "REQUIRE_ALL", "OMP_THREAD_LIMIT"),
    *("HF_ENDPOINT", "HF_TOKEN", "PADDLE_PDX_MODEL_SOURCE"),
    *("AWS_DEFAULT_REGION", "AWS_REGION", "FETCH_HEAD", "VERSION_CODENAME"),
    *("OTEL_EXPORTER_OTLP_CERTIFICATE", "GRAFANA_ADMIN_PASSWORD", "ALERT_WEBHOOK_URL_FILE"),
    *("COMPOSE_FILE", "COMPOSE_PROFILES"),
    *("PROMETHEUS_VERSION", "GRAFANA_VERSION", "ALERTMANAGER_VERSION"),
    *("PROMETHEUS_RETENTION", "PROMETHEUS_RETENTION_SIZE", "STEPS_VERSION", "MODEL_SOURCE"),
    *("HTTPS_PROXY", "PIP_INDEX_URL", "PIP_NO_INDEX", "PIP_FIND_LINKS"),
}
SOURCE = pages.ROOT / "src/paddleocr_vl_service"


def rooms() -> set[str]:
    """Packages and modules at the top of the source, and packages below them."""
    packages = (path.parent for path in SOURCE.glob("*/**/__init__.py"))
    modules = (path for path in SOURCE.glob("*.py") if path.name != "__init__.py")
    named = {f"{path.relative_to(SOURCE).as_posix()}/" for path in packages}
    return named | {path.name for path in modules}


def test_every_room_is_described_and_exists() -> None:
    described = {
        room for row in pages.table(PAGE, "Room") for room in re.findall(r"`([^`]+)`", row[0])
    }
    assert described == rooms()


def test_its_engine_plugs_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (example,) = (
        block.text for block in pages.blocks(PAGE, "python") if "def warmup(" in block.text
    )
    assert len(example.splitlines()) <= 40
    (tmp_path / "my_engine.py").write_text(example, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "my_engine", raising=False)
    (name,) = set(re.findall(r"ENGINE=(my_engine:\w+)", pages.read(PAGE)))
    picture = tmp_path / "page.bmp"
    Image.new("RGB", (64, 48), "white").save(picture)
    engine = load_engine(find_engine(name).factory, EngineConfig())
    capabilities = engine.warmup()
    page = PageImage(3, str(picture), 64, 48)
    (result,) = engine.parse([page], ParseOptions())
    engine.close()
    assert capabilities.device == "cpu"
    assert (result.number, result.width, result.height) == (3, 64, 48)
    assert result.elements[0].text


def deployment_variables() -> set[str]:
    """Build arguments, and what the compose files ask the environment for."""
    dockerfile = (pages.ROOT / "Dockerfile").read_text("utf-8")
    found = set(re.findall(r"^ARG (\w+)", dockerfile, re.MULTILINE))
    for file in pages.ROOT.glob("docker-compose*.yml"):
        text = file.read_text("utf-8")
        found |= set(re.findall(r"\$\{(\w+)", text))
        found |= set(re.findall(r"^ +- ([A-Z_]+)$", text, re.MULTILINE))
    return found


@pytest.mark.parametrize("page", pages.pages())
def test_variables_that_are_named_are_settings(page: str) -> None:
    settings = {name.upper() for name in Settings.model_fields}
    named = set(re.findall(r"\b([A-Z]+_[A-Z_]*[A-Z])(?==|$)", pages.code(page), re.MULTILINE))
    unknown = {name for name in named if name.removesuffix("_FILE") not in settings}
    assert unknown <= OTHER_VARIABLES | deployment_variables()
