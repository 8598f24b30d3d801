"""The documents: each shows something that real ones have."""

from __future__ import annotations

from tests.structure.blocks import (
    Block,
    Caption,
    Cell,
    Columns,
    Document,
    Figure,
    Footnote,
    Heading,
    Item,
    Items,
    PageBreak,
    Paragraph,
    Running,
    Sidebar,
    Style,
    Table,
    TableStyle,
    Title,
)
from tests.structure.prose import Prose

HARVEST = (
    (Cell("River", rows=2), Cell("Length", columns=2), Cell("Mouth", rows=2)),
    ("upper course", "lower course"),
    ("Danube", "1010", "1840", "Black Sea"),
    ("Rhine", "460", "770", "North Sea"),
    (Cell("Rhone", rows=2), "290", "523", "Gulf of Lion"),
    ("31", "44", "Lake of Geneva"),
    ("Tagus", Cell("not divided", columns=2), "Atlantic\nOcean"),
)
STATIONS = (
    ("Station", "Year", "Depth in m", "Remark"),
    ("Old mill", "1873", "2.41", "ice until March"),
    ("Ferry", "1874", "3.07", "none"),
    ("Town bridge", "1874", "2.96", "moved twice"),
    ("Weir", "1880", "1.15", "none"),
    ("Harbour", "1891", "5.80", "dredged"),
)
_SMALL = (("Layer", "Depth", "Age"), ("Grass", "0.3", "10"), ("Clay", "1.2", "400"))


def article() -> Document:
    """Two columns under a spanning title, over three pages, with all that papers have."""
    prose = Prose("en")
    blocks: list[Block] = [
        Title("On the Slow Work of Rivers"),
        Columns(2),
        Heading("1 Introduction", 1),
        *(Paragraph(prose(count)) for count in (5, 4, 6)),
        Footnote("¹ The marks were copied by hand; two of them are too worn to be read."),
        Heading("2 Methods", 1),
        Heading("2.1 Marks and accounts", 2),
        Paragraph(f"{prose(4)[:-1]}.¹"),
        *(Paragraph(prose(count)) for count in (6, 5)),
        Figure(),
        Caption("Figure 1: Height of the nine floods that left a mark on both mills."),
        *(Paragraph(prose(count)) for count in (6, 5, 4, 7)),
        Heading("2.2 Trees", 2),
        *(Paragraph(prose(count)) for count in (6, 7, 5)),
        Caption("Table 1: What lies below the meadow."),
        Table(_SMALL, "booktabs"),
        *(Paragraph(prose(count)) for count in (6, 5, 7)),
        Heading("3 Results", 1),
        *(Paragraph(prose(count)) for count in (7, 6, 8, 6, 5, 7, 6)),
        Heading("4 Conclusions", 1),
        *(Paragraph(prose(count)) for count in (6, 4)),
    ]
    style = Style(
        size=9.5,
        head=(
            Running("Annals of Quiet Waters 12", "left", even="J. Miller and R. Brook"),
            Running("{page}", "right"),
        ),
    )
    return Document("article", blocks, style)


def german_report() -> Document:
    """One column, headings without numbers, running foot, footnotes, over three pages."""
    prose = Prose("de")
    blocks: list[Block] = [
        Title("Bericht über die alte Uferstraße"),
        *(Paragraph(prose(count)) for count in (4, 5)),
        Heading("Vorgeschichte", 1),
        *(Paragraph(prose(count)) for count in (4, 4)),
        Footnote("¹ Akte 17 im Keller des Rathauses, Blatt 3 bis 9."),
        Heading("Erste Pläne", 2),
        Paragraph(f"{prose(3)[:-1]}.¹"),
        *(Paragraph(prose(count)) for count in (5, 4, 5)),
        Heading("Spätere Pläne", 2),
        *(Paragraph(prose(count)) for count in (5, 6, 5, 4)),
        Heading("Zustand heute", 1),
        *(Paragraph(prose(count)) for count in (6, 5, 4)),
        Heading("Mauer", 2),
        *(Paragraph(prose(count)) for count in (6, 5, 6)),
        Footnote("² Gemessen am 3. November, bei trockenem Wetter und ohne Wind."),
        Paragraph(f"{prose(3)[:-1]}.²"),
        *(Paragraph(prose(count)) for count in (6, 5, 6)),
        Heading("Ausblick", 1),
        *(Paragraph(prose(count)) for count in (4, 5)),
    ]
    foot = (
        Running("Gemeinde Oberau, Bauamt", "left"),
        Running("Seite {page} von {pages}", "right"),
    )
    return Document("german-report", blocks, Style("sans", indent=12, foot=foot))


def newsletter() -> Document:
    """Three narrow columns, ragged, in French."""
    prose = Prose("fr")
    blocks: list[Block] = [
        Title("Nouvelles du fleuve"),
        Columns(3),
        Heading("La crue de mars", 1),
        *(Paragraph(prose(count)) for count in (4, 5, 5)),
        Heading("Au musée", 1),
        *(Paragraph(prose(count)) for count in (5, 4, 6)),
        Heading("Archives", 1),
        *(Paragraph(prose(count)) for count in (4, 6, 5, 4, 7, 5, 6, 4, 5, 6)),
    ]
    return Document("newsletter", blocks, Style(size=10, justified=False))


def newspaper() -> Document:
    """Four columns, one font for everything, two stories one below the other."""
    prose = Prose("en", 7)
    blocks: list[Block] = [
        Title("Bridge to Reopen in May"),
        Columns(4),
        *(
            Paragraph(prose(count))
            for count in (5, 6, 4, 6, 7, 5, 6, 5, 6, 4, 5, 6, 5, 6, 7, 4, 6, 5)
        ),
    ]
    return Document("newspaper", blocks, Style(size=9, indent=9))


def sidebar() -> Document:
    """One column beside a grey box."""
    prose, aside = Prose("en", 12), Prose("en", 40)
    blocks: list[Block] = [
        Title("How to Read a Meadow"),
        Paragraph(prose(6)),
        Sidebar("At a glance", aside(4)),
        *(Paragraph(prose(count)) for count in (6, 7, 5, 6)),
    ]
    return Document("sidebar", blocks, Style(outer=150))


def lists() -> Document:
    """Bullets and numbers, nested, with items of several lines."""
    prose = Prose("en", 20)
    bullets = (
        Item("•", prose(1)),
        Item("•", prose(3)),
        Item("•", "Tools", (Item("–", "a boat and a rope"), Item("–", prose(2)))),
        Item("•", prose(1)),
    )
    steps = (
        Item("1.", prose(2)),
        Item("2.", prose(1), (Item("a)", prose(1)), Item("b)", prose(2)))),
        Item("3.", prose(1)),
    )
    blocks: list[Block] = [
        Title("What to Take Along"),
        Paragraph(prose(3)),
        Items(bullets),
        Paragraph(prose(3)),
        Items(steps),
        Paragraph(prose(2)),
    ]
    return Document("lists", blocks)


def tables(style: TableStyle) -> Document:
    """A table with spans and one without, between paragraphs."""
    prose = Prose("en", 5)
    blocks: list[Block] = [
        Paragraph(prose(4)),
        Caption("Table 1: Courses of some rivers, in kilometres."),
        Table(HARVEST, style, head=2),
        Paragraph(prose(4)),
        Caption("Table 2: Stations and their depths."),
        Table(STATIONS, style),
        Paragraph(prose(3)),
    ]
    return Document(f"tables-{style}", blocks)


def long_table(style: TableStyle = "ruled") -> Document:
    """A table over three pages, its head on each of them."""
    prose = Prose("en", 30)
    names = ("Mill", "Ferry", "Weir", "Bridge", "Harbour", "Spring", "Lock", "Bend")
    body = tuple(
        (f"{1800 + year}", names[year % 8], f"{(year * 37) % 90 / 10 + 1:.1f}", f"{year * 13 % 97}")
        for year in range(80)
    )
    rows = (("Year", "Station", "Depth in m", "Visits"), *body)
    blocks: list[Block] = [
        Title("Depths by Year"),
        Paragraph(prose(4)),
        Table(rows, style, long=True),
        Paragraph(prose(5)),
    ]
    foot = (Running("{page}"),)
    return Document(f"long-table-{style}", blocks, Style(foot=foot))


def figures() -> Document:
    """Figures with captions in one column."""
    prose = Prose("en", 3)
    blocks: list[Block] = [
        Paragraph(prose(5)),
        Figure(130),
        Caption("Figure 1: Depth of the river at the old mill, by month."),
        Paragraph(prose(6)),
        Figure(150),
        Caption(f"Figure 2: The same at the ferry. {prose(2)}"),
        Paragraph(prose(4)),
    ]
    return Document("figures", blocks)


def chapters() -> Document:
    """Chapters that each begin a page; head lines that change with them."""
    prose = Prose("en", 16)
    blocks: list[Block] = []
    for number, name in enumerate(("Water", "Stone", "Wood", "Ice"), start=1):
        blocks += [PageBreak()] if blocks else []
        blocks += [Heading(f"{number} {name}", 1), *(Paragraph(prose(4)) for _ in range(3))]
        blocks += [Heading(f"{number}.1 Seen from afar", 2), Paragraph(prose(5))]
        blocks += [Heading(f"{number}.2 Seen from near", 2), Paragraph(prose(4))]
    head = (Running("A Handbook of Rivers", "left"), Running("Second edition", "right"))
    foot = (Running("– {page} –"),)
    return Document("chapters", blocks, Style(size=11, head=head, foot=foot))


def chinese() -> Document:
    """Chinese in one column: headings, paragraphs over lines, a list."""
    prose = Prose("zh")
    blocks: list[Block] = [
        Title("河流的故事"),
        Heading("一、山与海", 1),
        *(Paragraph(prose(count)) for count in (3, 4)),
        Heading("二、测量方法", 1),
        *(Paragraph(prose(count)) for count in (4, 3)),
    ]
    return Document("chinese", blocks, Style("chinese", size=11, indent=22))


def japanese() -> Document:
    """Japanese in two columns; paragraphs go on in the next one."""
    prose = Prose("ja")
    blocks: list[Block] = [
        Title("川のはなし"),
        Columns(2),
        Heading("1 はじめに", 1),
        *(Paragraph(prose(count)) for count in (5, 6, 5)),
        Heading("2 調査の方法", 1),
        *(Paragraph(prose(count)) for count in (7, 8, 6, 7, 9, 8, 7, 6, 7, 5, 7, 6, 8)),
    ]
    return Document("japanese", blocks, Style("japanese", indent=10))


DOCUMENTS = {
    document.name: document
    for document in (
        article(),
        german_report(),
        newsletter(),
        newspaper(),
        sidebar(),
        lists(),
        tables("ruled"),
        tables("booktabs"),
        tables("borderless"),
        long_table("ruled"),
        long_table("booktabs"),
        figures(),
        chapters(),
        chinese(),
        japanese(),
    )
}
