"""Items of lists put together: runs of items, nested by where their markers stand."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from paddleocr_vl_service.engines.onnx.element_writer import Piece
from paddleocr_vl_service.models.document import ElementType
from paddleocr_vl_service.text.kinds import (
    is_bulleted,
    is_first_number,
    item_number,
    numbers_follow,
)

_NEAR = 2.5
_DEEPER = 0.8
_INDENT = "  "
_MOST_LINES = 6


class ListRun:
    """Items of one list, in reading order, and how deep each of them is.

    Args:
        first: The piece that opens it.
    """

    def __init__(self, first: Piece) -> None:
        self.pieces = [first]
        self._texts = [first.text]
        self._open = [first]

    @property
    def is_list(self) -> bool:
        """Whether there are several items."""
        return len(self._texts) > 1

    def takes(self, piece: Piece) -> bool:
        """Add a piece if it is the list's next item."""
        if not (is_item(self.pieces[0]) and is_item(piece) and self._is_near(piece)):
            return False
        levels = [place for place, item in enumerate(self._open) if not _is_deeper(item, piece)]
        level = levels[0] if levels else len(self._open)
        if level < len(self._open):
            if not _follows(self._open[level], piece):
                return False
        elif not _opens(piece):
            return False
        self._open[level:] = [piece]
        self.pieces.append(piece)
        self._texts.append(_INDENT * level + piece.text)
        return True

    def takes_between(self, paragraph: Piece, following: Piece) -> bool:
        """Add a paragraph of the last item if the list goes on after it."""
        if (
            not is_item(self.pieces[0])
            or paragraph.type is not ElementType.TEXT
            or paragraph.area is not None
            or len(paragraph.lines) > _MOST_LINES
            or not self._is_near(paragraph)
            or not _is_deeper(self._open[-1], paragraph)
        ):
            return False
        text, pieces = self._texts[-1], list(self.pieces)
        self._texts[-1] = f"{text} {paragraph.text}"
        self.pieces.append(paragraph)
        if self.takes(following):
            return True
        self._texts[-1], self.pieces = text, pieces
        return False

    def _is_near(self, piece: Piece) -> bool:
        """Directly below the last piece, and in the list's column."""
        last = self.pieces[-1]
        return (
            any(item.rect.shared_width(piece.rect) > 0 for item in (*self._open, last))
            and piece.rect.top - last.rect.bottom < _NEAR * _em(last, piece)
            and piece.rect.top > last.rect.top
        )

    def as_piece(self) -> Piece:
        """The whole list: an item a line, two spaces a level."""
        return Piece(
            ElementType.LIST,
            "\n".join(self._texts),
            tuple(line for piece in self.pieces for line in piece.lines),
            self.pieces[0].advice,
        )


def list_runs(pieces: Sequence[Piece]) -> list[ListRun]:
    """Items of one list together, everything else alone."""
    runs: list[ListRun] = []
    place = 0
    while place < len(pieces):
        following = pieces[place + 1] if place + 1 < len(pieces) else None
        if runs and runs[-1].takes(pieces[place]):
            place += 1
        elif runs and following and runs[-1].takes_between(pieces[place], following):
            place += 2
        else:
            runs.append(ListRun(pieces[place]))
            place += 1
    return runs


def is_item(piece: Piece) -> bool:
    """Whether a piece is one item of a list."""
    return piece.type is ElementType.LIST and piece.area is None


def _is_deeper(item: Piece, piece: Piece) -> bool:
    return _left(piece) > _left(item) + _DEEPER * _em(item, piece)


def _left(piece: Piece) -> float:
    """Where its first line starts: an item's marker."""
    return piece.lines[0].rect.left


def _follows(before: Piece, piece: Piece) -> bool:
    number, following = item_number(before.text), item_number(piece.text)
    if number is None or following is None:
        return is_bulleted(before.text) and is_bulleted(piece.text)
    return numbers_follow(number, following)


def _opens(piece: Piece) -> bool:
    """Whether a nested list may start with an item."""
    number = item_number(piece.text)
    return is_bulleted(piece.text) if number is None else is_first_number(number)


def _em(*pieces: Piece) -> float:
    return median(line.em for piece in pieces for line in piece.lines)
