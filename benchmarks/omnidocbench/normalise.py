"""What is left of texts, formulas and tables before they are compared."""

from __future__ import annotations

import re
import unicodedata

from lxml import etree, html

from benchmarks.omnidocbench.latex_text import latex_to_text

_INLINE = re.compile(r"\$(.*?)\$|\\\((.*?)\\\)")
_ESCAPED = re.compile(r"\\([\\_&%^])")
_ESCAPED_BREAKS = re.compile(r"\\[tn]|/[tn]")
_NO_LETTER = re.compile(r"[^\w\u4e00-\u9fff]")

_DISPLAY = re.compile(r"\\\[(.+?)(?<!\\)\\\]", re.DOTALL)
_WITH_ARGUMENT = re.compile(r"\\(?:tag|hspace|begin|end)\{.*?\}|\\arraycolsep.*?\}")
# In this order: what is taken out first may make a later one.
_STYLE_NAMES = (
    "mathbf mathrm mathnormal mathit mathbb mathcal mathscr mathfrak mathsf mathtt textbf text "
    "boldmath boldsymbol operatorname bm symbfit mathbfcal symbf scriptscriptstyle notag setlength "
    "coloneqq space thickspace thinspace medspace nobreakspace negmedspace quad qquad enspace"
)
_STYLES = [f"\\{name}" for name in _STYLE_NAMES.split()]
_STYLES += [" ", "$$", r"\left", r"\right", r"\displaystyle", r"\text"]

_UNWRAPPED = ("thead", "tbody", "span", "div", "p", "sup", "sub")


def normalised_text(text: str) -> str:
    """Letters and figures only: inline formulas as Unicode, no spaces, marks or punctuation."""
    folded = _INLINE.sub(_folded_formula, text)
    return _NO_LETTER.sub("", _ESCAPED_BREAKS.sub("", folded))


def normalised_formula(latex: str) -> str:
    """LaTeX in lower case without delimiters, tags, environments, styles and spaces."""
    text = latex.strip().strip("$").strip("\n")
    display = _DISPLAY.search(text)
    if display:
        text = display.group(1).strip()
    text = _WITH_ARGUMENT.sub("", text).strip(".")
    for style in _STYLES:
        text = text.replace(style, "")
    return text.lower()


def formula_as_text(latex: str) -> str:
    """A formula as if it had been read as text, normalised."""
    return _NO_LETTER.sub("", latex_to_text(latex))


def normalised_table(table: str) -> str:
    """An HTML document with one table, of rows, cells, spans and text; empty if it is none."""
    if "<table" not in table.lower():
        return ""
    root = html.fragment_fromstring(table, create_parent="div")
    first = root.find(".//table")
    if first is None:
        return ""
    first.tail = None
    for heading in list(first.iter("th")):
        heading.tag = "td"
    for group in list(first.iter("colgroup", "caption")):
        group.drop_tree()
    etree.strip_tags(first, *_UNWRAPPED)
    for element in first.iter():
        _keep_spans(element)
        if element.tag == "td":
            _tidy_cell(element)
    document = html.tostring(first, encoding="unicode")
    return f"<html><body>{document}</body></html>"


def text_of_table(table: str) -> str:
    """The text of a table's cells, row by row."""
    document = normalised_table(table)
    return " ".join(html.fromstring(document).itertext()) if document else ""


def _folded_formula(match: re.Match[str]) -> str:
    content = _ESCAPED.sub("", match.group(1) if match.group(1) is not None else match.group(2))
    if not any(mark in content for mark in "\\^_"):
        return match.group(0)
    return latex_to_text(content).strip()


def _keep_spans(element: html.HtmlElement) -> None:
    spans = {name: element.get(name) for name in ("colspan", "rowspan")}
    element.attrib.clear()
    for name, value in spans.items():
        if value and value.isdecimal():
            element.set(name, value)


def _tidy_cell(cell: html.HtmlElement) -> None:
    for element in cell.iter():
        element.text = _tidy(element.text)
        if element is not cell:
            element.tail = _tidy(element.tail)


def _tidy(text: str | None) -> str | None:
    if text is None:
        return None
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text.replace("\n", "")))
