"""The document that README.md and docs/api.md show is read as they show it.

Where it is read otherwise on purpose: ``python -m tests.docs.write_answers``.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.docs import pages
from tests.docs.sample import invoice

NOT_COMPARED = {"processing_time", "timestamp"}
PIXELS = 4
CONFIDENCE = 0.05
"""How much may differ from one processor to the next."""


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The answer of the embedded engine."""
    folder: Path = tmp_path_factory.mktemp("sample")
    (folder / "document.pdf").write_bytes(invoice())
    program = Path(sys.executable).with_name("paddleocr-vl-service")
    done = subprocess.run(
        [program, "extract", "document.pdf"],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("page", ["README.md", "docs/api.md"])
def test_the_answer_is_the_one_that_is_shown(answer: Any, page: str) -> None:
    (example,) = (b.text for b in pages.blocks(page, "json") if '"success"' in b.text)
    shown, _ = pages.whole_json(example)
    compare(shown, answer, "")


def test_the_markdown_is_the_one_that_is_shown(answer: Any) -> None:
    (shown,) = pages.blocks("README.md", "markdown")
    assert answer["markdown"] == f"# Document OCR Results\n\n{shown.text}"


@pytest.mark.parametrize(
    ("page", "sentence"),
    [
        ("README.md", "no table structure yet"),
        ("docs/api.md", "The embedded engine does not yet; its tables"),
        ("docs/architecture.md", "is in the package and not used yet"),
        ("docs/specification.md", "Its rows and columns are not in the answer yet"),
    ],
)
def test_what_is_said_of_tables_is_true(answer: Any, page: str, sentence: str) -> None:
    (table,) = (e["content"] for e in answer["elements"] if e["content"]["type"] == "table")
    assert (sentence in pages.read(page)) == ("html" not in table)


def compare(shown: Any, real: Any, place: str) -> None:
    """Hold what is shown against what is; the rest of what is may be left out."""
    if isinstance(shown, dict):
        assert shown.keys() <= real.keys(), place
        for name in shown.keys() - NOT_COMPARED:
            compare(shown[name], real[name], f"{place}.{name}")
    elif isinstance(shown, list) and shown and isinstance(shown[0], dict):
        for number, each in enumerate(shown):
            index = each.get("index", number)
            compare(each, real[index], f"{place}[{index}]")
    elif isinstance(shown, list):
        assert shown == pytest.approx(real, abs=PIXELS), place
    elif isinstance(shown, float):
        assert shown == pytest.approx(real, abs=CONFIDENCE), place
    elif isinstance(shown, str) and shown.endswith("..."):
        assert real.startswith(shown.removesuffix("...")), place
    else:
        assert shown == real, place
