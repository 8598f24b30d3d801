"""Documents as data: what they are made of, in the order in which one reads them.

A text may hold `|` where a word can be broken at a line's end; a hyphen is set there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

TableStyle = Literal["ruled", "booktabs", "borderless"]
Place = Literal["left", "centre", "right"]


@dataclass(frozen=True)
class Title:
    text: str


@dataclass(frozen=True)
class Heading:
    text: str
    level: int


@dataclass(frozen=True)
class Paragraph:
    text: str


@dataclass(frozen=True)
class Item:
    """One item of a list, its marker as it is printed."""

    marker: str
    text: str
    items: tuple[Item, ...] = ()


@dataclass(frozen=True)
class Items:
    """A list."""

    items: tuple[Item, ...]


class Cell(NamedTuple):
    """A cell's text, its lines separated by line feeds, and its spans."""

    text: str
    rows: int = 1
    columns: int = 1


@dataclass(frozen=True)
class Table:
    """Each row lists the cells that start in it.

    Attributes:
        rows: The head first.
        style: How it is ruled.
        head: Rows of the head, set in bold, and again on every page of a long table.
        long: Whether it may go on over pages.
    """

    rows: tuple[tuple[Cell | str, ...], ...]
    style: TableStyle = "ruled"
    head: int = 1
    long: bool = False


@dataclass(frozen=True)
class Figure:
    """A drawing without words."""

    height: float = 110


@dataclass(frozen=True)
class Caption:
    """Belongs to the figure before it or the table after it, and stays with it."""

    text: str


@dataclass(frozen=True)
class Footnote:
    """Stands at the foot of the column that its place in the document falls into."""

    text: str


@dataclass(frozen=True)
class Columns:
    """From here on the text runs in so many columns."""

    count: int


@dataclass(frozen=True)
class Sidebar:
    """A box in the outer margin, level with what follows."""

    heading: str
    text: str


@dataclass(frozen=True)
class PageBreak:
    pass


Block = (
    Title
    | Heading
    | Paragraph
    | Items
    | Table
    | Figure
    | Caption
    | Footnote
    | Columns
    | Sidebar
    | PageBreak
)


@dataclass(frozen=True)
class Running:
    """A line in every page's head or foot; `{page}` and `{pages}` are numbers.

    Attributes:
        text: What it says on odd pages.
        even: What it says on even pages, where that differs.
        place: Where in its line.
    """

    text: str
    place: Place = "centre"
    even: str | None = None

    def on(self, page: int, pages: int) -> str:
        """Its text on a page."""
        text = self.text if page % 2 or self.even is None else self.even
        return text.format(page=page, pages=pages)


@dataclass(frozen=True)
class Style:
    """How a document is set; lengths in points.

    Attributes:
        font: A family of `typesetting.FAMILIES`.
        size: Of the body text.
        indent: Of a paragraph's first line; paragraphs with none have a gap between them.
        margin: Around the text.
        outer: More of a margin at the right, for sidebars.
        justified: Whether lines are stretched to the column's width.
        head: Running head.
        foot: Running foot.
    """

    font: str = "serif"
    size: float = 10
    indent: float = 0
    margin: float = 64
    outer: float = 0
    justified: bool = True
    head: tuple[Running, ...] = ()
    foot: tuple[Running, ...] = ()


@dataclass(frozen=True)
class Document:
    """A document with a name for reports."""

    name: str
    blocks: Sequence[Block]
    style: Style = field(default_factory=Style)


def plain(text: str) -> str:
    """A text without the places where it may be broken."""
    return text.replace("|", "")
