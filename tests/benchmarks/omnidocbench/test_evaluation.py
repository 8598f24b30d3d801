"""The whole program on a corpus of one page, without models."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from benchmarks import accuracy
from benchmarks.omnidocbench import calibration
from benchmarks.omnidocbench.truth import load_pages
from benchmarks.page_readers import PageReading, ReadPage
from paddleocr_vl_service.models.document import Element, ElementType
from tests.benchmarks.omnidocbench.truths import FIRST, MARKDOWN, block, everything, write_corpus
from tests.support.server import ECHO_ENGINE

ELEMENT = Element(ElementType.TEXT, "a < b", (1, 2, 3, 4), 1, 0)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    write_corpus(tmp_path / "corpus", everything())
    return tmp_path / "corpus"


def reading(monkeypatch: pytest.MonkeyPatch, markdown: str) -> None:
    @contextmanager
    def reader(engine: str, folder: Path, languages: Any) -> Iterator[ReadPage]:
        yield lambda path: PageReading(markdown, markdown, 0.5, (ELEMENT,))

    monkeypatch.setattr(accuracy, "page_reader", reader)


def run(corpus: Path, engine: str = "onnx") -> tuple[int, dict[str, Any]]:
    target = corpus.parent / "scores.json"
    status = accuracy.main([str(corpus), "--engine", engine, "--json", str(target)])
    return status, json.loads(target.read_text("utf-8"))


def test_scores_and_report(
    corpus: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reading(monkeypatch, MARKDOWN.replace("quick", "<b>k").replace("12", "13"))
    status, scores = run(corpus)
    assert status == 0
    assert scores["figures"]["teds"] == pytest.approx(1 - 0.5 / 9)
    assert scores["figures"]["order"] == 0
    (page,) = scores["pages"]
    assert page["name"] == "page.png"
    assert [each["edits"] for each in page["differences"] if each["edits"]] == [4]
    out = capsys.readouterr().out
    assert "ALL PAGES" in out
    assert "Not calibrated by this run" in out
    report = corpus.parent / "scores"
    html = (report / "index.html").read_text("utf-8")
    assert (report / "page-001.jpg").is_file()
    assert html.count("<rect") == len(everything()) + 1
    assert "<del>quic</del>" in html
    assert "&lt;b&gt;" in html
    assert "<b>" not in html
    assert "http" not in html


def test_through_the_service(corpus: Path) -> None:
    status, scores = run(corpus, ECHO_ENGINE)
    assert status == 0
    assert scores["pages"][0]["markdown"].startswith("400x560")
    assert scores["figures"]["text"] > 0.5


@pytest.mark.parametrize(("expected", "status"), [(0.0, 0), (0.5, 1)])
def test_calibration(
    corpus: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    expected: float,
    status: int,
) -> None:
    mark = calibration.corpus_mark(load_pages(corpus / "truth.json"))
    monkeypatch.setattr(calibration, "_KNOWN", {mark: {"rapidocr": expected}})
    reading(monkeypatch, MARKDOWN)
    found, scores = run(corpus, "rapidocr")
    assert (found, scores["comparable"]) == (status, not status)
    out = capsys.readouterr().out
    assert ("CALIBRATION FAILS" in out) == bool(status)
    assert ("Calibration holds" in out) == (not status)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('[{"layout_dets": []}]', "is not in OmniDocBench's format (KeyError: 'page_info')"),
        ('["layout_dets"', "is not in OmniDocBench's format (JSONDecodeError"),
        (
            '[{"layout_dets": [], "page_info": {"image_path": "no.png"}}]',
            "no.png is missing in",
        ),
    ],
    ids=["incomplete", "no JSON", "no image"],
)
def test_broken_corpora(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, message: str
) -> None:
    (tmp_path / "truth.json").write_text(content)
    assert accuracy.main([str(tmp_path)]) == 1
    assert message in capsys.readouterr().err


def test_two_truths(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (corpus / "other.json").write_bytes((corpus / "truth.json").read_bytes())
    (corpus / "settings.json").write_text("{}")
    assert accuracy.main([str(corpus)]) == 1
    assert "several files of ground truth: other.json, truth.json" in capsys.readouterr().err


def test_an_image_beside_the_truth(tmp_path: Path) -> None:
    truth = write_corpus(tmp_path, [block("text_block", FIRST, 1, 1)])
    (tmp_path / "images" / "page.png").rename(tmp_path / "page.png")
    (page,) = load_pages(truth)
    assert page.image == tmp_path / "page.png"
    assert (page.language, page.blocks[0].content) == ("english", FIRST)
