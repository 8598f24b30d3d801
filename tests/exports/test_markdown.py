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
        element(ElementType.HEADING, "1 Why", level=1),
        element(ElementType.HEADING, "1.1 How", level=2),
        element(ElementType.TEXT, "Because."),
        element(ElementType.FOOTNOTE, "* So they say."),
    )
    assert to_markdown(content) == (
        "# On Things\n\n## 1 Why\n\n### 1.1 How\n\nBecause.\n\n\\* So they say.\n"
    )


@pytest.mark.parametrize(("level", "hashes"), [(None, 2), (1, 2), (4, 5), (5, 6), (6, 6)])
def test_headings_stand_below_the_title(level: int | None, hashes: int) -> None:
    content = document(element(ElementType.HEADING, "Why", level=level))
    assert to_markdown(content) == "#" * hashes + " Why\n"


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


def test_no_blank_line_ends_a_table_or_a_formula_early() -> None:
    content = document(
        element(ElementType.TABLE, "a", html="<table>\n\n<tr><td>a\n \nb</td></tr></table>\n"),
        element(ElementType.FORMULA, "x", latex="x\n\ny"),
        element(ElementType.TABLE, "```\tcode"),
    )
    assert to_markdown(content) == (
        "<table>\n<tr><td>a\nb</td></tr></table>\n\n$$\nx\ny\n$$\n\n````\n```\tcode\n````\n"
    )


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("# not a heading", "\\# not a heading"),
        ("#hashtag", "#hashtag"),
        ("> not a quotation", "\\> not a quotation"),
        ("```", "\\```"),
        ("<script>x</script>", "\\<script>x\\</script>"),
        ("&lt;b&gt; & more", "\\&lt;b\\&gt; & more"),
        ("a < b", "a < b"),
        ("a\n---", "a\n\\---"),
        ("- no point", "\\- no point"),
        ("+ no point", "\\+ no point"),
        ("-5 degrees", "-5 degrees"),
        ("1. no item", "1\\. no item"),
        ("2019) no item", "2019\\) no item"),
        ("1.5 metres", "1.5 metres"),
        ("5 > 3 # yes", "5 > 3 # yes"),
        ("from $5 to $7, *all* in_one", "from $5 to $7, *all* in_one"),
    ],
)
def test_text_is_not_mistaken_for_markup(text: str, markdown: str) -> None:
    assert to_markdown(document(element(ElementType.TEXT, text))) == markdown + "\n"


def test_a_heading_keeps_the_hash_at_its_end() -> None:
    assert to_markdown(document(element(ElementType.HEADING, "On C #"))) == "## On C \\#\n"


def test_a_numbered_reference_keeps_its_number() -> None:
    assert to_markdown(document(element(ElementType.REFERENCE, "1. A. Book."))) == "1. A. Book.\n"


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("• one\n• two", "- one\n- two"),
        ("- one\n– two\n* three", "- one\n- two\n- three"),
        ("1. one\n2. two", "1. one\n2. two"),
        ("1) one\n2) two", "1) one\n2) two"),
        ("3、三\n4、四", "- 3、三\n- 4、四"),
        ("(a) one\nb) two\n① three\n(1) four", "- (a) one\n- b) two\n- ① three\n- (1) four"),
        ("• one\n  • inner\n    • innermost\n• two", "- one\n  - inner\n    - innermost\n- two"),
        ("1. one\n  • inner\n10. ten\n  • inner", "1. one\n   - inner\n10. ten\n    - inner"),
        ("• one\n  1. inner\n  2. inner", "- one\n  1. inner\n  2. inner"),
        ("• one\n  2. inner", "- one\n\n  2. inner"),
        ("• one\n    • too deep", "- one\n  - too deep"),
        ("• one\ngoes on\n• two", "- one\n  goes on\n- two"),
        ("one\ntwo", "- one\n- two"),
        ("• # no heading\n• 5. no item", "- \\# no heading\n- 5\\. no item"),
        ("• <b>", "- \\<b>"),
    ],
)
def test_lists_are_markdown_lists(text: str, markdown: str) -> None:
    assert to_markdown(document(element(ElementType.LIST, text))) == markdown + "\n"
