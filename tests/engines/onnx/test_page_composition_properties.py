"""What holds for every page, however it is set."""

from __future__ import annotations

from collections import Counter
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paddleocr_vl_service.engines.onnx.page_composition import compose_page
from paddleocr_vl_service.engines.onnx.types import LayoutLabel, LayoutRegion, ReadLine
from paddleocr_vl_service.models.document import Element
from tests.engines.onnx.page_layouts import two_columns

WIDTH, HEIGHT = 800, 1000
few = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
_texts = st.sampled_from(
    [
        "word",
        "two words",
        "a line of several words in a row",
        "•",
        "1.",
        "17",
        "x = 1",
        "研究对象",
        "3.1 Method",
        "Fig. 2: A",
        "(3)",
        "end-",
        "*note",
        "iv",
        "12%",
        "a",
        "E. A. Poe (1849).",
    ]
)


@st.composite
def read_lines(draw: st.DrawFn, most: int = 24) -> list[ReadLine]:
    """Lines anywhere, some partly off the page, some on their side."""
    lines = []
    for place in range(draw(st.integers(0, most))):
        left, top = draw(st.integers(-20, WIDTH)), draw(st.integers(-20, HEIGHT))
        across, down = draw(st.integers(1, 500)), draw(st.integers(1, 60))
        if draw(st.integers(0, 9)) == 0:
            across, down = down, across
        rise = draw(st.sampled_from([0, 0, 0, 3, -3]))
        quad = (
            (float(left), float(top)),
            (float(left + across), float(top + rise)),
            (float(left + across), float(top + down + rise)),
            (float(left), float(top + down)),
        )
        lines.append(ReadLine(f"{draw(_texts)}", draw(st.sampled_from([0.5, 0.9])), quad))
        if place and draw(st.integers(0, 9)) == 0:
            lines.append(lines[0])
    return lines


@st.composite
def regions(draw: st.DrawFn) -> list[LayoutRegion]:
    """Advice that need not make sense."""
    found = []
    for _ in range(draw(st.integers(0, 5))):
        left, top = draw(st.integers(-10, WIDTH)), draw(st.integers(-10, HEIGHT))
        right, bottom = left + draw(st.integers(0, WIDTH)), top + draw(st.integers(0, 700))
        box = (float(left), float(top), float(right), float(bottom))
        label = draw(st.sampled_from(list(LayoutLabel)))
        found.append(LayoutRegion(label, draw(st.sampled_from([0.3, 0.6, 0.95])), box))
    return found


def characters(texts: list[str]) -> Counter[str]:
    """Everything but spaces, and the hyphens that joining may remove."""
    return Counter(char for text in texts for char in text if not char.isspace() and char != "-")


@given(read_lines(), regions())
@few
def test_no_line_is_lost_or_told_twice(lines: list[ReadLine], advice: list[LayoutRegion]) -> None:
    elements = compose_page(lines, advice, 1, WIDTH, HEIGHT)
    written = characters([element.text for element in elements])
    assert written == characters([line.text for line in lines])


@given(read_lines(), regions(), st.randoms())
@few
def test_the_order_of_lines_and_regions_does_not_matter(
    lines: list[ReadLine], advice: list[LayoutRegion], random: Random
) -> None:
    expected = compose_page(lines, advice, 1, WIDTH, HEIGHT)
    lines, advice = list(lines), list(advice)
    random.shuffle(lines)
    random.shuffle(advice)
    assert compose_page(lines, advice, 1, WIDTH, HEIGHT) == expected


@given(read_lines(), regions())
@few
def test_all_coordinates_are_on_the_page_and_the_order_has_no_gaps(
    lines: list[ReadLine], advice: list[LayoutRegion]
) -> None:
    elements = compose_page(lines, advice, 3, WIDTH, HEIGHT)
    for element in elements:
        left, top, right, bottom = element.bbox
        assert 0 <= left <= right <= WIDTH
        assert 0 <= top <= bottom <= HEIGHT
        assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in element.polygon or ())
        assert element.page == 3
    orders = [element.order for element in elements]
    in_flow = [order for order in orders if order is not None]
    assert in_flow == list(range(len(in_flow)))
    assert orders == in_flow + [None] * (len(orders) - len(in_flow))


@given(read_lines(), regions(), st.sampled_from([2, 4]))
@few
def test_a_page_at_another_resolution_has_the_same_structure(
    lines: list[ReadLine], advice: list[LayoutRegion], factor: int
) -> None:
    larger = compose_page(
        [scaled_line(line, factor) for line in lines],
        [scaled_region(region, factor) for region in advice],
        1,
        WIDTH * factor,
        HEIGHT * factor,
    )
    expected = compose_page(lines, advice, 1, WIDTH, HEIGHT)
    assert [structure(element) for element in larger] == [
        structure(element) for element in expected
    ]


def test_a_real_layout_at_a_third_of_the_resolution_has_the_same_structure() -> None:
    page = two_columns()
    small = [scaled_line(line, 1 / 3) for line in page.lines]
    assert [structure(element) for element in compose_page(small, [], 2, 334, 467)] == [
        structure(element) for element in page.compose()
    ]


def structure(element: Element) -> tuple[object, ...]:
    return (element.type, element.text, element.order)


def scaled_line(line: ReadLine, factor: float) -> ReadLine:
    a, b, c, d = ((x * factor, y * factor) for x, y in line.quad)
    return ReadLine(line.text, line.score, (a, b, c, d), line.source)


def scaled_region(region: LayoutRegion, factor: int) -> LayoutRegion:
    left, top, right, bottom = (value * factor for value in region.box)
    return LayoutRegion(region.label, region.score, (left, top, right, bottom))
