import pytest

from paddleocr_vl_service.assembly.captions import put_captions_at_their_floats
from paddleocr_vl_service.assembly.footnotes import put_footnotes_last
from paddleocr_vl_service.models.document import ElementType

from .pages import make, page, text, texts


def test_footnotes_end_the_page_before_what_stands_beside_it() -> None:
    pages = (
        page(
            1,
            text("left column", 200),
            make(ElementType.FOOTNOTE, "1 first", 1200),
            text("right column", 200),
            make(ElementType.FOOTNOTE, "2 second", 1200),
            make(ElementType.FOOTER, "footer", 1350),
        ),
    )
    result = put_footnotes_last(pages)
    assert texts(result) == [["left column", "right column", "1 first", "2 second", "footer"]]
    assert [each.order for each in result[0].elements] == [0, 1, 2, 3, None]


TABLE = make(ElementType.TABLE, "table", 400, lines=8)
IMAGE = make(ElementType.IMAGE, "", 800, lines=8)


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ([("Table 1: x", 370), TABLE, ("prose", 700)], ["Table 1: x", "table", "prose"]),
        ([TABLE, ("prose", 700), ("Table 1: x", 370)], ["Table 1: x", "table", "prose"]),
        ([("Table 1: x", 600), ("prose", 200), TABLE], ["prose", "table", "Table 1: x"]),
        ([("Figure 1: x", 780), ("prose", 200), IMAGE], ["prose", "Figure 1: x", ""]),
        ([("Figure 1: x", 1000), ("prose", 200), IMAGE], ["prose", "", "Figure 1: x"]),
        # Nothing near: it stays where it is.
        ([("Table 1: x", 1200), ("prose", 200), TABLE], ["Table 1: x", "prose", "table"]),
        # The table is nearer, but the caption is the figure's.
        ([TABLE, ("Figure 1: x", 650), ("p", 200), IMAGE], ["table", "Figure 1: x", "p", ""]),
    ],
)
def test_captions_stand_at_what_they_belong_to(elements: list[object], expected: list[str]) -> None:
    made = [
        make(ElementType.CAPTION if each[0][0] in "TF" else ElementType.TEXT, *each)
        if isinstance(each, tuple)
        else each
        for each in elements
    ]
    assert texts(put_captions_at_their_floats((page(1, *made),))) == [expected]  # type: ignore[arg-type]


def test_one_caption_below_two_pictures_stays_after_both() -> None:
    pages = (
        page(
            1,
            make(ElementType.IMAGE, "left", 400, box=(100, 400, 480, 600)),
            make(ElementType.IMAGE, "right", 400, box=(520, 400, 900, 600)),
            make(ElementType.CAPTION, "Figure 1: both", 610),
        ),
    )
    assert put_captions_at_their_floats(pages) == pages
