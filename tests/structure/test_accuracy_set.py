"""Generated pages read as images: how well, guarded a little above what was measured."""

from __future__ import annotations

import pytest

from benchmarks.scores import edit_distance, word_f1
from paddleocr_vl_service.models.document import TextSource, TextSourceChoice
from tests.structure.conftest import ReadBytes
from tests.structure.documents import DOCUMENTS
from tests.structure.expectations import expected_flow, flow
from tests.structure.typesetting import typeset

MOST_DISTANCE = {
    "german-report": 0.02,
    "newspaper": 0.02,
    "lists": 0.03,
    "tables-ruled": 0.03,
    "chinese": 0.03,
    "japanese": 0.03,
}


@pytest.mark.parametrize("name", MOST_DISTANCE)
def test_pages_read_as_images(read_bytes: ReadBytes, name: str) -> None:
    made = typeset(DOCUMENTS[name])
    document = read_bytes(f"{name}.pdf", made.pdf, TextSourceChoice.OCR)

    truth, text = (
        "\n".join(part.text for part in parts) for parts in (expected_flow(made), flow(document))
    )
    assert {each.text_source for each in document.elements if each.text} == {TextSource.OCR}
    assert edit_distance(truth, text) <= MOST_DISTANCE[name]
    assert word_f1(truth, text) >= 0.95
