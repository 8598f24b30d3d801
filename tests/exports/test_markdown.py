from typing import Any

import pytest

from paddleocr_vl_service.exports.markdown import to_markdown
from paddleocr_vl_service.models.document import (
    Element,
    ElementType,
    EngineInfo,
    ParsedDocument,
)


def document(*elements: Element) -> ParsedDocument:
    return ParsedDocument(1, (), elements, (), (), EngineInfo("e", "m", "r"))


def element(kind: ElementType, text: str = "", **fields: Any) -> Element:
    return Element(kind, text, (0, 0, 1, 1), 1, **fields)


def test_blocks_are_separated_by_blank_lines() -> None:
    content = document(
        element(ElementType.TITLE, "On\nThings"),
        element(ElementType.HEADING, "1 Why"),
        element(ElementType.HEADING, "1.1 How", level=3),
        element(ElementType.TEXT, "Because."),
    )
    assert to_markdown(content) == "# On Things\n\n## 1 Why\n\n### 1.1 How\n\nBecause.\n"


def test_the_heading_of_the_contract_is_optional() -> None:
    content = document(element(ElementType.TEXT, "Because."))
    assert to_markdown(content, heading=True) == "# Document OCR Results\n\nBecause.\n"
    assert to_markdown(document(), heading=True) == "# Document OCR Results\n"
    assert to_markdown(document()) == ""


@pytest.mark.parametrize(
    "kind",
    [ElementType.HEADER, ElementType.FOOTER, ElementType.PAGE_NUMBER, ElementType.IMAGE],
)
def test_what_stands_outside_the_flow_and_in_pictures_is_left_out(kind: ElementType) -> None:
    assert to_markdown(document(element(kind, "12"))) == ""


def test_tables_formulas_and_pictures() -> None:
    content = document(
        element(ElementType.TABLE, "a  b", html="<table><tr><td>a</td><td>b</td></tr></table>"),
        element(ElementType.TABLE, "a  b\nc  d"),
        element(ElementType.FORMULA, "E=mc2", latex="E = mc^2"),
        element(ElementType.FORMULA, "E=mc2"),
        element(ElementType.IMAGE),
    )
    assert to_markdown(content) == (
        "<table><tr><td>a</td><td>b</td></tr></table>\n\n"
        "```\na  b\nc  d\n```\n\n"
        "$$\nE = mc^2\n$$\n\n"
        "E=mc2\n"
    )


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("# not a heading", "\\# not a heading"),
        ("#hashtag", "#hashtag"),
        ("> not a quotation", "\\> not a quotation"),
        ("```", "\\```"),
        ("<script>x</script>", "\\<script>x\\</script>"),
        ("a < b", "a < b"),
        ("a\n---", "a\n\\---"),
        ("- a point", "- a point"),
        ("5 > 3 # yes", "5 > 3 # yes"),
    ],
)
def test_text_is_not_mistaken_for_markup(text: str, markdown: str) -> None:
    assert to_markdown(document(element(ElementType.TEXT, text))) == markdown + "\n"
