"""Small ground truth in OmniDocBench's format."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from benchmarks.omnidocbench.truth import TruePage, load_pages

SIZE = (400, 560)

HEADER = "A journal of foxes, volume seven"
TITLE = "Of foxes and dogs"
FIRST = "The quick brown fox jumps over the lazy dog and does not look back."
SECOND = "Dogs sleep through most of the afternoon, whatever runs over them."
THIRD = "Neither of them has been asked about any of this at any time."
FORMULA = r"$$ E = m c^{2} $$"
TABLE = (
    "<table><thead><tr><th colspan='2'>Animals</th></tr></thead>"
    "<tbody><tr><td>fox</td><td>12</td></tr><tr><td>dog</td><td>34</td></tr></tbody></table>"
)


def block(category: str, content: str, order: int | None, row: int, **more: Any) -> dict[str, Any]:
    """An annotation as wide as the page, 40 pixels high."""
    left, top, right, bottom = 20, 20 + 50 * row, 380, 60 + 50 * row
    name = {"equation_isolated": "latex", "table": "html"}.get(category, "text")
    return {
        "category_type": category,
        "poly": [left, top, right, top, right, bottom, left, bottom],
        "order": order,
        "anno_id": row,
        name: content,
        **more,
    }


def everything() -> list[dict[str, Any]]:
    """A page with a block of each kind."""
    return [
        block("header", HEADER, None, 0),
        block("title", TITLE, 1, 1),
        block("text_block", FIRST, 2, 2),
        block("equation_isolated", FORMULA, 3, 3),
        block("text_block", SECOND, 4, 4),
        block("table", TABLE, 5, 5),
        block("text_block", THIRD, 6, 6),
        block("figure", "", None, 7),
    ]


MARKDOWN = "\n\n".join([HEADER, f"# {TITLE}", FIRST, FORMULA, SECOND, TABLE, THIRD])
"""What `everything` shows, read without a fault."""


def write_corpus(
    folder: Path, blocks: Sequence[dict[str, Any]], relations: Sequence[dict[str, Any]] = ()
) -> Path:
    """A corpus with one page; returns its JSON file."""
    sample = {
        "layout_dets": list(blocks),
        "page_info": {
            "image_path": "page.png",
            "width": SIZE[0],
            "height": SIZE[1],
            "page_attribute": {"language": "english"},
        },
        "extra": {"relation": list(relations)},
    }
    (folder / "images").mkdir(parents=True)
    Image.new("RGB", SIZE, "white").save(folder / "images" / "page.png")
    truth = folder / "truth.json"
    truth.write_text(json.dumps([sample]), "utf-8")
    return truth


def page_of(
    folder: Path, blocks: Sequence[dict[str, Any]], relations: Sequence[dict[str, Any]] = ()
) -> TruePage:
    """The page of such a corpus."""
    (page,) = load_pages(write_corpus(folder, blocks, relations))
    return page
