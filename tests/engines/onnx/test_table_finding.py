"""Tables that rules or alignment show, and near misses that must stay what they are."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from PIL import Image, ImageDraw

from paddleocr_vl_service.engines.onnx.islands import find_islands, grid_island
from paddleocr_vl_service.engines.onnx.layout_advice import Advice
from paddleocr_vl_service.engines.onnx.line_geometry import PlacedLine, Rect
from paddleocr_vl_service.engines.onnx.rules import NO_RULES, Rules, find_rules
from paddleocr_vl_service.engines.onnx.types import LayoutLabel
from paddleocr_vl_service.models.document import ElementType
from tests.engines.onnx.page_layouts import EM, FULL, LEFT, PITCH, Page, prose
from tests.engines.onnx.table_samples import Style, font, line, placed, render

ROWS = [
    ["Station", "Depth", "Salinity"],
    ["Harbour", "12.5", "34.10"],
    ["Lagoon", "40.1", "35.02"],
    ["Open sea", "1,250", "36.00"],
    ["Estuary", "3.5", "12.75"],
]


def level(left: float, right: float, *heights: float) -> Rules:
    return Rules(tuple(Rect(left, y, right, y + 2) for y in heights))


def found(lines: Sequence[PlacedLine], rules: Rules = NO_RULES, *advice: Advice) -> list[str]:
    islands, outside = find_islands(advice, lines, rules)
    assert sum(len(island.lines) for island in islands) + len(outside) == len(lines)
    return [island.text for island in islands if island.type is ElementType.TABLE]


def cells(page: Page, rows: Sequence[Sequence[str]], top: float, columns: Sequence[float]) -> str:
    for number, row in enumerate(rows):
        for text, left in zip(row, columns, strict=True):
            if text:
                page.line(text, left, top + number * PITCH)
    return "\n".join("\t".join(filter(None, row)) for row in rows)


COLUMNS = (LEFT, LEFT + 300, LEFT + 600)


@pytest.mark.parametrize("style", ["ruled", "booktabs", "borderless"])
def test_a_table_that_layout_missed_is_found(style: Style) -> None:
    table = render(ROWS, style, origin=(60, 200))
    page = Image.new("RGB", (900, 900), "white")
    page.paste(table.page)
    pen = ImageDraw.Draw(page)
    text = "The stations lie along the coast, and each was visited in every month of the"
    lines = list(table.lines)
    for y in (40, 70, 100, 600, 630, 660):
        pen.text((60, y), text, "black", font(18))
        lines.append(line(text, 57, y - 3, 60 + font(18).getlength(text), y + 24))
    on_page = placed(lines)
    expected = "\n".join("\t".join(row) for row in ROWS)
    assert found(on_page, find_rules(page, on_page)) == [expected]


def test_three_rules_of_one_extent_hold_a_table() -> None:
    page = Page()
    page.paragraph(LEFT, 100, FULL, prose(60, 1))
    expected = cells(page, [["Name", "Kind", "Use"], ["cat", "pet", "mice"], ["cow", "herd", "milk"]], 404, COLUMNS)  # fmt: skip # noqa: E501
    page.paragraph(LEFT, 520, FULL, prose(60, 2))
    rules = level(LEFT - 5, LEFT + FULL, 400, 427, 480)
    assert found(placed(page.lines), rules) == [expected]
    assert found(placed(page.lines)) == []


def test_prose_between_rules_is_no_table() -> None:
    page = Page()
    page.paragraph(LEFT, 204, FULL, prose(90, 1))
    assert found(placed(page.lines), level(LEFT, LEFT + FULL, 200, 600)) == []
    box = Rules(
        level(LEFT - 20, LEFT + FULL + 20, 190, 620).horizontal,
        (Rect(LEFT - 20, 190, LEFT - 18, 622), Rect(LEFT + FULL + 18, 190, LEFT + FULL + 20, 622)),
    )
    assert found(placed(page.lines), box) == []


def test_two_columns_of_prose_between_rules_are_no_table() -> None:
    page = Page()
    page.paragraph(LEFT, 204, 380, prose(90, 1))
    page.paragraph(LEFT + 420, 204, 380, prose(90, 2))
    ruled = Rules(
        level(LEFT - 5, LEFT + FULL, 200, 800, 900).horizontal,
        (Rect(LEFT + 400, 200, LEFT + 402, 900),),
    )
    assert found(placed(page.lines), ruled) == []
    assert found(placed(page.lines), level(LEFT - 5, LEFT + FULL, 200, 800)) == []


def test_a_chart_with_grid_lines_is_no_table() -> None:
    page = Page()
    for step in range(8):
        page.line(f"{step * 10}", LEFT - 40, 200 + step * 50 - EM / 2)
        page.line(f"{2010 + step}", LEFT + step * 100, 570)
    page.line("peak", LEFT + 320, 260)
    grid = Rules(
        tuple(Rect(LEFT, 200 + y * 50, LEFT + 702, 202 + y * 50) for y in range(8)),
        tuple(Rect(LEFT + x * 100, 200, LEFT + x * 100 + 2, 552) for x in range(8)),
    )
    assert found(placed(page.lines), grid) == []


def test_a_chart_under_a_table_is_not_drawn_into_it() -> None:
    page = Page()
    expected = cells(page, ROWS, 204, COLUMNS)
    page.line("Share price", LEFT, 334)
    for step in range(6):
        page.line(f"{10 - step}%", LEFT + 10, 380 + step * PITCH)
    page.line("2022", LEFT + 100, 530)
    page.line("2023", LEFT + 400, 530)
    rules = level(LEFT - 5, LEFT + FULL, 200, 328, 364, 560)
    assert found(placed(page.lines), rules) == [expected]


def test_a_region_gains_the_rows_that_it_cut_off() -> None:
    page = Page()
    page.line("Table 1. What was caught", LEFT, 240)
    expected = cells(page, ROWS, 300, COLUMNS)
    page.paragraph(LEFT, 480, FULL, prose(60, 2))
    region = Advice(
        LayoutLabel.TABLE, 0.8, Rect(LEFT - 5, 300 + PITCH - 4, LEFT + 700, 300 + 3 * PITCH)
    )
    assert found(placed(page.lines), NO_RULES, region) == [expected]


def test_a_region_gives_back_its_caption() -> None:
    page = Page()
    page.line("Table 1. What was caught", LEFT, 270)
    expected = cells(page, ROWS, 300, COLUMNS)
    region = Advice(LayoutLabel.TABLE, 0.8, Rect(LEFT - 5, 265, LEFT + 700, 425))
    assert found(placed(page.lines), NO_RULES, region) == [expected]


def test_a_spanning_head_and_a_cell_of_two_lines_stay_in_their_table() -> None:
    page = Page()
    page.line("Yield in both years", LEFT + 380, 304)
    page.line("2021", LEFT + 300, 304 + 2 * PITCH)
    page.line("2022", LEFT + 600, 304 + 2 * PITCH)
    page.line("Winter wheat on", LEFT, 304 + 3 * PITCH)
    page.line("sandy soil", LEFT, 304 + 4 * PITCH)
    page.line("5.1", LEFT + 300, 304 + 3 * PITCH)
    page.line("4.7", LEFT + 600, 304 + 3 * PITCH)
    rules = level(LEFT - 5, LEFT + FULL, 300, 350, 378, 430)
    [text] = found(placed(page.lines), rules)
    assert "sandy soil" in text
    assert text.startswith("Yield in both years")


LISTING = [
    [str(40 + n), text] for n, text in enumerate(("def read(", "path,", ") -> str:", "pass"))
]
CONTENTS = [["Start", "1"], ["Way", "7"], ["Aim", "12"], ["End", "31"]]
TERMS = [["cat", "a pet"], ["cow", "a beast"], ["crow", "a bird"], ["cod", "a fish"]]


@pytest.mark.parametrize("rows", [LISTING, CONTENTS, TERMS], ids=["listing", "contents", "terms"])
def test_listings_contents_and_pairs_of_terms_are_no_tables(rows: list[list[str]]) -> None:
    page = Page()
    cells(page, rows, 300, COLUMNS[:2])
    lines = placed(page.lines)
    assert found(lines) == []
    island = grid_island(lines)
    assert island.type is not ElementType.TABLE
    assert [one.split() for one in island.text.split("\n")] == [
        " ".join(row).split() for row in rows
    ]


def test_two_columns_of_contents_are_no_table() -> None:
    page = Page()
    rows = [[f"Part {n}", str(2 * n), f"Part {n + 9}", str(40 + n)] for n in range(1, 7)]
    cells(page, rows, 300, (LEFT, LEFT + 250, LEFT + 400, LEFT + 700))
    assert found(placed(page.lines)) == []


def test_names_with_values_are_a_table() -> None:
    page = Page()
    expected = cells(page, [["cat", "4.5"], ["cow", "510"], ["crow", "0.6"]], 300, COLUMNS[:2])
    island = grid_island(placed(page.lines))
    assert (island.type, island.text) == (ElementType.TABLE, expected)
