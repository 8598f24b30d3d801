"""Checkpoints of a few megabytes that upstream's real code loads and runs.

They test plumbing: what they answer is learned by heart or random, and no recognition. ``python -m
tests.support.tiny_models FOLDER`` makes them, in a process of its own because it needs paddle;
this module needs nothing, so that tests know what to expect.
"""

from __future__ import annotations

from dataclasses import dataclass

VLM_FOLDERS = {"v1": "PaddleOCR-VL", "v1.5": "PaddleOCR-VL-1.5", "v1.6": "PaddleOCR-VL-1.6"}
VLM_NAMES = {
    "v1": "PaddleOCR-VL-0.9B",
    "v1.5": "PaddleOCR-VL-1.5-0.9B",
    "v1.6": "PaddleOCR-VL-1.6-0.9B",
}
LAYOUT_NAMES = {"v1": "PP-DocLayoutV2", "v1.5": "PP-DocLayoutV3", "v1.6": "PP-DocLayoutV3"}
ORIENTATION, UNWARPING = "PP-LCNet_x1_0_doc_ori", "UVDoc"

MIN_PIXELS, MAX_PIXELS = 12_544, 25_088
"""16 to 32 visual tokens; the answers are learned with so many."""

ANSWERS = {
    "OCR:": "Seen text.",
    "Table Recognition:": "<fcel>a<lcel><nl><fcel>b<fcel>c<nl>",
    "Formula Recognition:": "\\[x^2\\]",
    "Chart Recognition:": "k|v\n2024|7",
    "Seal Recognition:": "Sealed",
    "Spotting:": "spot<|LOC_100|>",
}
"""What the taught model says, whatever it is shown."""

LABELS = (
    "abstract",
    "algorithm",
    "aside_text",
    "chart",
    "content",
    "display_formula",
    "doc_title",
    "figure_title",
    "footer",
    "footer_image",
    "footnote",
    "formula_number",
    "header",
    "header_image",
    "image",
    "inline_formula",
    "number",
    "paragraph_title",
    "reference",
    "reference_content",
    "seal",
    "table",
    "text",
    "vertical_text",
    "vision_footnote",
)


@dataclass(frozen=True)
class TinyBlock:
    """A region that the tiny layout model finds on every page.

    Attributes:
        label: One of `LABELS`.
        score: Its confidence.
        box: Left, top, right, bottom in twentieths of the page.
    """

    label: str
    score: float
    box: tuple[int, int, int, int]

    def pixels(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Its box on a page of that size."""
        left, top, right, bottom = self.box
        return (
            left * width // 20,
            top * height // 20,
            right * width // 20,
            bottom * height // 20,
        )


BLOCKS = (
    TinyBlock("header", 0.55, (2, 0, 10, 1)),
    TinyBlock("doc_title", 0.91, (2, 2, 18, 3)),
    TinyBlock("text", 0.92, (2, 4, 9, 8)),
    TinyBlock("table", 0.93, (2, 9, 9, 12)),
    TinyBlock("display_formula", 0.94, (2, 13, 9, 14)),
    TinyBlock("chart", 0.95, (11, 4, 18, 8)),
    TinyBlock("seal", 0.96, (11, 9, 14, 12)),
    TinyBlock("image", 0.97, (15, 9, 18, 12)),
    TinyBlock("number", 0.66, (9, 19, 11, 20)),
)
"""In reading order."""
