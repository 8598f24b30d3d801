"""A report to look at: every page with the boxes on it, and its differences side by side."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from pathlib import Path

from PIL import Image

from benchmarks.omnidocbench.evaluation import Evaluation, ScoredPage, table_of, verdict
from benchmarks.omnidocbench.marked_text import marked, plain_table
from benchmarks.omnidocbench.scoring import Difference, PageScore
from benchmarks.omnidocbench.truth import Box

_WIDEST = 1600

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem; color: #222; }
table { border-collapse: collapse; } th, td { padding: .2rem .6rem; vertical-align: top; }
th { text-align: left; } tbody tr { border-top: 1px solid #ddd; }
.differences { width: 100%; table-layout: fixed; } .differences td { overflow-wrap: anywhere; }
.differences td:first-child, .differences th:first-child { width: 6rem; }
table.read td { border: 1px solid #bbb; }
.tables { display: flex; gap: 2rem; flex-wrap: wrap; }
del { background: #ffc9c9; text-decoration: none; } ins { background: #ffe08a; }
svg { width: 100%; max-width: 75rem; height: auto; border: 1px solid #ccc; }
svg rect { fill: none; stroke-width: 3; vector-effect: non-scaling-stroke; }
.true rect { stroke: #2b8a3e; } .true text { fill: #2b8a3e; }
.read rect { stroke: #1864ab; stroke-dasharray: 6 4; } .read text { fill: #1864ab; }
section:has(.hide-true:checked) .true { display: none; }
section:has(.hide-read:checked) .read-boxes { display: none; }
"""


def write_report(evaluation: Evaluation, folder: Path) -> Path:
    """Write ``index.html`` and a JPEG a page into a folder of their own.

    Returns:
        The HTML file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sections = []
    for number, scored in enumerate(evaluation.scored, 1):
        picture = f"page-{number:03}.jpg"
        size = _write_picture(scored.page.image, folder / picture)
        sections.append(_section(scored, f"page-{number}", picture, size))
    title = escape(f"Accuracy of {evaluation.engine}")
    target = folder / "index.html"
    target.write_text(
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title>"
        f"<style>{_STYLE}</style><h1>{title}</h1>{_overview(evaluation)}{''.join(sections)}",
        "utf-8",
    )
    return target


def _write_picture(source: Path, target: Path) -> tuple[int, int]:
    """A copy that a browser shows quickly; returns the size of the original."""
    with Image.open(source) as image:
        width, height = image.size
        copy = image.convert("RGB")
    copy.thumbnail((_WIDEST, _WIDEST))
    copy.save(target, quality=80)
    return width, height


def _overview(evaluation: Evaluation) -> str:
    table = table_of(evaluation)
    head = "".join(f"<th>{escape(column)}" for column in table.columns)
    links = [f"#page-{number}" for number in range(1, len(evaluation.scored) + 1)]
    rows = []
    for row, link in zip(table.rows, [*links, ""], strict=True):
        name = f'<a href="{link}">{escape(row[0])}</a>' if link else escape(row[0])
        rows.append(f"<tr><td>{name}{''.join(f'<td>{escape(cell)}' for cell in row[1:])}")
    _, sentence = verdict(evaluation)
    return (
        f"<table><thead><tr>{head}<tbody>{''.join(rows)}</table>"
        f"<p>{escape(table.note)}<p>{escape(sentence)}"
    )


def _section(scored: ScoredPage, anchor: str, picture: str, size: tuple[int, int]) -> str:
    score = scored.score
    return (
        f"<section id={anchor}><h2>{escape(scored.page.name)}</h2>"
        "<p>Boxes with their place in the reading order: the truth is green, what was read blue. "
        "<label><input type=checkbox class=hide-true> hide the truth</label> "
        "<label><input type=checkbox class=hide-read> hide what was read</label></p>"
        f"{_overlay(scored, picture, size)}{_tables(score)}{_differences(score)}"
        f"{_list('Read, and matched with nothing', score.unmatched)}"
        f"{_list('Read, and nowhere on the page', score.invented)}"
        "<details><summary>The Markdown</summary>"
        f"<pre>{escape(scored.reading.markdown)}</pre></details></section>"
    )


def _overlay(scored: ScoredPage, picture: str, size: tuple[int, int]) -> str:
    width, height = size
    font = max(width, height) // 80
    true = [
        _boxed(box, f"{block.order:g}" if block.order else "", block.category, font)
        for block in scored.page.blocks
        for box in block.boxes
    ]
    read = [
        _boxed(element.bbox, _place(element.order), element.type.value, font, at_end=True)
        for element in scored.reading.elements
    ]
    return (
        f'<svg viewBox="0 0 {width} {height}"><image href="{picture}" width="{width}" '
        f'height="{height}"/><g class=true>{"".join(true)}</g>'
        f'<g class="read read-boxes">{"".join(read)}</g></svg>'
    )


def _place(order: int | None) -> str:
    return "" if order is None else str(order)


def _boxed(box: Box, order: str, kind: str, font: int, *, at_end: bool = False) -> str:
    left, top, right, bottom = box
    across, anchor = (right, "end") if at_end else (left, "start")
    return (
        f'<g><title>{escape(kind)}</title><rect x="{left:.0f}" y="{top:.0f}" '
        f'width="{right - left:.0f}" height="{bottom - top:.0f}"/>'
        f'<text x="{across:.0f}" y="{top:.0f}" font-size="{font}" text-anchor="{anchor}">'
        f"{order}</text></g>"
    )


def _tables(score: PageScore) -> str:
    return "".join(
        f"<h3>Table: TEDS {table.teds:.3f}, of structure alone {table.structure:.3f}</h3>"
        f"<div class=tables><div>Truth{plain_table(table.true)}</div>"
        f"<div>Read{plain_table(table.read)}</div></div>"
        for table in score.tables
    )


def _differences(score: PageScore) -> str:
    wrong = [each for each in score.differences if each.edits]
    right = [each for each in score.differences if not each.edits]
    worst_first = sorted(wrong, key=lambda each: -each.edits)
    return (
        f"<h3>Differences</h3>{_difference_table(worst_first)}"
        f"<details><summary>{len(right)} without any</summary>"
        f"{_difference_table(right)}</details>"
    )


def _difference_table(differences: Iterable[Difference]) -> str:
    rows = []
    for each in differences:
        true, read = marked(each.true, each.read)
        places = ", ".join(f"{order:g}" for order in each.orders)
        about = f"{escape(each.kind)} {places}<br>{each.edits} of {each.length}"
        rows.append(f"<tr><td>{about}<td>{true}<td>{read}")
    return (
        "<table class=differences><thead><tr><th>What<th>Truth<th>Read<tbody>"
        f"{''.join(rows)}</table>"
    )


def _list(title: str, texts: Iterable[str]) -> str:
    items = "".join(f"<li>{escape(text)}" for text in texts)
    return f"<h3>{escape(title)}</h3><ul>{items}</ul>" if items else ""
