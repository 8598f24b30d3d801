"""Finds rows, columns and cells of a table: SLANet (Li et al., PP-StructureV2, 2022), SLANet-1M.

The model looks at a picture of one table and writes its HTML tag by tag, with a box for every
cell. It may write anything: what comes out here is always a consistent grid.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from paddleocr_vl_service.engines.onnx.line_geometry import Rect
from paddleocr_vl_service.engines.onnx.sessions import FloatArray, Model, image_tensor
from paddleocr_vl_service.engines.onnx.table_grid import CellSpan, Slot, lay_out

INPUT_SIDE = 488
"""Pixels; the table's longer side is brought to it, the shorter one padded."""

MAX_TOKENS = 1024
"""Steps of the model's output that are looked at; SLANet-1M itself stops at about 500."""

_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_START, _END = "sos", "eos"
_PLAIN_CELL, _OPEN_CELL = "<td></td>", "<td"
_MAX_SPAN = 20
_SPAN = re.compile(r'\s*(rowspan|colspan)="(\d{1,3})"')


@dataclass(frozen=True)
class StructureCell:
    """A cell of a table.

    Attributes:
        slot: Its place in the grid.
        rect: Its content's place, in pixels of the image; the model guesses one for empty cells.
    """

    slot: Slot
    rect: Rect


@dataclass(frozen=True)
class TableStructure:
    """A table's grid, in which every place belongs to exactly one cell.

    Attributes:
        rows: Their number.
        columns: Their number.
        header_rows: How many rows at the top are the table's head.
        cells: Row by row.
        score: Mean probability of the tags, 0 to 1.
        ragged: Rows that the model left shorter than the widest one; they were filled up.
    """

    rows: int
    columns: int
    header_rows: int
    cells: tuple[StructureCell, ...]
    score: float
    ragged: int = 0


class TableStructureModel:
    """The table structure model. Its file is opened when the first table comes.

    Args:
        path: Its ONNX file, whose metadata list the tags it writes.
        threads: CPU threads to use.
    """

    def __init__(self, path: Path, threads: int) -> None:
        self._path, self._threads = path, threads
        self._loaded: tuple[Model, tuple[str, ...]] | None = None

    def recognise(self, image: Image.Image, region: Rect) -> TableStructure | None:
        """Find the cells of the table in a region of an RGB image.

        Boxes are in pixels of the image. None where the model sees no cell.
        """
        left, right = (min(max(round(x), 0), image.width) for x in (region.left, region.right))
        top, bottom = (min(max(round(y), 0), image.height) for y in (region.top, region.bottom))
        if right <= left or bottom <= top:
            return None
        model, tags = self._load()
        table = image.crop((left, top, right, bottom))
        boxes, probabilities = model.run(_input_tensor(table))
        found = decode(probabilities[0], boxes[0], tags)
        return found and _placed(found, left, top, table.width, table.height)

    def _load(self) -> tuple[Model, tuple[str, ...]]:
        if self._loaded is None:
            model = Model(self._path, self._threads)
            self._loaded = model, output_tags(model.metadata["character"].split("\n"))
        return self._loaded


def output_tags(characters: Sequence[str]) -> tuple[str, ...]:
    """The tag of each of the model's classes.

    Training joined `<td>` and `</td>` of a cell without spans into one class, the last but one;
    the list that comes with the model is the one before that.
    """
    listed = [tag for tag in characters if tag not in {"<td>", _PLAIN_CELL}]
    return (_START, *listed, _PLAIN_CELL, _END)


def decode(
    probabilities: FloatArray, boxes: FloatArray, tags: Sequence[str]
) -> TableStructure | None:
    """Read the most probable tag at every step.

    Args:
        probabilities: Steps x classes.
        boxes: Steps x 4: left, top, right, bottom of the cell that starts at a step, as parts of
            the table's width and height.
        tags: Of each class.

    Returns:
        The grid with boxes as parts of the table's width and height; None where no cell starts.
    """
    probabilities = np.nan_to_num(probabilities[:MAX_TOKENS])
    classes: npt.NDArray[np.int64] = probabilities.argmax(axis=1)
    reader = _TagReader()
    scores: list[float] = []
    for step, index in enumerate(classes.tolist()):
        tag = tags[index]
        if tag == _END and step:
            break
        if tag not in {_START, _END}:
            scores.append(float(probabilities[step, index]))
            reader.read(tag, boxes[step])
    if not reader.rects:
        return None
    grid = lay_out(reader.rows)
    # What fills up a ragged row has no box of its own, so it comes after all that have one.
    empty = Rect(0.0, 0.0, 0.0, 0.0)
    rects = [*reader.rects, *[empty] * (len(grid.slots) - len(reader.rects))]
    cells = [StructureCell(slot, rect) for slot, rect in zip(grid.slots, rects, strict=True)]
    return TableStructure(
        rows=grid.rows,
        columns=grid.columns,
        header_rows=min(reader.header_rows, grid.rows),
        cells=tuple(sorted(cells, key=lambda cell: (cell.slot.row, cell.slot.column))),
        score=sum(scores) / len(scores),
        ragged=grid.ragged,
    )


class _TagReader:
    """Collects cells from tags in any order; what makes no sense is passed over."""

    def __init__(self) -> None:
        self.rows: list[list[CellSpan]] = []
        self.rects: list[Rect] = []
        self.header_rows = 0
        self._in_head = self._in_row = self._in_tag = False

    def read(self, tag: str, box: FloatArray) -> None:
        span = _SPAN.fullmatch(tag)
        if tag in {"<thead>", "</thead>", "<tbody>"}:
            self._in_head = tag == "<thead>" and not self.rows
        elif tag in {"<tr>", "</tr>"}:
            self._in_row = False
            if tag == "<tr>":
                self._start_row()
        elif tag in {_PLAIN_CELL, _OPEN_CELL}:
            if not self._in_row:
                self._start_row()
            self.rows[-1].append(CellSpan())
            self.rects.append(_sane_rect(box))
        elif span and self._in_tag:
            count = min(max(int(span[2]), 1), _MAX_SPAN)
            before = self.rows[-1][-1]
            self.rows[-1][-1] = (
                CellSpan(count, before.columns)
                if span[1] == "rowspan"
                else CellSpan(before.rows, count)
            )
        self._in_tag = tag == _OPEN_CELL or (span is not None and self._in_tag)

    def _start_row(self) -> None:
        self.rows.append([])
        self._in_row = True
        self.header_rows += self._in_head


def _sane_rect(box: FloatArray) -> Rect:
    left, top, right, bottom = np.clip(np.nan_to_num(box.astype(np.float64)), 0.0, 1.0).tolist()
    return Rect(min(left, right), min(top, bottom), max(left, right), max(top, bottom))


def _placed(found: TableStructure, x: int, y: int, width: int, height: int) -> TableStructure:
    cells = tuple(
        StructureCell(
            cell.slot,
            Rect(
                x + cell.rect.left * width,
                y + cell.rect.top * height,
                x + cell.rect.right * width,
                y + cell.rect.bottom * height,
            ),
        )
        for cell in found.cells
    )
    return TableStructure(
        found.rows, found.columns, found.header_rows, cells, found.score, found.ragged
    )


def _input_tensor(table: Image.Image) -> FloatArray:
    scale = INPUT_SIDE / max(table.width, table.height)
    width, height = (max(int(side * scale), 1) for side in table.size)
    resized = table.resize((width, height), Image.Resampling.BILINEAR)
    padded = np.zeros((1, 3, INPUT_SIDE, INPUT_SIDE), dtype=np.float32)
    padded[:, :, :height, :width] = image_tensor(np.asarray(resized), _MEAN, _DEVIATION)
    return padded
