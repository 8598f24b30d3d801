"""A server's metrics as numbers."""

from __future__ import annotations

from collections.abc import Mapping

import httpx
from prometheus_client.parser import text_string_to_metric_families

Labels = frozenset[tuple[str, str]]


class Scraped:
    """What one scrape brought."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.samples: dict[tuple[str, Labels], float] = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    @property
    def names(self) -> set[str]:
        return {name for name, _ in self.samples}

    def value(self, name: str, **labels: str) -> float | None:
        """Of the one series that has exactly these labels; None where there is none."""
        return self.samples.get((f"paddleocr_vl_{name}", frozenset(labels.items())))

    def values(self, name: str, label: str) -> Mapping[str, float]:
        """By the values of the one label that a metric has."""
        return {
            dict(labels)[label]: value
            for (known, labels), value in self.samples.items()
            if known == f"paddleocr_vl_{name}"
        }

    def labels_of(self, name: str, label: str) -> set[str]:
        return {
            dict(labels)[label] for known, labels in self.samples if known == f"paddleocr_vl_{name}"
        }


def scrape(client: httpx.Client) -> Scraped:
    response = client.get("/metrics")
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("text/plain")
    return Scraped(response.text)
