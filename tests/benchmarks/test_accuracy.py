import json
from pathlib import Path

import pytest

from benchmarks import accuracy
from benchmarks.text_layer_accuracy import Score, Skipped, summary
from tests.support import documents
from tests.support.server import ECHO_ENGINE

SENTENCE = "The quick brown fox jumps over the lazy dog and does not look back at all."


@pytest.mark.parametrize("arguments", [[], ["no/such/folder"]])
def test_without_a_folder(
    arguments: list[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(accuracy, "DEFAULT_CORPUS", tmp_path / "none")
    assert accuracy.main(arguments) == 2
    said = capsys.readouterr()
    assert said.err == accuracy.USAGE + "\n"
    assert said.out == ""


def test_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus = tmp_path / "corpus" / "deep"
    corpus.mkdir(parents=True)
    (corpus / "one.PDF").write_bytes(documents.pdf([SENTENCE, "", SENTENCE], size=(700, 200)))
    (corpus / "broken.pdf").write_bytes(b"nothing")
    target = tmp_path / "scores.json"
    options = ["--engine", ECHO_ENGINE, "--limit", "2", "--json", str(target)]
    assert accuracy.main([str(corpus.parent), *options]) == 0
    scores = json.loads(target.read_text("utf-8"))
    (score,) = scores["scores"]
    assert (score["document"], score["page"]) == ("deep/one.PDF", 1)
    assert 0.5 < score["edit_distance"] <= 1
    assert score["word_f1"] == 0
    assert score["characters"] == len(SENTENCE)
    assert [(each["document"], each["page"]) for each in scores["skipped"]] == [
        ("deep/broken.pdf", 0),
        ("deep/one.PDF", 2),
    ]
    out = capsys.readouterr().out
    assert "deep/one.PDF 2: skipped, hardly any text in its text layer" in out
    assert "ALL PAGES" in out


def test_an_engine_that_does_not_load(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "one.pdf").write_bytes(documents.pdf([SENTENCE]))
    engine = "tests.support.broken_engines:NeverLoads"
    assert accuracy.main([str(tmp_path), "--engine", engine]) == 1
    assert "Error: The engine could not be loaded" in capsys.readouterr().err


def test_summary() -> None:
    scores = [
        Score("a.pdf", 1, 0.1, 0.9, 10, 1.0),
        Score("a.pdf", 2, 0.2, 0.8, 10, 2.0),
        Score("b.pdf", 1, 0.6, 0.1, 10, 3.0),
    ]
    lines = summary(scores, [Skipped("b.pdf", 2, "because")]).splitlines()
    cells = [line.split() for line in lines]
    assert ["a.pdf", "2", "0.1500", "0.1500", "0.8500", "0.8500", "1.50"] in cells
    assert ["ALL", "PAGES", "3", "0.3000", "0.2000", "0.6000", "0.8000", "2.00"] in cells
    assert lines[-1].endswith("Pages without a score: 1.")


def test_summary_of_nothing() -> None:
    assert "ALL PAGES" not in summary([], [])
