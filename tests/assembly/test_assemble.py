from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from paddleocr_vl_service.assembly.assemble import assemble, assembled
from paddleocr_vl_service.models.document import (
    Element,
    ElementType,
    EngineInfo,
    Notice,
    PageError,
    PageResult,
)

from .pages import PROSE, make, page, text, texts

ENGINE = EngineInfo("e", "m", "r")


def test_a_whole_document() -> None:
    def report(number: int, *elements: Element) -> PageResult:
        return page(
            number,
            text("A Report", 60, box=(100, 60, 200, 80)),
            *elements,
            text(str(number), 1350, box=(490, 1350, 510, 1370)),
        )

    pages = (
        report(
            1,
            make(ElementType.TITLE, "Of Things", 150, line_height=40.0),
            make(ElementType.HEADING, "1 Why", 250, line_height=28.0),
            text(PROSE, 300, lines=20),
            make(ElementType.FOOTNOTE, "1 A note.", 1250),
            text("It goes on and on until the", 1150, lines=3),
        ),
        report(
            2, text("very end.", 150), make(ElementType.HEADING, "1.1 How", 250, line_height=24.0)
        ),
        report(
            3,
            make(ElementType.CAPTION, "Figure 1", 500),
            make(ElementType.IMAGE, "", 200, lines=11),
        ),
    )
    assert texts(assembled(pages)) == [
        [
            "Of Things",
            "1 Why",
            PROSE,
            "It goes on and on until the very end.",
            "1 A note.",
            "A Report",
            "1",
        ],
        ["1.1 How", "A Report", "2"],
        ["", "Figure 1", "A Report", "3"],
    ]
    levels = [
        each.level
        for one in assembled(pages)
        for each in one.elements
        if each.type.value == "heading"
    ]
    assert levels == [1, 2]


def test_pages_that_failed_and_notices_are_kept() -> None:
    notice, warning = Notice("a", "A."), Notice("b", "B.", 1)
    one = PageResult(
        1, 10, 20, 90, (Element(ElementType.TEXT, "x", (0, 0, 1, 1), 1, 0),), (warning,)
    )
    error = PageError(2, "page-failed", "No.")
    document = assemble(3, [one, error], [notice], ENGINE)
    assert document.page_count == 3
    assert [(each.page, each.rotation) for each in document.pages] == [(1, 90)]
    assert document.warnings == (notice, warning)
    assert document.errors == (error,)
    assert [each.text for each in document.elements] == ["x"]


def test_no_pages_are_an_empty_document() -> None:
    assert assemble(1, [], [], ENGINE).elements == ()


CONTENT = st.sampled_from(
    ["A Report", "3", "iv", "1 Why", "2 How", "1.1 What", "Chapter 2", "words go on", "and end.",
     "in-", "clude", "• one", "1. one", "2. two", "Table 1: x", "Figure 2", "中文的", "句子。", ""]
)  # fmt: skip
HTML = st.sampled_from(
    [
        "<table><tr><td>a</td></tr></table>",
        "<table><tr><td rowspan=9>a</td></tr></table>",
        "<table",
        "",
    ]
)


@st.composite
def results(draw: st.DrawFn) -> tuple[PageResult, ...]:
    numbers = draw(st.lists(st.integers(1, 7), max_size=5, unique=True))
    return tuple(draw(one_page(number)) for number in numbers)


@st.composite
def one_page(draw: st.DrawFn, number: int) -> PageResult:
    elements = []
    for order in range(draw(st.integers(0, 7))):
        kind = draw(st.sampled_from(list(ElementType)))
        left, top = draw(st.integers(0, 900)), draw(st.sampled_from([20, 60, 300, 700, 1200, 1350]))
        box = (left, top, left + draw(st.integers(0, 800)), top + draw(st.integers(0, 300)))
        elements.append(
            Element(
                kind,
                draw(CONTENT) + f" ⟨{number}.{order}⟩" * draw(st.booleans()),
                box,
                number,
                draw(st.sampled_from([order, order, order, None])),
                html=draw(HTML) if kind is ElementType.TABLE else None,
                line_height=draw(st.sampled_from([None, 20.0, 24.0, 40.0])),
                bold=draw(st.booleans()),
            )
        )
    return PageResult(number, 1000, 1400, elements=tuple(elements))


def characters(pages: tuple[PageResult, ...]) -> Counter[str]:
    """All that is written outside tables, without spaces and the hyphens of broken words."""
    return Counter(
        char
        for each in pages
        for element in each.elements
        if element.type is not ElementType.TABLE
        for char in element.text
        if not char.isspace() and char != "-"
    )


@settings(max_examples=100, deadline=None)
@given(results())
def test_nothing_is_lost_or_told_twice(pages: tuple[PageResult, ...]) -> None:
    result = assembled(pages)
    assert characters(result) == characters(pages)
    before = Counter((e.page, e.bbox) for each in pages for e in each.elements)
    after: Counter[tuple[int, tuple[int, int, int, int]]] = Counter()
    for each in result:
        for element in each.elements:
            parts = [(part.page, part.bbox) for part in element.regions]
            after.update(parts or [(element.page, element.bbox)])
            assert not parts or parts[0] == (element.page, element.bbox)
    assert after == before


@settings(max_examples=100, deadline=None)
@given(results())
def test_orders_count_from_0_and_levels_from_1(pages: tuple[PageResult, ...]) -> None:
    result = assembled(pages)
    for each in result:
        flow = [element.order for element in each.elements if element.order is not None]
        assert flow == list(range(len(flow)))
        assert [element.order is None for element in each.elements] == sorted(
            element.order is None for element in each.elements
        )
    placed = [element for each in result for element in each.elements if element.order is not None]
    levels = {each.level for each in placed if each.type is ElementType.HEADING}
    assert levels == set(range(1, len(levels) + 1))
    assert sum(each.type is ElementType.TITLE for each in placed) <= 1
    assert assembled(pages) == result
