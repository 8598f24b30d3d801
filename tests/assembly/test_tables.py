import pytest

from paddleocr_vl_service.assembly.flow import Pages
from paddleocr_vl_service.assembly.tables import join_tables
from paddleocr_vl_service.models.document import BBox, Element, ElementType
from paddleocr_vl_service.text.table_html import parse_table, write_table

from .pages import make, page, text, texts

HEAD = "<tr><th>Name</th><th>Age</th></tr>"


def table(rows: str, content: str, box: BBox = (100, 100, 900, 1300)) -> Element:
    return make(ElementType.TABLE, content, box[1], box=box, html=f"<table>{rows}</table>")


def row(*cells: str) -> str:
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


FIRST = table(HEAD + row("Ann", "3"), "Name\tAge\nAnn\t3")
SECOND = table(HEAD + row("Bo", "4"), "Name\tAge\nBo\t4")
PLAIN = table(row("Bo", "4"), "Bo\t4")


def html(pages: Pages) -> list[str | None]:
    return [each.html for one in pages for each in one.elements if each.html]


def test_the_repeated_head_goes() -> None:
    result = join_tables((page(1, FIRST), page(2, SECOND)))
    assert html(result) == [f"<table>{HEAD}{row('Ann', '3')}{row('Bo', '4')}</table>"]
    assert texts(result) == [["Name\tAge\nAnn\t3\nBo\t4"], []]
    assert [part.page for part in result[0].elements[0].regions] == [1, 2]


def test_over_three_pages_with_or_without_a_head() -> None:
    last = table(HEAD + row("Cy &amp; <b>Di</b>", "5"), "Name\tAge\nCy & Di\t5")
    result = join_tables((page(1, FIRST), page(2, PLAIN), page(3, last)))
    rows = row("Ann", "3") + row("Bo", "4") + row("Cy &amp; <b>Di</b>", "5")
    assert html(result) == [f"<table>{HEAD}{rows}</table>"]
    assert texts(result) == [["Name\tAge\nAnn\t3\nBo\t4\nCy & Di\t5"], [], []]


def test_captions_and_footnotes_do_not_count() -> None:
    result = join_tables(
        (
            page(
                1,
                make(ElementType.CAPTION, "Table 3: Ages", 75),
                FIRST,
                make(ElementType.FOOTNOTE, "1 A note.", 1320),
                make(ElementType.FOOTER, "footer", 1360),
            ),
            page(2, make(ElementType.CAPTION, "Table 3 (continued)", 75), PLAIN, text("So.", 1350)),
        )
    )
    assert texts(result) == [
        ["Table 3: Ages", "Name\tAge\nAnn\t3\nBo\t4", "1 A note.", "footer"],
        ["Table 3 (continued)", "So."],
    ]


def test_spans_count_as_columns_and_stay() -> None:
    wide = '<tr><td colspan="2">All</td></tr>'
    result = join_tables((page(1, FIRST), page(2, table(wide, "All"))))
    assert html(result) == [f"<table>{HEAD}{row('Ann', '3')}{wide}</table>"]


def test_the_body_of_the_table_goes_on() -> None:
    first = table(f"<thead>{HEAD}</thead><tbody>{row('Ann', '3')}</tbody>", "")
    second = table(f"<thead>{HEAD}</thead><tbody>{row('Bo', '4')}</tbody>", "")
    assert html(join_tables((page(1, first), page(2, second)))) == [
        f"<table><thead>{HEAD}</thead><tbody>{row('Ann', '3')}{row('Bo', '4')}</tbody></table>"
    ]


def test_a_head_with_other_numbers_is_no_repetition() -> None:
    first = table(row("Town", "Revenue in 2019") + row("a", "1"), "")
    second = table(row("Town", "Revenue in 2020") + row("b", "2"), "")
    (whole,) = html(join_tables((page(1, first), page(2, second))))
    assert whole is not None
    assert whole.count("Town") == 2


@pytest.mark.parametrize(
    "second",
    [
        page(2, make(ElementType.CAPTION, "Table 4: Weights", 75), PLAIN),
        page(2, text("Some prose comes first.", 75), PLAIN),
        page(2, table(row("a", "b", "c"), "")),
        page(2, table(row("Bo", "4"), "", (300, 100, 900, 1300))),
        page(2, table(row("Bo", "4"), "", (190, 100, 990, 1300))),
        page(2, table(row("Bo", "4"), "", (100, 800, 900, 1300))),
        page(2, table("<tr><td><table></table></td><td></td></tr>", "")),
        page(3, PLAIN),
    ],
)
def test_tables_of_their_own_stay(second: object) -> None:
    pages = (page(1, make(ElementType.CAPTION, "Table 3: Ages", 75), FIRST), second)
    assert join_tables(pages) == pages  # type: ignore[arg-type]


def test_a_table_in_the_upper_half_has_ended() -> None:
    early = table(row("Ann", "3"), "", (100, 100, 900, 400))
    pages = (page(1, early), page(2, PLAIN))
    assert join_tables(pages) == pages


@pytest.mark.parametrize(
    ("source", "columns"),
    [
        ("<table><tr><td>a</td><td>b</td></tr></table>", 2),
        ('<table border="1"><tr><td colspan="3">a</td></tr></table>', 3),
        ('<table><tr><td rowspan="2">a</td><td>b</td></tr><tr><td>c</td></tr></table>', 2),
        ("<table><thead><tr><th>a</th></tr></thead><tr><td>&lt;b&#62;<br></td></tr></table>", 1),
    ],
)
def test_tables_are_read_and_written_as_they_were(source: str, columns: int) -> None:
    parsed = parse_table(source)
    assert parsed is not None
    assert parsed.column_count == columns
    assert write_table(parsed) == source


def test_end_tags_may_be_absent() -> None:
    parsed = parse_table("<table><tr><td>a<td>b<tr><td colspan=x>c</table>")
    assert parsed is not None
    assert [[cell.text for cell in each.cells] for each in parsed.rows] == [["a", "b"], ["c"]]


@pytest.mark.parametrize(
    "source",
    [
        "",
        "text",
        "<table>",
        "<table></table>",
        "<table>loose<tr><td>a</td></tr></table>",
        "<table><tr><td>a</td></tr></table><table></table>",
        "<td>a</td>",
        "<!",
        "<table><tr><td <",
    ],
)
def test_what_is_no_single_table_is_none(source: str) -> None:
    assert parse_table(source) is None
