"""What a paragraph is: from its text and size first, from layout detection where that fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from paddleocr_vl_service.engines.onnx.blocks import Block
from paddleocr_vl_service.engines.onnx.layout_advice import Advice, advice_for
from paddleocr_vl_service.engines.onnx.line_geometry import Rect
from paddleocr_vl_service.engines.onnx.types import LayoutLabel
from paddleocr_vl_service.models.document import ElementType
from paddleocr_vl_service.text.kinds import (
    ends_sentence,
    has_mathematics,
    has_words,
    is_bulleted,
    is_capitals,
    is_list_item,
    is_reference_entry,
    is_subsection,
    item_number,
    reads_like_prose,
    starts_like_caption,
    word_count,
)

_SURE = 0.5
_HEADING_LINES = 2.5
_HEADING_WORDS = 25
_NUMBERED_WORDS = 12
_FEW_WORDS = 6
_LARGE = 1.3
_SMALL = 0.93
_SMALL_CAPITALS = 0.75
_FOOT_ZONE = 0.6
_FOOT_SIZE = 0.9
_CAPTION_SIGHT = 4.0
_CAPTIONS = (LayoutLabel.FIGURE_CAPTION, LayoutLabel.TABLE_CAPTION)


@dataclass(frozen=True)
class PageContext:
    """What labelling knows about the page around a paragraph.

    Attributes:
        em: Height of the body text.
        height: Of the page.
        advice: Layout regions, the surest first.
        islands: Tables and figures, near which captions stand.
        paragraphs: All of the page's.
    """

    em: float
    height: float
    advice: Sequence[Advice]
    islands: Sequence[Rect]
    paragraphs: Sequence[Block]


@dataclass(frozen=True)
class Label:
    """A paragraph's type, and the layout region that agrees with it, if one does."""

    type: ElementType
    advice: Advice | None


_AGREES = {
    ElementType.TITLE: {LayoutLabel.TITLE},
    ElementType.HEADING: {LayoutLabel.TITLE},
    ElementType.TEXT: {LayoutLabel.TEXT},
    ElementType.LIST: {LayoutLabel.TEXT},
    ElementType.FOOTNOTE: {LayoutLabel.TEXT, LayoutLabel.FOOTER},
    ElementType.CAPTION: {LayoutLabel.FIGURE_CAPTION, LayoutLabel.TABLE_CAPTION},
    ElementType.REFERENCE: {LayoutLabel.REFERENCE},
    ElementType.FORMULA: {LayoutLabel.EQUATION},
    ElementType.HEADER: {LayoutLabel.HEADER},
    ElementType.FOOTER: {LayoutLabel.FOOTER},
    ElementType.PAGE_NUMBER: {LayoutLabel.HEADER, LayoutLabel.FOOTER},
}


def label_paragraph(paragraph: Block, text: str, page: PageContext) -> Label:
    """The type of a paragraph in the flow."""
    advice = advice_for(paragraph.rect, page.advice)
    kind = _type(paragraph, text, advice, page)
    return Label(kind, agreeing(kind, advice))


def agreeing(kind: ElementType, advice: Advice | None) -> Advice | None:
    """The advice if it says the same as the type."""
    return advice if advice is not None and advice.label in _AGREES.get(kind, set()) else None


def numbered_line_is_heading(paragraph: Block, text: str, page: PageContext) -> bool:
    """Whether a numbered line that belongs to no list is a heading: short, and no sentence."""
    return (
        len(paragraph.lines) <= _HEADING_LINES
        and 0 < word_count(text) <= _NUMBERED_WORDS
        and has_words(text)
        and not ends_sentence(text)
        and _em(paragraph) > (_SMALL_CAPITALS if is_capitals(text) else _SMALL) * page.em
    )


def _type(paragraph: Block, text: str, advice: Advice | None, page: PageContext) -> ElementType:
    """The first type whose conditions hold."""
    said = advice.label if advice is not None and advice.score >= _SURE else None
    near = _near_island(paragraph, page)
    held = {
        ElementType.CAPTION: starts_like_caption(text)
        and (said in _CAPTIONS or near or len(paragraph.lines) == 1),
        ElementType.FORMULA: said is LayoutLabel.EQUATION and not reads_like_prose(text),
        ElementType.HEADING: _is_heading(paragraph, text, said, page),
        ElementType.REFERENCE: said is LayoutLabel.REFERENCE and is_reference_entry(text),
        ElementType.FOOTNOTE: _is_footnote(paragraph, text, page),
        ElementType.LIST: is_list_item(text),
    }
    for kind, holds in held.items():
        if holds:
            return kind
    return ElementType.CAPTION if said in _CAPTIONS and near else ElementType.TEXT


def _is_heading(paragraph: Block, text: str, said: LayoutLabel | None, page: PageContext) -> bool:
    words, size = word_count(text), _em(paragraph) / page.em
    if (
        not 0 < words <= _HEADING_WORDS
        or len(paragraph.lines) > _HEADING_LINES * max(size, 1.0)
        or is_bulleted(text)
        or not has_words(text)
    ):
        return False
    if said is LayoutLabel.TITLE:
        return size > _SMALL and not (words > _FEW_WORDS and text.endswith(tuple(".。,;")))
    if has_mathematics(text):
        return False
    if is_subsection(text) and len(paragraph.lines) == 1 and size > _SMALL:
        return words <= _NUMBERED_WORDS and not ends_sentence(text)
    if words <= _NUMBERED_WORDS and len(paragraph.lines) <= _HEADING_LINES:
        bold = _is_bold(paragraph) and not all(map(_is_bold, page.paragraphs))
        if (bold or is_capitals(text)) and size > _SMALL_CAPITALS and not ends_sentence(text):
            return True
    return size >= _LARGE and (words <= _FEW_WORDS or not ends_sentence(text))


def _is_bold(paragraph: Block) -> bool:
    return all(part.bold for line in paragraph.lines for part in line.parts)


def _near_island(paragraph: Block, page: PageContext) -> bool:
    rect = paragraph.rect
    return any(
        rect.shared_width(island) > 0 and rect.shared_height(island) > -_CAPTION_SIGHT * page.em
        for island in page.islands
    )


def _is_footnote(paragraph: Block, text: str, page: PageContext) -> bool:
    """Small, low on the page, starting with a mark, and no body text below it."""
    return (
        _em(paragraph) < _FOOT_SIZE * page.em
        and not any(
            other.rect.top > paragraph.rect.bottom
            and other.rect.shared_width(paragraph.rect) > 0
            and _em(other) >= _FOOT_SIZE * page.em
            for other in page.paragraphs
        )
        and paragraph.rect.middle_y > _FOOT_ZONE * page.height
        and (text[:1] in "*†‡§¶" or text[:1].isdigit() or item_number(text) is not None)
    )


def _em(paragraph: Block) -> float:
    return median(line.em for line in paragraph.lines)
