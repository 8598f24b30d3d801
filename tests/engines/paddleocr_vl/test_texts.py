"""What the model wrote into text, LaTeX and HTML."""

from __future__ import annotations

import pytest

from paddleocr_vl_service.engines.paddleocr_vl.texts import (
    chart_of,
    clean,
    latex_of,
    plain,
    table_of,
)


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("a\x00b", "ab"),
        ("a\ufffd\ufffd\ufffdb\n", "ab"),
        ("one\r\ntwo", "one\ntwo"),
        ("tab\tstays", "tab\tstays"),
        ("\ufffd", ""),
    ],
)
def test_what_stands_for_no_character_goes(said: str, text: str) -> None:
    assert clean(said) == text


def test_a_paragraph_has_no_gaps() -> None:
    assert plain("one\n\n \ntwo\nthree ") == "one\ntwo\nthree"


@pytest.mark.parametrize(
    ("said", "latex"),
    [
        ("$$E = mc^2$$", "E = mc^2"),
        (r" \[ \frac{1}{2} \] ", r"\frac{1}{2}"),
        (r"\(x\)", "x"),
        ("$x$", "x"),
        ("x + y", "x + y"),
        ("$x$ and $y$", "$x$ and $y$"),
        ("$$", ""),
        ("$", "$"),
        ("", ""),
    ],
)
def test_a_formula_loses_the_marks_around_it(said: str, latex: str) -> None:
    assert latex_of(said) == latex


def test_a_table_keeps_cells_and_spans_only() -> None:
    said = (
        '<table border=1 onclick="x()"><tr><td colspan="2">A &amp; B<script>alert(1)</script></td>'
        "</tr><tr><td>1</td><td>2</td></tr></table>"
    )
    found = table_of(said)
    assert found is not None
    html, text = found
    assert "script" not in html
    assert "onclick" not in html
    assert '<td colspan="2">A &amp; B' in html
    assert text.splitlines()[1] == "1\t2"


@pytest.mark.parametrize("said", ["", "no table", "<table></table>"])
def test_what_is_no_table_is_none(said: str) -> None:
    assert table_of(said) is None


def test_the_data_of_a_chart_is_a_table() -> None:
    said = "Year | Sales\n---|:---:\n2024 | <5"
    html = "<table><tr><td>Year</td><td>Sales</td></tr><tr><td>2024</td><td>&lt;5</td></tr></table>"
    assert chart_of(said) == (html, "Year\tSales\n2024\t<5")


@pytest.mark.parametrize("said", ["", "a | b", "a | b\nno bar", "a picture of a cat"])
def test_a_chart_without_data_is_none(said: str) -> None:
    assert chart_of(said) is None
