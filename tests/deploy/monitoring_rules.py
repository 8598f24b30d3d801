"""What is asked of alerts and dashboards, as lists of complaints: empty where all is well."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.deploy import promql
from tests.docs import pages
from tests.support.metrics import Scraped

OF_PROMETHEUS = {"up", "ALERTS"}
"""Metrics that Prometheus makes itself."""

_OF_SCRAPES = {"job", "instance", "le"}
_ANY_VALUE = {"status", "method"}
"""Labels of requests, whose values are not there before such a request."""

_TYPE = re.compile(r"^# TYPE (\S+) (\w+)$", re.MULTILINE)


@dataclass(frozen=True)
class Query:
    """An expression, and where it stands."""

    place: str
    expression: str


def read_yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


def alerts(rules: Path) -> list[dict[str, Any]]:
    return [rule for group in read_yaml(rules)["groups"] for rule in group["rules"]]


def alert_queries(rules: Path) -> list[Query]:
    return [Query(rule["alert"], rule["expr"]) for rule in alerts(rules)]


def panels(dashboard: Path) -> list[dict[str, Any]]:
    found = json.loads(dashboard.read_text("utf-8"))["panels"]
    return [panel for panel in found if panel["type"] != "row"]


def panel_queries(dashboard: Path) -> list[Query]:
    return [
        Query(panel["title"], target["expr"].replace("$__rate_interval", "5m"))
        for panel in panels(dashboard)
        for target in panel["targets"]
    ]


def exported(scraped: Scraped) -> set[str]:
    """Names that a query may use, those of metrics without a series included."""
    names: set[str] = set()
    for name, kind in _TYPE.findall(scraped.text):
        suffixes = ("_bucket", "_sum", "_count") if kind == "histogram" else ("",)
        names |= {f"{name}{suffix}" for suffix in suffixes}
    return names


def what_is_not_exported(queries: Iterable[Query], scraped: Scraped) -> list[str]:
    """Metrics, labels and values of labels that the service does not have."""
    return sorted({complaint for query in queries for complaint in _unknown(query, scraped)})


def _unknown(query: Query, scraped: Scraped) -> Iterator[str]:
    known = exported(scraped) | OF_PROMETHEUS
    named = promql.metrics(query.expression)
    if not named:
        yield f"{query.place}: names no metric"
    for name in named - known:
        yield f"{query.place}: no metric {name}"
    series = [(name, dict(labels)) for name, labels in scraped.samples]
    for matcher in promql.matchers(query.expression):
        if matcher.metric in OF_PROMETHEUS or matcher.label in _OF_SCRAPES:
            continue
        labels = [labels for name, labels in series if name == matcher.metric]
        if labels and not any(matcher.label in each for each in labels):
            yield f"{query.place}: {matcher.metric} has no label {matcher.label}"
        elif labels and matcher.label not in _ANY_VALUE:
            there = {each.get(matcher.label) for each in labels}
            for value in matcher.values - there:
                yield f"{query.place}: {matcher.metric} has no {matcher.label} {value}"
    everywhere = {label for _, labels in series for label in labels}
    for label in promql.grouping_labels(query.expression) - everywhere - _OF_SCRAPES:
        yield f"{query.place}: no metric has a label {label}"


def what_an_alert_lacks(rules: Path, page: str) -> list[str]:
    """Severity, words, and a paragraph that its runbook leads to."""
    complaints, seen = [], set()
    for alert in alerts(rules):
        name, notes = alert["alert"], alert.get("annotations", {})
        if name in seen:
            complaints.append(f"{name}: twice")
        seen.add(name)
        if alert.get("labels", {}).get("severity") not in {"critical", "warning"}:
            complaints.append(f"{name}: severity is critical or warning")
        complaints += [
            f"{name}: no {note}" for note in ("summary", "description") if not notes.get(note)
        ]
        path, _, anchor = notes.get("runbook", "").partition("#")
        if path != page or anchor not in pages.anchors(page):
            complaints.append(f"{name}: its runbook leads nowhere")
        elif anchor != name.lower():
            complaints.append(f"{name}: its runbook is another one's")
    return complaints


def alerts_without_a_test(rules: Path, tests: Path) -> set[str]:
    return {alert["alert"] for alert in alerts(rules)} - alerts_tested(tests)


def alerts_tested(tests: Path) -> set[str]:
    samples = (
        sample
        for group in read_yaml(tests)["tests"]
        for check in group["promql_expr_test"]
        for sample in check["exp_samples"]
        if sample["value"] > 0
    )
    return {name for each in samples for name in re.findall(r'alertname="(\w+)"', each["labels"])}


def healthy_moments(tests: Path) -> int:
    """Moments at which no alert may fire though there is something to look at."""
    return sum(
        check["exp_samples"] == []
        for group in read_yaml(tests)["tests"]
        for check in group["promql_expr_test"]
        if len(group["input_series"]) > 20
    )
