from __future__ import annotations

from collections.abc import Sequence

import pytest
from PIL import Image, ImageDraw

from paddleocr_vl_service.engines.onnx.line_geometry import Frame, Rect
from paddleocr_vl_service.engines.onnx.rules import NO_RULES, Rules, find_rules, page_rules
from paddleocr_vl_service.engines.onnx.types import ReadLine
from tests.engines.onnx.table_samples import font, line, placed

WIDTH, HEIGHT = 1240, 1754
TEXT = "the minimum of illumination; tall letters lift their heads"


def sheet() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    page = Image.new("RGB", (WIDTH, HEIGHT), "white")
    return page, ImageDraw.Draw(page)


def written(pen: ImageDraw.ImageDraw, text: str, x: int, y: int, size: int = 20) -> ReadLine:
    pen.text((x, y), text, "black", font(size))
    left, top, right, bottom = pen.textbbox((x, y), text, font(size))
    return line(text, left - 3, top - 4, right + 3, bottom + 4)


def near(found: Sequence[Rect], expected: Sequence[tuple[int, int, int, int]]) -> bool:
    return len(found) == len(expected) and all(
        abs(edge - wanted) <= 3
        for one, other in zip(found, expected, strict=True)
        for edge, wanted in zip(one, other, strict=True)
    )


@pytest.mark.parametrize("colour", ["black", "#c0c0c0", "#2060c0", "#e8b0b0"])
@pytest.mark.parametrize("thickness", [1, 2, 4])
def test_thin_lines_of_any_colour_are_rules(colour: str, thickness: int) -> None:
    page, pen = sheet()
    pen.rectangle((100, 200, 899, 199 + thickness), colour)
    pen.rectangle((500, 400, 499 + thickness, 799), colour)
    rules = find_rules(page, placed([written(pen, TEXT, 100, 100)]))
    assert near(rules.horizontal, [(100, 200, 900, 200 + thickness)])
    assert near(rules.vertical, [(500, 400, 500 + thickness, 800)])


def test_text_alone_has_no_rules() -> None:
    page, pen = sheet()
    lines = [written(pen, TEXT, 80, 60 + 30 * row, 22) for row in range(50)]
    lines.append(written(pen, "HEADLINE —", 80, 1600, 60))
    assert find_rules(page, placed(lines)) == NO_RULES


def test_a_white_rule_on_a_shaded_table_and_a_dotted_one_are_rules() -> None:
    page, pen = sheet()
    pen.rectangle((100, 200, 900, 400), "#406080")
    pen.rectangle((100, 300, 900, 301), "white")
    for x in range(100, 900, 4):
        pen.rectangle((x, 600, x + 1, 601), "black")
    rules = find_rules(page, placed([written(pen, TEXT, 100, 700)]))
    assert any(abs(rule.top - 300) <= 2 and rule.width > 790 for rule in rules.horizontal)
    assert any(abs(rule.top - 600) <= 2 and rule.width > 780 for rule in rules.horizontal)


def test_the_edge_of_a_shaded_head_is_a_rule() -> None:
    page, pen = sheet()
    pen.rectangle((100, 200, 900, 239), "#305070")
    rules = find_rules(page, placed([written(pen, TEXT, 100, 300)]))
    tops = [round(rule.middle_y) for rule in rules.horizontal]
    assert len(tops) == 2
    assert abs(tops[0] - 200) <= 2
    assert abs(tops[1] - 240) <= 2


def test_a_grid_close_to_its_text_is_found_whole() -> None:
    page, pen = sheet()
    lines = [
        written(pen, "Benzyl", 110 + 200 * x, 203 + 26 * y) for x in range(3) for y in range(9)
    ]
    for y in range(10):
        pen.rectangle((100, 200 + 26 * y, 701, 201 + 26 * y), "#b0b0b0")
    for x in range(4):
        pen.rectangle((100 + 200 * x, 200, 101 + 200 * x, 200 + 26 * 9), "#b0b0b0")
    rules = find_rules(page, placed(lines))
    assert near(rules.horizontal, [(100, 200 + 26 * y, 702, 202 + 26 * y) for y in range(10)])
    assert near(rules.vertical, [(100 + 200 * x, 200, 102 + 200 * x, 436) for x in range(4)])


def test_rules_of_a_tilted_page_are_level_in_its_frame() -> None:
    page, pen = sheet()
    pen.rectangle((100, 300, 1000, 302), "black")
    frame = Frame(-0.03, (WIDTH / 2, HEIGHT / 2), vertical=False)
    (x0, y0), (x1, y1), (x2, y2) = (frame.image_point(*at) for at in ((0, 0), (1, 0), (0, 1)))
    tilted = page.transform(
        page.size,
        Image.Transform.AFFINE,
        (x1 - x0, x2 - x0, x0, y1 - y0, y2 - y0, y0),
        Image.Resampling.BICUBIC,
        fillcolor="white",
    )
    a, b, c, d = (frame.point(*at) for at in ((100, 400), (900, 400), (900, 425), (100, 425)))
    [rule] = page_rules(tilted, [ReadLine("a long line of text", 0.9, (a, b, c, d))]).horizontal
    assert abs(rule.width - 900) < 12
    assert rule.height < 8


def test_a_page_of_vertical_writing_has_none() -> None:
    page, pen = sheet()
    pen.rectangle((100, 300, 1000, 302), "black")
    upright = [line("竖排文字从上到下阅读的一行字", 1100 - 40 * n, 400, 1130 - 40 * n, 900) for n in range(5)]  # fmt: skip # noqa: E501
    assert page_rules(page, upright) == NO_RULES


def test_a_tiny_picture_has_none() -> None:
    assert find_rules(Image.new("RGB", (2, 2), "white"), []) == NO_RULES


def test_rules_inside_a_place_end_at_its_edges() -> None:
    rules = Rules((Rect(0, 50, 100, 52), Rect(0, 500, 100, 502)), (Rect(50, 0, 52, 200),))
    assert rules.inside(Rect(10, 20, 90, 300)) == Rules(
        (Rect(10, 50, 90, 52),), (Rect(50, 20, 52, 200),)
    )


def test_a_short_rule_beside_lines_of_text_is_found() -> None:
    page, pen = sheet()
    lines = [written(pen, TEXT, 80, 60 + 30 * row, 22) for row in range(50)]
    pen.rectangle((900, 312, 979, 313), "black")
    assert near(find_rules(page, placed(lines)).horizontal, [(900, 312, 980, 314)])
