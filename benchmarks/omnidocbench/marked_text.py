"""Two texts side by side, with what one has and the other has not marked, as HTML."""

from __future__ import annotations

from html import escape

from lxml import html
from rapidfuzz.distance import Levenshtein


def marked(true: str, read: str) -> tuple[str, str]:
    """The truth, what was missed in ``del``; and what was read, what is wrong in ``ins``."""
    truth, reading = [], []
    for step in Levenshtein.opcodes(true, read):
        missed = escape(true[step.src_start : step.src_end])
        wrong = escape(read[step.dest_start : step.dest_end])
        if step.tag == "equal":
            truth.append(missed)
            reading.append(wrong)
            continue
        truth.append(f"<del>{missed}</del>" if missed else "")
        reading.append(f"<ins>{wrong}</ins>" if wrong else "")
    return "".join(truth).replace("</del><del>", ""), "".join(reading).replace("</ins><ins>", "")


def plain_table(document: str) -> str:
    """A normalised table with nothing in it but rows, cells, spans and text."""
    if not document:
        return "<p>none</p>"
    rows = [
        "".join(f"<td{_spans(cell)}>{escape(cell.text_content())}</td>" for cell in row.iter("td"))
        for row in html.fromstring(document).iter("tr")
    ]
    return f"<table class=read>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


def _spans(cell: html.HtmlElement) -> str:
    spans = ((name, cell.get(name, "")) for name in ("colspan", "rowspan"))
    return "".join(f" {name}={int(value)}" for name, value in spans if value.isdecimal())
