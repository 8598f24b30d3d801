"""Prometheus's configuration, alerts and dashboard fit the service, and each check can fail."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.deploy import monitoring_rules as rules
from tests.deploy import promql
from tests.docs import pages
from tests.support import documents
from tests.support.metrics import Scraped, scrape
from tests.support.prometheus import PROGRAM, prometheus, query
from tests.support.server import running_server

FOLDER = pages.ROOT / "deploy/monitoring"
ALERTS, RULE_TESTS = FOLDER / "alerts.yml", FOLDER / "alerts_test.yml"
DASHBOARD = FOLDER / "grafana/dashboards/paddleocr-vl.json"
COMPOSE = pages.ROOT / "docker-compose.monitoring.yml"
PAGE = "docs/operations.md"
PROMTOOL = shutil.which("promtool")
BINARY = Path(sys.executable).with_name("docker-compose")

needs_promtool = pytest.mark.skipif(
    PROMTOOL is None or PROGRAM is None, reason="not installed: apt-get install prometheus"
)
needs_compose = pytest.mark.skipif(
    not BINARY.exists(), reason="docker-compose comes with Python 3.11 and later"
)


def promtool(*arguments: str | Path, given: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [str(PROMTOOL), *map(str, arguments)]
    return subprocess.run(command, input=given, capture_output=True, encoding="utf-8")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """All of the folder, to be spoilt."""
    return Path(shutil.copytree(FOLDER, tmp_path / "monitoring"))


def spoil(file: Path, right: str, wrong: str) -> None:
    text = file.read_text("utf-8")
    assert right in text, right
    file.write_text(text.replace(right, wrong), "utf-8")


@pytest.fixture(scope="module")
def scraped(tmp_path_factory: pytest.TempPathFactory) -> Scraped:
    """What the real server exports after a document."""
    with running_server(tmp_path_factory.mktemp("server")) as server:
        server.wait_for_jobs()
        assert server.extract("a.png", documents.image()).status_code == 200
        with server.client() as client:
            return scrape(client)


@needs_promtool
class TestPromtool:
    def test_the_configuration_is_valid(self) -> None:
        done = promtool("check", "config", FOLDER / "prometheus.yml")
        assert done.returncode == 0, done.stderr

    def test_a_bad_configuration_is_found(self, copy: Path) -> None:
        spoil(copy / "prometheus.yml", "scrape_interval: 15s", "scrape_interval: often")
        assert promtool("check", "config", copy / "prometheus.yml").returncode != 0

    def test_the_rules_are_valid(self) -> None:
        done = promtool("check", "rules", ALERTS)
        assert done.returncode == 0, done.stderr

    def test_a_bad_rule_is_found(self, copy: Path) -> None:
        spoil(copy / "alerts.yml", "== 0 or absent(", "== 0 or absent((")
        assert promtool("check", "rules", copy / "alerts.yml").returncode != 0

    def test_each_alert_fires_when_it_should_and_only_then(self) -> None:
        done = promtool("test", "rules", RULE_TESTS)
        assert done.returncode == 0, done.stdout + done.stderr

    @pytest.mark.parametrize(
        ("right", "wrong"),
        [
            ("oldest_queued_job_seconds) > 3600", "oldest_queued_job_seconds) > 36000"),  # never
            ("engine_restarts_total[15m]) > 3", "engine_restarts_total[15m]) >= 0"),  # always
            ('unhealthy{cause="engine"} == 1', 'unhealthy{cause="engin"} == 1'),
        ],
    )
    def test_an_alert_that_never_or_always_fires_is_found(
        self, copy: Path, right: str, wrong: str
    ) -> None:
        spoil(copy / "alerts.yml", right, wrong)
        assert promtool("test", "rules", copy / "alerts_test.yml").returncode != 0

    def test_the_panels_ask_what_prometheus_understands(self, tmp_path: Path) -> None:
        queries = rules.panel_queries(DASHBOARD)
        assert self._check(tmp_path, queries).returncode == 0
        bad = [*queries, rules.Query("bad", "sum(rate(up[5m])")]
        assert self._check(tmp_path, bad).returncode != 0

    @staticmethod
    def _check(folder: Path, queries: list[rules.Query]) -> subprocess.CompletedProcess[str]:
        recorded = [{"record": f"panel:{n}", "expr": q.expression} for n, q in enumerate(queries)]
        file = folder / "panels.yml"
        file.write_text(json.dumps({"groups": [{"name": "panels", "rules": recorded}]}), "utf-8")
        return promtool("check", "rules", file)

    def test_the_service_s_metrics_have_no_fault_that_promtool_knows(
        self, scraped: Scraped
    ) -> None:
        done = promtool("check", "metrics", given=scraped.text)
        assert done.returncode == 0, done.stdout + done.stderr
        bad = "# TYPE x_total gauge\nx_total 1\n"
        assert promtool("check", "metrics", given=bad).returncode != 0


@needs_promtool
def test_a_real_prometheus_asks_the_service_and_answers_every_panel(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        server.wait_for_jobs()
        assert server.extract("a.png", documents.image()).status_code == 200
        with prometheus(tmp_path, server.url.removeprefix("http://")) as client:
            for each in (*rules.panel_queries(DASHBOARD), *rules.alert_queries(ALERTS)):
                query(client, each.expression)
            (pages_read,) = query(client, 'paddleocr_vl_pages_total{outcome="read"}')
            assert pages_read["value"][1] == "1"
            (running,) = query(client, panel("What is running")[0])
            assert {"engine", "version", "python"} <= running["metric"].keys()
            assert query(client, 'ALERTS{alertstate="firing"}') == []


def panel(title: str) -> list[str]:
    return [each.expression for each in rules.panel_queries(DASHBOARD) if each.place == title]


def test_every_metric_label_and_value_that_is_asked_for_is_exported(scraped: Scraped) -> None:
    queries = [*rules.alert_queries(ALERTS), *rules.panel_queries(DASHBOARD)]
    assert rules.what_is_not_exported(queries, scraped) == []


@pytest.mark.parametrize(
    ("expression", "complaint"),
    [
        ("rate(paddleocr_vl_pagse_total[5m]) > 0", "no metric paddleocr_vl_pagse_total"),
        ("sum by (state) (paddelocr_vl_documents)", "no metric paddelocr_vl_documents"),
        (
            "paddleocr_vl_stage_duration_seconds > 1",
            "no metric paddleocr_vl_stage_duration_seconds",
        ),
        ('paddleocr_vl_pages_total{result="x"}', "paddleocr_vl_pages_total has no label result"),
        (
            'paddleocr_vl_unhealthy{cause="discs"} == 1',
            "paddleocr_vl_unhealthy has no cause discs",
        ),
        (
            'increase(paddleocr_vl_problems_total{code=~"storage-full|disk-full"}[5m])',
            "paddleocr_vl_problems_total has no code disk-full",
        ),
        (
            'rate(paddleocr_vl_http_requests_total{route="/api/v1/extract"}[5m])',
            "paddleocr_vl_http_requests_total has no route /api/v1/extract",
        ),
        ("sum by (stat) (paddleocr_vl_documents)", "no metric has a label stat"),
        ("1 > 0", "names no metric"),
    ],
)
def test_what_is_misspelt_is_found(scraped: Scraped, expression: str, complaint: str) -> None:
    query = rules.Query("alert", expression)
    assert rules.what_is_not_exported([query], scraped) == [f"alert: {complaint}"]


def test_metrics_are_found_in_an_expression() -> None:
    expression = (
        'histogram_quantile(0.95, sum by (le, job) (rate(a_bucket{b="c d",e=~"f|g"}[5m]))) > 1e9\n'
        "and on (instance) group_left (version) max(h offset 5m) unless i:j > bool 0.5"
    )
    assert promql.metrics(expression) == {"a_bucket", "h", "i:j"}
    assert promql.grouping_labels(expression) == {"le", "job", "instance", "version"}
    first, second = promql.matchers(expression)
    assert (first.metric, first.label, first.values) == ("a_bucket", "b", {"c d"})
    assert second.values == {"f", "g"}


def test_every_alert_has_severity_words_and_a_paragraph() -> None:
    assert rules.what_an_alert_lacks(ALERTS, PAGE) == []


@pytest.mark.parametrize(
    ("right", "wrong", "complaint"),
    [
        (
            "operations.md#ocrgpulost",
            "operations.md#ocrgpu",
            "OcrGpuLost: its runbook leads nowhere",
        ),
        (
            "operations.md#ocrgpulost",
            "operations.md#ocrgpumemory",
            "OcrGpuLost: its runbook is another one's",
        ),
        ("summary: 'Most jobs fail'", "summary: ''", "OcrJobsFailing: no summary"),
        ("alert: OcrPagesSlow", "alert: OcrPagesFailing", "OcrPagesFailing: twice"),
        ("severity: critical", "severity: high", "OcrGpuLost: severity is critical or warning"),
    ],
)
def test_an_alert_that_lacks_something_is_found(
    copy: Path, right: str, wrong: str, complaint: str
) -> None:
    spoil(copy / "alerts.yml", right, wrong)
    assert complaint in rules.what_an_alert_lacks(copy / "alerts.yml", PAGE)


def test_every_alert_has_a_test_in_which_it_fires_and_one_service_is_healthy() -> None:
    assert rules.alerts_without_a_test(ALERTS, RULE_TESTS) == set()
    assert rules.healthy_moments(RULE_TESTS) >= 3


def test_an_alert_without_a_test_is_found(copy: Path) -> None:
    spoil(copy / "alerts_test.yml", 'alertname="OcrGpuLost"', 'alertname="Other"')
    assert rules.alerts_without_a_test(ALERTS, copy / "alerts_test.yml") == {"OcrGpuLost"}


def test_every_alert_is_in_the_page_with_a_panel_that_exists() -> None:
    titles = {panel["title"] for panel in rules.panels(DASHBOARD)}
    text = pages.read(PAGE)
    for alert in rules.alerts(ALERTS):
        name = alert["alert"]
        (section,) = re.findall(rf"^### {name}\n(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
        named = set(re.findall(r"\*([^*\n]+)\*(?!\*)", section)) & titles
        assert named, f"{name}: its paragraph names no panel"
        assert "Do" in section, name


def test_every_metric_is_explained(scraped: Scraped) -> None:
    text = pages.read(PAGE)
    families = {name for name, _ in rules._TYPE.findall(scraped.text)}
    for name in families:
        if name.startswith("paddleocr_vl_"):
            assert f"`{name}`" in text, name
    explained = set(re.findall(r"`(paddleocr_vl_\w+)`", text))
    assert explained <= families


def test_the_dashboard_has_no_panel_twice_or_on_top_of_another() -> None:
    found = rules.panels(DASHBOARD)
    assert len({panel["title"] for panel in found}) == len(found)
    places: set[tuple[int, int]] = set()
    for panel in found:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & places, panel["title"]
        assert place["x"] + place["w"] <= 24
        places |= cells


def test_what_is_provisioned_belongs_together() -> None:
    (source,) = rules.read_yaml(FOLDER / "grafana/provisioning/datasources/prometheus.yml")[
        "datasources"
    ]
    used = {panel["datasource"]["uid"] for panel in rules.panels(DASHBOARD)}
    assert used == {source["uid"]}
    (provider,) = rules.read_yaml(FOLDER / "grafana/provisioning/dashboards/dashboards.yml")[
        "providers"
    ]
    mounts = rules.read_yaml(COMPOSE)["services"]["grafana"]["volumes"]
    assert any(mount.split(":")[1] == provider["options"]["path"] for mount in mounts)


def compose(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    files = ("--env-file", os.devnull, "-f", pages.ROOT / "docker-compose.yml", "-f", COMPOSE)
    known = {key: value for key, value in os.environ.items() if key in {"PATH", "HOME"}}
    return subprocess.run(
        [BINARY, *files, "--profile", "alerting", "config", "--format", "json"],
        env={**known, **variables},
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
    )


def what_is_not_hardened(service: dict[str, Any]) -> list[str]:
    wanted: dict[str, bool] = {
        "read_only": service.get("read_only") is True,
        "cap_drop": service.get("cap_drop") == ["ALL"],
        "security_opt": "no-new-privileges:true" in service.get("security_opt", []),
        "restart": service.get("restart") == "unless-stopped",
        "logging": "max-size" in service.get("logging", {}).get("options", {}),
        "healthcheck": "test" in service.get("healthcheck", {}),
        "image": bool(re.search(r":v?\d+\.\d+\.\d+$", service.get("image", ""))),
        "ports": all(port.get("host_ip") == "127.0.0.1" for port in service.get("ports", [])),
    }
    return [name for name, holds in wanted.items() if not holds]


@needs_compose
def test_what_watches_is_hardened_and_stays_on_this_machine(tmp_path: Path) -> None:
    done = compose(tmp_path, GRAFANA_ADMIN_PASSWORD="long and random")
    assert done.returncode == 0, done.stderr
    services = json.loads(done.stdout)["services"]
    watchers = {"prometheus", "grafana", "alertmanager"}
    assert set(services) == {"paddleocr-vl-service", *watchers}
    for name in watchers:
        service = services[name]
        assert what_is_not_hardened(service) == [], name
        for mount in service["volumes"]:
            if mount["type"] == "bind":
                assert Path(mount["source"]).exists(), mount["source"]


@needs_compose
def test_there_is_no_password_that_everybody_knows(tmp_path: Path) -> None:
    for variables in ({}, {"GRAFANA_ADMIN_PASSWORD": ""}):
        done = compose(tmp_path, **variables)
        assert done.returncode != 0
        assert "GRAFANA_ADMIN_PASSWORD" in done.stderr


def test_what_is_not_hardened_is_found() -> None:
    bad = {"image": "grafana/grafana:latest", "ports": [{"target": 3000}]}
    assert what_is_not_hardened(bad) == [
        *("read_only", "cap_drop", "security_opt", "restart"),
        *("logging", "healthcheck", "image", "ports"),
    ]
