from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from paddleocr_vl_service.engines.onnx.line_geometry import Rect
from paddleocr_vl_service.engines.onnx.model_files import model_path
from paddleocr_vl_service.engines.onnx.table_grid import CellSpan, Slot, lay_out
from paddleocr_vl_service.engines.onnx.table_structure import (
    MAX_TOKENS,
    TableStructure,
    TableStructureModel,
    decode,
    output_tags,
)
from tests.engines.onnx.table_samples import Cell, Style, render

LISTED = (
    "<thead>", "<tr>", "<td>", "</td>", "</tr>", "</thead>", "<tbody>", "</tbody>", "<td", ">",
    ' colspan="2"', ' rowspan="2"', ' rowspan="10"', ' colspan="999"',
)  # fmt: skip
TAGS = output_tags(LISTED)
CELL = "<td></td>"


@pytest.fixture(scope="module")
def model() -> TableStructureModel:
    return TableStructureModel(model_path("table_structure"), threads=1)


def decoded(
    tags: Sequence[str],
    boxes: Sequence[tuple[float, float, float, float]] = (),
    probability: float = 1.0,
) -> TableStructure | None:
    """Decode a stream of tags; boxes belong to the cells in turn."""
    probabilities = np.full((len(tags), len(TAGS)), 0.0, dtype=np.float32)
    places = np.zeros((len(tags), 4), dtype=np.float32)
    remaining = iter(boxes)
    for step, tag in enumerate(tags):
        probabilities[step, TAGS.index(tag)] = probability
        if tag in {CELL, "<td"}:
            places[step] = next(remaining, (0.0, 0.0, 0.0, 0.0))
    return decode(probabilities, places, TAGS)


def slots(structure: TableStructure | None) -> list[Slot]:
    assert structure is not None
    return [cell.slot for cell in structure.cells]


def covers_once(rows: int, columns: int, found: Sequence[Slot]) -> bool:
    places = sorted(
        (row, column)
        for slot in found
        for row in range(slot.row, slot.row_end)
        for column in range(slot.column, slot.column_end)
    )
    return places == [(row, column) for row in range(rows) for column in range(columns)]


def test_a_cell_without_spans_is_one_class_before_the_last() -> None:
    assert TAGS[0] == "sos"
    assert TAGS[-2:] == (CELL, "eos")
    assert "<td>" not in TAGS
    assert len(TAGS) == len(LISTED) + 2


def test_tags_become_a_grid_with_spans_and_a_head() -> None:
    structure = decoded([
        "sos", "<thead>",
        "<tr>", "<td", ' rowspan="2"', ">", "</td>", "<td", ' colspan="2"', ">", "</td>", "</tr>",
        "<tr>", CELL, CELL, "</tr>", "</thead>",
        "<tbody>", "<tr>", CELL, CELL, CELL, "</tr>", "</tbody>", "eos", "<tr>", CELL,
    ])  # fmt: skip
    assert structure is not None
    assert (structure.rows, structure.columns, structure.header_rows) == (3, 3, 2)
    assert slots(structure) == [
        Slot(0, 0, 2, 1),
        Slot(0, 1, 1, 2),
        Slot(1, 1),
        Slot(1, 2),
        Slot(2, 0),
        Slot(2, 1),
        Slot(2, 2),
    ]
    assert structure.ragged == 0


def test_each_cell_keeps_its_box_and_what_is_filled_up_has_none() -> None:
    boxes = [(0.1, 0.1, 0.2, 0.2), (0.9, 0.4, 0.5, 0.3), (-1.0, 0.5, 0.3, 7.0)]
    structure = decoded(["sos", "<tr>", CELL, "</tr>", "<tr>", CELL, CELL, "</tr>", "eos"], boxes)
    assert structure is not None
    assert structure.ragged == 1
    rects = {cell.slot: pytest.approx(tuple(cell.rect)) for cell in structure.cells}
    assert rects == {
        Slot(0, 0): (0.1, 0.1, 0.2, 0.2),
        Slot(0, 1): (0.0, 0.0, 0.0, 0.0),
        Slot(1, 0): (0.5, 0.3, 0.9, 0.4),
        Slot(1, 1): (0.0, 0.5, 0.3, 1.0),
    }


def test_the_score_is_the_mean_probability_of_the_tags_before_the_end() -> None:
    structure = decoded(["sos", "<tr>", CELL, "eos"], probability=0.5)
    assert structure is not None
    assert structure.score == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ([], None),
        (["sos", "eos"], None),
        (["<tr>", "</tr>", "</td>", ">", ' colspan="2"', "</thead>", "eos"], None),
        (["eos", CELL, "eos", CELL], [Slot(0, 0)]),
        ([CELL, "</tr>", CELL, "</tr>", "</tr>"], [Slot(0, 0), Slot(1, 0)]),
        ([' colspan="2"', CELL, ' colspan="2"', CELL], [Slot(0, 0), Slot(0, 1)]),
        (["<tr>", "<td", ' colspan="2"', "<tr>", CELL], [Slot(0, 0, 1, 2), Slot(1, 0), Slot(1, 1)]),
        (["<tr>", "<td", ' rowspan="10"', ">", CELL, "<tr>"], [Slot(0, 0), Slot(0, 1)]),
        (["<td", ' colspan="999"', ">"], [Slot(0, 0, 1, 20)]),
    ],
)  # fmt: skip
def test_tags_in_disorder_do_no_harm(tags: list[str], expected: list[Slot] | None) -> None:
    structure = decoded(tags)
    assert (structure and slots(structure)) == expected


def test_a_head_after_the_first_row_is_none() -> None:
    structure = decoded(["<tr>", CELL, "</tr>", "<thead>", "<tr>", CELL, "</tr>", "</thead>"])
    assert structure is not None
    assert structure.header_rows == 0


def test_more_tags_than_the_limit_are_not_read() -> None:
    structure = decoded(["sos", *["<tr>", CELL] * MAX_TOKENS])
    assert structure is not None
    assert structure.rows <= MAX_TOKENS // 2


@given(st.lists(st.sampled_from(TAGS), max_size=80), st.integers(0, 2**32 - 1))
@settings(max_examples=150, deadline=None)
def test_any_stream_of_tags_gives_a_whole_grid(tags: list[str], seed: int) -> None:
    rng = np.random.default_rng(seed)
    probabilities = (rng.random((len(tags), len(TAGS))) / 2).astype(np.float32)
    for step, tag in enumerate(tags):
        probabilities[step, TAGS.index(tag)] = 1.0
    odd = np.array([np.nan, np.inf, -1.0, 0.0, 0.4, 1.0])
    boxes = rng.choice(odd, (len(tags), 4)).astype(np.float32)
    structure = decode(probabilities, boxes, TAGS)
    if structure is not None:
        assert covers_once(structure.rows, structure.columns, slots(structure))
        assert 0 <= structure.header_rows <= structure.rows
        assert all(
            0 <= cell.rect.left <= cell.rect.right <= 1
            and 0 <= cell.rect.top <= cell.rect.bottom <= 1
            for cell in structure.cells
        )


def test_a_span_ends_where_another_cell_stands() -> None:
    rows = [[CellSpan(1, 8)], [CellSpan(), CellSpan(2, 1)], [CellSpan(1, 5), CellSpan()]]
    grid = lay_out(rows)
    assert grid.slots[1:5] == (Slot(1, 0), Slot(1, 1, 2, 1), Slot(2, 0, 1, 1), Slot(2, 2))
    assert covers_once(grid.rows, grid.columns, grid.slots)


def test_a_span_ends_above_a_row_that_is_full_without_it() -> None:
    head = [[CellSpan(3, 1), CellSpan(1, 2)], [CellSpan(), CellSpan()]]
    grid = lay_out([*head, [CellSpan()] * 3, [CellSpan()] * 3])
    assert grid.slots[0] == Slot(0, 0, 2, 1)
    assert (grid.rows, grid.columns, grid.ragged) == (4, 3, 0)


def test_groups_of_rows_keep_their_spans() -> None:
    group = [[CellSpan(3, 1), CellSpan()], [CellSpan()], [CellSpan()]]
    grid = lay_out([*group, *group])
    assert [slot for slot in grid.slots if slot.rows > 1] == [Slot(0, 0, 3, 1), Slot(3, 0, 3, 1)]
    assert grid.ragged == 0


SPANNED = [
    [Cell("Region", 2), Cell("First half", 1, 2), Cell("Second half", 1, 2)],
    ["Q1", "Q2", "Q3", "Q4"],
    ["North", "12.5", "13.1", "9.80", "10.2"],
    ["South", "7.25", "8.00", "6.75", "7.10"],
    ["Coast and islands", "31.0", "29.4", "33.3", "35.9"],
    ["Harbour", "5.00", "5.25", "4.75", "5.10"],
]
GROUPED = [
    ["Group", "Part", "Length", "Weight"],
    [Cell("Alpha", 2), "first", "12", "4.50"],
    ["second", "15", "6.25"],
    [Cell("Beta", 2), "first", "22", "7.75"],
    ["second", "25", "9.10"],
]


@pytest.mark.parametrize("style", ["ruled", "booktabs", "borderless"])
@pytest.mark.parametrize(
    ("rows", "shape", "spans"),
    [
        (SPANNED, (6, 5, 2), [Slot(0, 0, 2, 1), Slot(0, 1, 1, 2), Slot(0, 3, 1, 2)]),
        (GROUPED, (5, 4, 1), [Slot(1, 0, 2, 1), Slot(3, 0, 2, 1)]),
    ],
)
def test_the_model_sees_rows_columns_spans_and_head(
    model: TableStructureModel,
    style: Style,
    rows: list[list[Cell | str]],
    shape: tuple[int, int, int],
    spans: list[Slot],
) -> None:
    table = render(rows, style, header_rows=shape[2])
    structure = model.recognise(table.page, Rect(*table.box))
    assert structure is not None
    assert (structure.rows, structure.columns, structure.header_rows) == shape
    assert [slot for slot in slots(structure) if slot.rows * slot.columns > 1] == spans
    assert structure.score > 0.9


def test_boxes_are_pixels_of_the_page(model: TableStructureModel) -> None:
    rows = [["Station", "Depth"], ["Harbour", "12.5"], ["Lagoon", "40.1"]]
    table = render(rows, origin=(300, 200))
    structure = model.recognise(table.page, Rect(*table.box))
    assert structure is not None
    assert len(structure.cells) == len(table.lines) == 6
    for cell, line in zip(structure.cells, table.lines, strict=True):
        left, top, right, bottom = line.box
        assert left < cell.rect.middle_x < right
        assert top < cell.rect.middle_y < bottom


def test_an_empty_region_has_no_structure(model: TableStructureModel) -> None:
    page = Image.new("RGB", (50, 40), "white")
    assert model.recognise(page, Rect(20, 20, 20, 30)) is None
    assert model.recognise(page, Rect(60, 10, 90, 30)) is None


def test_the_model_is_loaded_with_the_first_table(tmp_path: Path) -> None:
    absent = TableStructureModel(tmp_path / "absent.onnx", threads=1)
    page = Image.new("RGB", (50, 40), "white")
    assert absent.recognise(page, Rect(60, 10, 90, 30)) is None
    with pytest.raises(Exception, match=r"absent\.onnx"):
        absent.recognise(page, Rect(0, 0, 50, 40))
