"""Documents set from known blocks come back as those blocks."""

from __future__ import annotations

import pytest

from paddleocr_vl_service.models.document import ElementType, TextSource
from tests.structure.blocks import Table
from tests.structure.conftest import ReadDocument
from tests.structure.documents import DOCUMENTS
from tests.structure.expectations import (
    expected_flow,
    expected_levels,
    expected_parts,
    flow,
    furniture,
    levels,
    listed,
    merged,
    of_type,
)
from tests.structure.tables import expected_grid, grid_of


@pytest.mark.parametrize("name", DOCUMENTS)
def test_elements_come_in_order_with_their_types(read: ReadDocument, name: str) -> None:
    made, document = read(name)

    assert listed(flow(document)) == listed(expected_flow(made))
    assert levels(document) == expected_levels(made)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_goes_on_elsewhere_is_one_element(read: ReadDocument, name: str) -> None:
    made, document = read(name)

    assert merged(document) == expected_parts(made)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_tables_have_their_cells(read: ReadDocument, name: str) -> None:
    made, document = read(name)

    expected = [expected_grid(each.block) for each in made.placed if isinstance(each.block, Table)]
    read_grids = [grid_of(each.html) for each in of_type(document, ElementType.TABLE)]
    assert read_grids == expected


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_text_is_the_documents_own(read: ReadDocument, name: str) -> None:
    _, document = read(name)

    sources = {each.text_source for each in document.elements if each.text}
    assert sources == {TextSource.TEXT_LAYER}
    assert document.warnings == ()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_runs_on_every_page_is_no_text(read: ReadDocument, name: str) -> None:
    made, document = read(name)

    kinds = {part.type for _, part in furniture(document)}
    assert kinds <= {ElementType.HEADER, ElementType.FOOTER, ElementType.PAGE_NUMBER}
    numbers = [part for _, part in furniture(document) if part.type is ElementType.PAGE_NUMBER]
    assert len(numbers) <= made.pages
