"""Tables of shapes that chance chose: nobody made the rules with them in sight."""

from __future__ import annotations

from statistics import fmean
from typing import get_args

import pytest

from paddleocr_vl_service.models.document import ElementType, TextSourceChoice
from tests.structure.blocks import Table, TableStyle
from tests.structure.conftest import ReadBytes
from tests.structure.expectations import of_type
from tests.structure.random_tables import random_tables
from tests.structure.table_likeness import likeness, matched
from tests.structure.typesetting import typeset

LEAST = {"ruled": 0.99, "booktabs": 0.96, "borderless": 0.95}
"""A little below what was measured over many seeds, tables that are not found left out."""


@pytest.mark.parametrize("style", get_args(TableStyle))
def test_tables_have_rows_columns_and_spans(read_bytes: ReadBytes, style: TableStyle) -> None:
    made = typeset(random_tables(range(3000, 3004), style))
    document = read_bytes(f"random-{style}.pdf", made.pdf, TextSourceChoice.AUTO)

    tables = [each.block for each in made.placed if isinstance(each.block, Table)]
    read = [each.html for each in of_type(document, ElementType.TABLE) if each.html]
    assert len(read) == len(tables)
    alike = [likeness(table, html) for table, html in matched(tables, read)]
    assert fmean(each.structure for each in alike) >= LEAST[style]
