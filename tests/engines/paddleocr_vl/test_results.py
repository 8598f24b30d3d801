"""Pages as upstream returns them, into pages of our own."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from paddleocr_vl_service.engines.paddleocr_vl.readings import Reading
from paddleocr_vl_service.engines.paddleocr_vl.results import TYPES, page_result
from paddleocr_vl_service.models.document import Element, ElementType, PageResult, Region

Box = tuple[float, float, float, float]


def block(
    label: str, box: Box, text: str = "text", *, group: int | None = None, points: Any = None
) -> SimpleNamespace:
    """As one of upstream's ``PaddleOCRVLBlock``."""
    whole = [int(value) for value in box]
    return SimpleNamespace(
        label=label, bbox=whole, content=text, group_id=group, polygon_points=points
    )


def detected(label: str, box: Box, score: float) -> dict[str, Any]:
    return {"label": label, "coordinate": list(box), "score": score}


def page(
    *blocks: SimpleNamespace,
    boxes: tuple[dict[str, Any], ...] = (),
    layout: bool = True,
    angle: int = -1,
    spotted: Any = None,
    readings: Any = None,
) -> PageResult:
    result: dict[str, Any] = {
        "width": 600,
        "height": 800,
        "parsing_res_list": list(blocks),
        "layout_det_res": {"boxes": list(boxes)},
        "model_settings": {"use_layout_detection": layout},
        "doc_preprocessor_res": {"angle": angle},
    }
    if spotted is not None:
        result["spotting_res"] = spotted
    return page_result(result, readings or {}, 3)


def only(found: PageResult) -> Element:
    (element,) = found.elements
    return element


A: Box = (10.7, 20.2, 110.9, 60.5)
A_WHOLE = (10, 20, 110, 60)


def test_the_score_of_the_layout_box_is_the_blocks() -> None:
    element = only(page(block("text", A), boxes=(detected("text", A, 0.87654),)))
    assert element.layout_confidence == 0.8765
    assert element.bbox == A_WHOLE
    assert element.recognition_confidence is None


def test_equal_boxes_take_their_scores_in_order() -> None:
    found = page(
        block("text", A, "one"),
        block("text", A, "two"),
        boxes=(detected("text", A, 0.9), detected("text", A, 0.5)),
    )
    assert [(each.text, each.layout_confidence) for each in found.elements] == [
        ("one", 0.9),
        ("two", 0.5),
    ]


def test_a_box_that_upstream_moved_takes_the_nearest_of_its_label() -> None:
    near = (12.0, 22.0, 112.0, 62.0)
    found = page(
        block("text", A),
        boxes=(
            detected("table", A, 0.99),
            detected("text", (400.0, 400.0, 500.0, 500.0), 0.98),
            detected("text", near, 0.7),
        ),
    )
    assert only(found).layout_confidence == 0.7


def test_a_box_that_nothing_was_detected_at_has_no_confidence() -> None:
    far = detected("text", (300.0, 300.0, 400.0, 400.0), 0.9)
    assert only(page(block("text", A), boxes=(far,))).layout_confidence is None


def test_without_layout_detection_there_is_no_layout_confidence() -> None:
    found = page(block("ocr", A), boxes=(detected("ocr", A, 1.0),), layout=False)
    assert only(found).layout_confidence is None


def test_blocks_that_were_read_together_are_one_element() -> None:
    lower: Box = (300, 20, 400, 90)
    found = page(
        block("text", A, "over two columns", group=4),
        block("text", lower, "", group=4),
        block("text", (0, 700, 10, 710), "alone"),
        boxes=(detected("text", A, 0.9), detected("text", lower, 0.6)),
    )
    joined, alone = found.elements
    assert joined.text == "over two columns"
    assert joined.bbox == (10, 20, 400, 90)
    assert joined.layout_confidence == 0.6
    assert joined.regions == (Region(3, A_WHOLE), Region(3, (300, 20, 400, 90)))
    assert alone.regions == ()
    assert (joined.order, alone.order) == (0, 1)


def test_headers_footers_and_numbers_have_no_place_in_the_flow() -> None:
    found = page(
        block("header", (0, 0, 50, 10)),
        block("text", A),
        block("number", (0, 790, 10, 800), "3"),
        block("table", (10, 100, 200, 300), "<table><tr><td>1</td></tr></table>"),
    )
    assert [(each.type, each.order) for each in found.elements] == [
        (ElementType.TEXT, 0),
        (ElementType.TABLE, 1),
        (ElementType.HEADER, None),
        (ElementType.PAGE_NUMBER, None),
    ]


def test_an_outline_is_kept_where_it_is_no_upright_box() -> None:
    slanted = [[10, 20], [110, 25], [108, 60], [8, 55]]
    upright = [[10, 20], [110, 20], [110, 60], [10, 60]]
    assert only(page(block("text", A, points=slanted))).polygon == (
        (10, 20),
        (110, 25),
        (108, 60),
        (8, 55),
    )
    assert only(page(block("text", A, points=upright))).polygon is None
    assert only(page(block("text", A))).polygon is None


@pytest.mark.parametrize(("angle", "rotation"), [(-1, 0), (0, 0), (90, 270), (180, 180), (270, 90)])
def test_rotation_is_clockwise(angle: int, rotation: int) -> None:
    assert page(angle=angle).rotation == rotation


def test_spotting_gives_a_line_an_outline_each() -> None:
    found = page(
        block("spotting", (0, 0, 600, 800), "raw"),
        spotted={
            "rec_texts": ["one", "two"],
            "rec_polys": [
                [[1, 2], [30, 4], [29, 12], [0, 10]],
                [[1, 20], [9, 20], [9, 29], [1, 29]],
            ],
        },
        layout=False,
    )
    assert [(each.text, each.bbox) for each in found.elements] == [
        ("one", (0, 2, 30, 12)),
        ("two", (1, 20, 9, 29)),
    ]
    assert found.elements[0].polygon is not None


def test_what_is_known_of_a_reading_goes_to_its_block() -> None:
    readings = {("text", A_WHOLE): [Reading(0.91), Reading(0.5, truncated=True)]}
    found = page(block("text", A, "one"), block("text", A, "two"), readings=readings)
    assert [each.recognition_confidence for each in found.elements] == [0.91, 0.5]
    assert [each.truncated for each in found.elements] == [False, True]
    (notice,) = found.warnings
    assert (notice.code, notice.page) == ("text-truncated", 3)
    assert notice.message.startswith("One part of the page could not be read to the end")


def test_an_element_without_text_has_no_source_and_no_recognition_confidence() -> None:
    found = only(page(block("image", A, ""), readings={("image", A_WHOLE): [Reading(0.9)]}))
    assert found.text_source is None
    assert found.recognition_confidence is None


def test_contents_by_kind() -> None:
    found = page(
        block("table", (0, 0, 9, 9), "<table><tr><td>1</td><td>2</td></tr></table>"),
        block("display_formula", (0, 10, 9, 19), "$$x^2$$"),
        block("chart", (0, 20, 9, 29), "a | b\n1 | 2"),
        block("seal", (0, 30, 9, 39), "City of\nBristol"),
        block("doc_title", (0, 40, 9, 49), "A title\non two lines"),
        block("table", (0, 50, 9, 59), "no table after all"),
        block("something_new", (0, 60, 9, 69), "text"),
    )
    table, formula, chart, seal, title, failed, unknown = found.elements
    assert (table.text, table.html) == ("1\t2", "<table><tr><td>1</td><td>2</td></tr></table>")
    assert (formula.text, formula.latex) == ("x^2", "x^2")
    assert chart.html is not None
    assert chart.text == "a\tb\n1\t2"
    assert (seal.type, seal.text) == (ElementType.SEAL, "City of\nBristol")
    assert (title.type, title.text) == (ElementType.TITLE, "A title on two lines")
    assert (failed.type, failed.text, failed.html) == (
        ElementType.TABLE,
        "no table after all",
        None,
    )
    assert unknown.type is ElementType.TEXT


def test_every_label_of_upstream_is_known() -> None:
    names = """abstract algorithm aside_text chart content display_formula doc_title figure_title
        footer footer_image footnote formula_number header header_image image inline_formula number
        paragraph_title reference reference_content seal table text vertical_text vision_footnote
        ocr formula spotting"""
    assert set(names.split()) == TYPES.keys()
