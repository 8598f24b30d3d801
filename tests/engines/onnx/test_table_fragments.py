from __future__ import annotations

from collections.abc import Sequence

import pytest
from PIL import Image, ImageDraw

from paddleocr_vl_service.engines.onnx.line_geometry import PlacedLine, place
from paddleocr_vl_service.engines.onnx.table_fragments import cut_line, split_text
from tests.engines.onnx.table_samples import (
    LEVEL,
    WHITE,
    font,
    line,
)


def printed(parts: Sequence[tuple[str, int]], rule: int | None = None) -> tuple[PlacedLine, Image.Image]:  # fmt: skip # noqa: E501
    """One line with its parts at their places, perhaps with an upright rule."""
    page = WHITE.copy()
    pen, face = ImageDraw.Draw(page), font(20)
    right = 0.0
    for text, left in parts:
        pen.text((left, 100), text, "black", face)
        right = left + face.getlength(text)
    if rule is not None:
        pen.line((rule, 60, rule, 160), "black", 2)
    whole = line(" ".join(text for text, _ in parts), parts[0][1] - 2, 97, right + 2, 127)
    return place(whole, LEVEL), page


def test_a_line_is_cut_at_a_wide_gap() -> None:
    one, page = printed([("65.6 ± 1.4", 50), ("60.0", 190), ("and more", 300)])
    cut = cut_line(one, page)
    assert [fragment.text for fragment in cut] == ["65.6 ± 1.4", "60.0", "and more"]
    assert [abs(fragment.rect.left - left) < 4 for fragment, left in zip(cut, (50, 190, 300), strict=True)] == [True] * 3  # fmt: skip # noqa: E501


def test_a_line_is_cut_at_a_rule_between_close_words() -> None:
    width = font(20).getlength("seven")
    one, page = printed([("seven", 50), ("thirty", 50 + round(width) + 10)], 55 + round(width))
    assert [fragment.text for fragment in cut_line(one, page)] == ["seven", "thirty"]
    plain, page = printed([("seven", 50), ("thirty", 50 + round(width) + 10)])
    assert [fragment.text for fragment in cut_line(plain, page)] == ["seven thirty"]


def test_running_text_and_blank_pages_are_not_cut() -> None:
    one, page = printed([("the quick brown fox jumps over the lazy dog", 50)])
    assert [fragment.text for fragment in cut_line(one, page)] == [one.text]
    assert [fragment.text for fragment in cut_line(one, WHITE)] == [one.text]
    faint = Image.effect_noise((800, 600), 4).convert("RGB")
    spaced = place(line("one two", 50, 100, 350, 120), LEVEL)
    ImageDraw.Draw(faint).rectangle((150, 90, 300, 130), fill=(128, 128, 128))
    assert [fragment.text for fragment in cut_line(spaced, faint)] == ["one two"]
    outside = place(line("off the page", 900, 700, 1000, 720), LEVEL)
    assert [fragment.text for fragment in cut_line(outside, WHITE)] == ["off the page"]


@pytest.mark.parametrize(
    ("text", "widths", "expected"),
    [
        ("7,655 8,809 10,122", [50, 50, 60], ["7,655", "8,809", "10,122"]),
        ("one two three", [70, 50], ["one two", "three"]),
        ("营业收入归母净利润", [40, 50], ["营业收入", "归母净利润"]),
        ("12345678", [40, 40], None),
        ("a bcdefghijklmnopqrst", [100, 100], None),
    ],
)
def test_text_is_split_only_where_it_may_be(
    text: str, widths: list[float], expected: list[str] | None
) -> None:
    assert split_text(text, widths) == expected
