"""Whether lines stand as in a table: in rows, with gutters between columns, and not as prose."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from paddleocr_vl_service.engines.onnx.fragments import same_row
from paddleocr_vl_service.engines.onnx.line_geometry import PlacedLine, Rect, bounding_rect
from paddleocr_vl_service.text.kinds import is_marker, word_count

_ROW = 0.5
_PROSE_SHARE = 0.5
_PROSE_WIDTH = 12.0
_PROSE_FILL = 0.6
_PROSE_PITCH = 2.2
_WIDE_SPACE = 1.0
_GUTTER = 0.5
_ACROSS = 0.25
_VALUE = re.compile(
    r"[^\w\s]{0,3}\s*[-–—+±<>~≈$€£¥]?\s*[.,]?\d[\d\s.,:/%±×*†‡()+\-–—°′″<>~]*\w{0,3}[*†‡)%]*|[-–—.…*✓✔×xX]{1,3}|n/?a|N/?A"
)
_LEADERS = re.compile(r"(?:[.·…]\s?){3,}")
_MOSTLY = 0.6
_LEAST_PLAIN_ROWS = 3
_ABSTRACT = frozenset(
    ("abstract", "summary", "zusammenfassung", "résumé", "resumen", "resumo", "摘要", "要旨")
)
_FIRST_ROW = 1.5
_SENTENCE_WORDS = 5
_FEWEST_SENTENCES = 2


@dataclass(frozen=True)
class Column:
    """What stands between two gutters.

    Attributes:
        left: Edge of its text.
        right: Edge of its text.
        cells: Pieces of text in it alone, from the top.
    """

    left: float
    right: float
    cells: tuple[PlacedLine, ...]

    @property
    def numeric(self) -> bool:
        """Whether most of its cells are values and not words; one may be the heading."""
        values = sum(is_value(cell.text) for cell in self.cells)
        return values >= 2 and values >= _MOSTLY * (len(self.cells) - 1)


def table_rows(lines: Sequence[PlacedLine]) -> list[list[PlacedLine]]:
    """Lines of a table row by row, cells from left to right."""
    rows: list[list[PlacedLine]] = []
    for line in sorted(lines, key=lambda line: (line.rect.middle_y, line.rect.left, line.text)):
        for row in reversed(rows[-2:]):
            level = abs(row[0].rect.middle_y - line.rect.middle_y) < _ROW * min(row[0].em, line.em)
            if level and same_row(row[0].rect, line.rect):
                row.append(line)
                break
        else:
            rows.append([line])
    return [sorted(row, key=lambda line: (line.rect.left, line.text)) for row in rows]


def cells_of(line: PlacedLine) -> list[PlacedLine]:
    """A line cut where its words stand far apart, if it is known where they stand."""
    words = line.parts[0].words if len(line.parts) == 1 else ()
    if len(words) < 2:
        return [line]
    scale = line.rect.left - line.parts[0].box[0]
    groups = [[words[0]]]
    for before, after in pairwise(words):
        if after.bbox[0] - before.bbox[2] > _WIDE_SPACE * line.em:
            groups.append([])
        groups[-1].append(after)
    if len(groups) < 2:
        return [line]
    # Judged only, never written down: the text is that of the words, whatever parts them.
    return [
        PlacedLine(
            " ".join(word.text for word in group),
            Rect(
                group[0].bbox[0] + scale, line.rect.top, group[-1].bbox[2] + scale, line.rect.bottom
            ),
            line.em,
            line.parts,
        )
        for group in groups
    ]


def columns_of(rows: Sequence[Sequence[PlacedLine]]) -> list[Column]:
    """Columns between the gutters that few rows cross, from left to right.

    Args:
        rows: Of cells. Those that stand alone in their row and are wide do not count: headings
            and notes.
    """
    cells = [cell for row in rows for cell in row]
    if not cells:
        return []
    em = median(cell.em for cell in cells)
    left, right = min(cell.rect.left for cell in cells), max(cell.rect.right for cell in cells)
    steps = max(int((right - left) / em * 4), 1)
    width = (right - left) / steps
    cover = [0] * steps
    for cell in cells:
        first = int((cell.rect.left - left) / width + 0.5)
        last = int((cell.rect.right - left) / width + 0.5)
        for step in range(max(first, 0), min(max(last, first + 1), steps)):
            cover[step] += 1
    many = _ACROSS * max(sum(len(row) > 1 for row in rows), 1)
    spans: list[list[int]] = []
    for step, count in enumerate(cover):
        if count <= many:
            continue
        if spans and step - spans[-1][1] - 1 < _GUTTER * 4:
            spans[-1][1] = step
        else:
            spans.append([step, step])
    found = []
    edges = [(left + one * width, left + (end + 1) * width) for one, end in spans]
    for place, (start, end) in enumerate(edges):
        low = edges[place - 1][1] if place else left - em
        high = edges[place + 1][0] if place + 1 < len(edges) else right + em
        inside = tuple(
            cell
            for cell in cells
            if low - em <= cell.rect.left
            and cell.rect.right <= high + em
            and min(cell.rect.right, end) - max(cell.rect.left, start) > 0
            and low < cell.rect.middle_x < high
        )
        if inside:
            found.append(Column(start, end, inside))
    return found


def is_value(text: str) -> bool:
    """A number with its signs and unit, or a sign that stands for one."""
    return _VALUE.fullmatch(text.strip()) is not None


def has_leaders(lines: Sequence[PlacedLine]) -> bool:
    """Whether dots lead from entries to page numbers in several lines."""
    return sum(_LEADERS.search(line.text) is not None for line in lines) > 1


def is_marked_list(columns: Sequence[Column]) -> bool:
    """Whether the first of two columns holds nothing but list markers or numbers of sections."""
    cells = columns[0].cells
    marked = sum(is_marker(cell.text) or not cell.text[:1].isalnum() for cell in cells)
    return len(columns) == 2 and marked > _MOSTLY * len(cells)


def is_running_text(lines: Sequence[PlacedLine], rect: Rect) -> bool:
    """Whether most of the characters stand in wide lines that follow each other."""
    characters = sum(len(line.text) for line in lines)
    if not characters:
        return False
    prose = 0
    for line in lines:
        wide = line.rect.width > _PROSE_WIDTH * line.em
        alone = not any(other is not line and same_row(other.rect, line.rect) for other in lines)
        follows = any(
            other is not line
            and abs(other.rect.left - line.rect.left) < line.em
            and 0 < abs(other.rect.middle_y - line.rect.middle_y) < _PROSE_PITCH * line.em
            for other in lines
        )
        if wide and follows and (alone or line.rect.width < _PROSE_FILL * rect.width):
            prose += len(line.text)
    return prose > _PROSE_SHARE * characters


def holds_abstract(lines: Sequence[PlacedLine]) -> bool:
    """Whether lines are the head of a paper: an abstract beside keywords and dates.

    Rules above and below make such a block look like a table. It has a heading on its first row
    that says so, with running text below.
    """
    top = min((line.rect.top for line in lines), default=0.0)
    for heading in lines:
        name = "".join(character for character in heading.text if character.isalpha())
        if name.casefold() not in _ABSTRACT or heading.rect.top > top + _FIRST_ROW * heading.em:
            continue
        below = [
            line
            for line in lines
            if line.rect.top > heading.rect.middle_y
            and abs(line.rect.left - heading.rect.left) < heading.em
        ]
        if sum(word_count(line.text) >= _SENTENCE_WORDS for line in below) >= _FEWEST_SENTENCES:
            return True
    return False


def is_tabular(lines: Sequence[PlacedLine], least_rows: int = 2) -> bool:
    """Whether lines stand in rows and columns as a table's do; short cells, no prose."""
    cells = [cell for line in lines for cell in cells_of(line)]
    rows = table_rows(cells)
    several = [row for row in rows if len(row) > 1]
    if len(several) < max(least_rows, 0.4 * len(rows)):
        return False
    if has_leaders(lines) or is_running_text(cells, bounding_rect(cell.rect for cell in cells)):
        return False
    columns = columns_of(rows)
    if len(columns) < 2 or is_marked_list(columns):
        return False
    long = sum(word_count(cell.text) > 8 for cell in cells)
    return long <= 0.3 * len(cells)


def is_plain_table(lines: Sequence[PlacedLine]) -> bool:
    """Whether rows of cells without rules are a table and no listing, index or pairs of terms.

    Of two columns the second holds values; the first does not just count the lines.
    """
    if not is_tabular(lines, _LEAST_PLAIN_ROWS):
        return False
    columns = columns_of(table_rows([cell for line in lines for cell in cells_of(line)]))
    if _counts(columns[0]) or is_contents(columns):
        return False
    return len(columns) > 2 or (columns[1].numeric and not columns[0].numeric)


def is_contents(columns: Sequence[Column]) -> bool:
    """Whether columns are entries with their page numbers, once or several times side by side."""
    return len(columns) % 2 == 0 and all(
        rises(numbers) and not entries.numeric
        for entries, numbers in zip(columns[::2], columns[1::2], strict=True)
    )


def rises(column: Column) -> bool:
    """Whether a column holds whole numbers, none less than the one above."""
    numbers = [int(cell.text) for cell in column.cells if cell.text.isdecimal()]
    steps = [after - before for before, after in pairwise(numbers)]
    return len(numbers) >= _MOSTLY * len(column.cells) and len(numbers) > 1 and min(steps) >= 0


def _counts(column: Column) -> bool:
    """Whether a column numbers the lines."""
    numbers = [int(cell.text) for cell in column.cells if cell.text.isdecimal()]
    steps = [after - before for before, after in pairwise(numbers)]
    return len(numbers) == len(column.cells) and bool(steps) and set(steps) == {1}
