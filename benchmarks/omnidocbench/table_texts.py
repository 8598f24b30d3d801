"""A table that is none in the truth, as the texts of its cells."""

from __future__ import annotations

from dataclasses import replace

from lxml import html

from benchmarks.omnidocbench.markdown_blocks import ReadBlock


def cell_texts(table: ReadBlock) -> list[ReadBlock]:
    """The texts of a table's cells, as if they had been read as text."""
    root = html.fragment_fromstring(table.content, create_parent="div")
    texts = (" ".join(cell.text_content().split()) for cell in root.iter("td", "th"))
    return [
        replace(table, kind="text", content=text, position=table.position + number)
        for number, text in enumerate(text for text in texts if text)
    ]
