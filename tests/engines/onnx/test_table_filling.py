from __future__ import annotations

from dataclasses import replace

import pytest

from paddleocr_vl_service.engines.onnx.line_geometry import Rect
from paddleocr_vl_service.engines.onnx.table_filling import (
    Fit,
    assign,
    cell_text,
    fill,
    measure_fit,
)
from paddleocr_vl_service.engines.onnx.table_fragments import Fragment
from paddleocr_vl_service.engines.onnx.table_grid import Slot
from paddleocr_vl_service.engines.onnx.table_structure import (
    StructureCell,
    TableStructure,
)
from paddleocr_vl_service.engines.onnx.tables import (
    to_text,
)
from tests.engines.onnx.table_samples import (
    grid_structure,
    piece,
)


def test_text_goes_to_the_cell_that_it_lies_in() -> None:
    structure = grid_structure(2, 2, header_rows=1)
    pieces = [piece("d", 130, 45), piece("a", 5, 2), piece("c", 5, 44), piece("b", 120, 6)]
    table = fill(structure, pieces, assign(structure, pieces))
    assert to_text(table) == "a\tb\nc\td"
    assert measure_fit(structure, pieces, assign(structure, pieces)).plausible


def test_text_that_misses_its_cell_goes_where_row_and_column_cross() -> None:
    # The box of cell (1, 1) is guessed too far right; its column's text says where it should be.
    structure = grid_structure(3, 3)
    shifted = [
        StructureCell(cell.slot, cell.rect._replace(left=205.0, right=212.0))
        if cell.slot == Slot(1, 1)
        else cell
        for cell in structure.cells
    ]
    structure = TableStructure(3, 3, 0, tuple(shifted), 0.99)
    pieces = [
        piece(f"{row}{column}", column * 110 + 10, row * 40 + 5)
        for row in range(3)
        for column in range(3)
        if (row, column) != (1, 1)
    ]
    lone = piece("-", 122, 45, width=8)
    homes = assign(structure, [*pieces, lone])
    assert homes[-1].slot == Slot(1, 1)


def test_a_cell_reads_line_by_line_and_mends_broken_words() -> None:
    pieces = [piece("ments", 0, 24), piece("measure-", 62, 2), piece("Many", 0, 0)]
    assert cell_text(pieces) == "Many measurements"


def sheet(rows: int, columns: int, pitch: float = 40) -> list[Fragment]:
    return [
        piece(f"{row}.{column}", column * 110 + 10, row * pitch + 5)
        for row in range(rows)
        for column in range(columns)
    ]


def test_a_structure_with_the_right_cells_is_believed() -> None:
    structure, pieces = grid_structure(6, 3), sheet(6, 3)
    fit = measure_fit(structure, pieces, assign(structure, pieces))
    assert (fit.landed, fit.crowded, fit.torn, fit.empty_rows) == (1.0, 0.0, 0.0, 0.0)
    assert fit.plausible


@pytest.mark.parametrize(
    ("structure", "pieces", "wrong"),
    [
        (grid_structure(4, 1), sheet(4, 3), {"landed", "crowded"}),
        (grid_structure(9, 3), sheet(5, 3), {"empty_rows"}),
        (grid_structure(3, 3), [piece("x", 500, 500 + 30 * n) for n in range(5)], {"landed"}),
    ],
    ids=["columns in one", "rows without text", "text elsewhere"],
)
def test_a_structure_that_does_not_fit_is_not_believed(
    structure: TableStructure, pieces: list[Fragment], wrong: set[str]
) -> None:
    fit = measure_fit(structure, pieces, assign(structure, pieces))
    right = {"landed": 1.0, "crowded": 0.0, "torn": 0.0, "empty_rows": 0.0}
    assert not fit.plausible
    assert wrong <= {name for name, value in right.items() if getattr(fit, name) != value}


def test_neighbours_in_different_rows_are_not_believed() -> None:
    structure = grid_structure(4, 2)
    raised = tuple(
        StructureCell(slot, Rect(rect.left, rect.top - 40, rect.right, rect.bottom - 40))
        if slot.column == 1
        else StructureCell(slot, rect)
        for slot, rect in ((cell.slot, cell.rect) for cell in structure.cells)
    )
    structure = TableStructure(4, 2, 0, raised, 0.99)
    pieces = sheet(4, 2)
    fit = measure_fit(structure, pieces, assign(structure, pieces))
    assert fit.torn > 0.5
    assert not fit.plausible


@pytest.mark.parametrize(("score", "ragged"), [(0.4, 0), (0.99, 3)])
def test_an_unsure_or_ragged_structure_is_not_believed(score: float, ragged: int) -> None:
    good = grid_structure(6, 3)
    structure = TableStructure(6, 3, 0, good.cells, score, ragged)
    pieces = sheet(6, 3)
    assert not measure_fit(structure, pieces, assign(structure, pieces)).plausible


@pytest.mark.parametrize(
    "flaw",
    [
        {"landed": 0.6},
        {"crowded": 0.2},
        {"torn": 0.2},
        {"empty_rows": 0.4},
        {"ragged": 0.3},
        {"score": 0.5},
    ],
)
def test_one_flaw_is_enough_for_doubt(flaw: dict[str, float]) -> None:
    good = Fit(landed=1.0, crowded=0.0, torn=0.0, empty_rows=0.0, ragged=0.0, score=1.0)
    assert good.plausible
    assert not replace(good, **flaw).plausible
