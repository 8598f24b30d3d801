"""A page as upstream returns it into a page of our own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from paddleocr_vl_service.engines.paddleocr_vl.pipeline import Readings, box_of
from paddleocr_vl_service.engines.paddleocr_vl.readings import Reading
from paddleocr_vl_service.engines.paddleocr_vl.texts import (
    chart_of,
    clean,
    latex_of,
    plain,
    table_of,
)
from paddleocr_vl_service.models.document import (
    BBox,
    Element,
    ElementType,
    Notice,
    PageResult,
    Point,
    Region,
    TextSource,
)

TYPES = {
    "abstract": ElementType.TEXT,
    "algorithm": ElementType.TEXT,
    "aside_text": ElementType.ASIDE,
    "chart": ElementType.CHART,
    "content": ElementType.TEXT,
    "display_formula": ElementType.FORMULA,
    "doc_title": ElementType.TITLE,
    "figure_title": ElementType.CAPTION,
    "footer": ElementType.FOOTER,
    "footer_image": ElementType.IMAGE,
    "footnote": ElementType.FOOTNOTE,
    "formula": ElementType.FORMULA,
    "formula_number": ElementType.TEXT,
    "header": ElementType.HEADER,
    "header_image": ElementType.IMAGE,
    "image": ElementType.IMAGE,
    "inline_formula": ElementType.FORMULA,
    "number": ElementType.PAGE_NUMBER,
    "ocr": ElementType.TEXT,
    "paragraph_title": ElementType.HEADING,
    "reference": ElementType.REFERENCE,
    "reference_content": ElementType.REFERENCE,
    "seal": ElementType.SEAL,
    "spotting": ElementType.TEXT,
    "table": ElementType.TABLE,
    "text": ElementType.TEXT,
    "vertical_text": ElementType.TEXT,
    "vision_footnote": ElementType.CAPTION,
}
"""Upstream's labels. A label that is not among them is text."""

_OUTSIDE_THE_FLOW = frozenset({"header", "header_image", "footer", "footer_image", "number"})
_UNKNOWN = Reading()


@dataclass(frozen=True)
class _Block:
    """One of upstream's blocks with all that is known of it."""

    label: str
    text: str
    bbox: BBox
    polygon: tuple[Point, ...] | None
    group: Any
    layout_confidence: float | None
    reading: Reading


def page_result(result: Mapping[str, Any], readings: Readings, number: int) -> PageResult:
    """One page.

    Args:
        result: Upstream's ``PaddleOCRVLResult``; its boxes are in pixels of the processed image.
        readings: What is known of its blocks' texts.
        number: The page's, from 1.
    """
    width, height = int(result["width"]), int(result["height"])
    blocks = _spotted(result) or _blocks(result, readings)
    elements: list[Element] = []
    for group in _groups(blocks):
        element = _element(group, number)
        outside = group[0].label in _OUTSIDE_THE_FLOW
        elements.append(element if outside else replace(element, order=0))
    flow = [element for element in elements if element.order is not None]
    ordered = [replace(element, order=order) for order, element in enumerate(flow)]
    ordered += [element for element in elements if element.order is None]
    return PageResult(
        number=number,
        width=width,
        height=height,
        rotation=_rotation(result),
        elements=tuple(ordered),
        warnings=_notices(ordered, number),
    )


def processed_image(result: Mapping[str, Any]) -> Any:
    """The page image that upstream read, upright and flat: height x width x 3 bytes, BGR."""
    return result["doc_preprocessor_res"]["output_img"]


def _rotation(result: Mapping[str, Any]) -> int:
    """Degrees clockwise; upstream counts the other way round, and -1 is no look at all."""
    angle = int(result["doc_preprocessor_res"].get("angle") or 0)
    return (360 - angle) % 360 if angle > 0 else 0


def _blocks(result: Mapping[str, Any], readings: Readings) -> list[_Block]:
    scores = _Scores(result)
    left = {key: list(values) for key, values in readings.items()}
    blocks = []
    for block in result["parsing_res_list"]:
        box = box_of(block.bbox)
        known = left.get((block.label, box))
        blocks.append(
            _Block(
                label=block.label,
                text=block.content or "",
                bbox=_bbox(box),
                polygon=_polygon(block.polygon_points),
                group=block.group_id,
                layout_confidence=scores.take(block.label, box),
                reading=known.pop(0) if known else _UNKNOWN,
            )
        )
    return blocks


def _spotted(result: Mapping[str, Any]) -> list[_Block]:
    """The lines of a page that was read with the prompt ``spotting``, each with its outline."""
    spotting = result.get("spotting_res") or {}
    blocks = []
    for text, outline in zip(
        spotting.get("rec_texts", ()), spotting.get("rec_polys", ()), strict=False
    ):
        points = [(round(x), round(y)) for x, y in outline]
        xs, ys = [x for x, _ in points], [y for _, y in points]
        bbox = (min(xs), min(ys), max(xs), max(ys))
        blocks.append(_Block("spotting", text, bbox, tuple(points), None, None, _UNKNOWN))
    return blocks


class _Scores:
    """Layout confidences, which upstream does not give with its blocks.

    Blocks and the detector's boxes are joined by label and box, equal ones in their order; where
    upstream has moved a box, by the largest overlap with a box of the same label.
    """

    def __init__(self, result: Mapping[str, Any]) -> None:
        self._exact: dict[tuple[str, tuple[int, ...]], list[float]] = defaultdict(list)
        detected = (result.get("layout_det_res") or {}).get("boxes", ())
        # Without layout detection upstream invents one box with the score 1.
        found = result["model_settings"]["use_layout_detection"]
        for box in detected if found else ():
            key = (box["label"], box_of(box["coordinate"]))
            self._exact[key].append(float(box["score"]))

    def take(self, label: str, box: tuple[int, ...]) -> float | None:
        """The confidence of a block; None where nothing was detected there."""
        scores = self._exact.get((label, box)) or self._nearest(label, box)
        return round(min(1.0, max(0.0, scores.pop(0))), 4) if scores else None

    def _nearest(self, label: str, box: tuple[int, ...]) -> list[float]:
        candidates = [
            (_overlap(box, other), scores)
            for (name, other), scores in self._exact.items()
            if name == label and scores
        ]
        share, scores = max(candidates, key=lambda each: each[0], default=(0.0, []))
        return scores if share >= 0.5 else []


def _overlap(one: Sequence[int], other: Sequence[int]) -> float:
    """Intersection over union."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return width * height / (areas - width * height)


def _groups(blocks: Sequence[_Block]) -> list[list[_Block]]:
    """Blocks that were read as one text together; every other one by itself."""
    groups: dict[Any, list[_Block]] = {}
    for index, block in enumerate(blocks):
        key = ("alone", index) if block.group is None else ("group", block.group)
        groups.setdefault(key, []).append(block)
    return list(groups.values())


def _element(group: Sequence[_Block], page: int) -> Element:
    first = next((block for block in group if block.text), group[0])
    kind = TYPES.get(first.label, ElementType.TEXT)
    boxes = [block.bbox for block in group]
    confidences = [
        block.layout_confidence for block in group if block.layout_confidence is not None
    ]
    content = _content(kind, first.text)
    return Element(
        type=kind,
        bbox=_union(boxes),
        page=page,
        polygon=first.polygon if len(group) == 1 else None,
        layout_confidence=min(confidences, default=None),
        recognition_confidence=first.reading.confidence if content["text"] else None,
        text_source=TextSource.OCR if content["text"] else None,
        regions=tuple(Region(page, box) for box in boxes) if len(group) > 1 else (),
        truncated=first.reading.truncated,
        **content,
    )


def _content(kind: ElementType, text: str) -> dict[str, Any]:
    """The fields ``text``, and ``html`` or ``latex`` where there is any."""
    if kind in (ElementType.TABLE, ElementType.CHART):
        table = table_of(text) if "<table" in text else chart_of(text)
        if table is not None:
            html, text = table
            return {"text": text, "html": html}
    if kind is ElementType.FORMULA:
        latex = latex_of(text)
        return {"text": latex, "latex": latex or None}
    if kind in (ElementType.TITLE, ElementType.HEADING, ElementType.CAPTION):
        return {"text": " ".join(clean(text).split())}
    return {"text": plain(text)}


def _notices(elements: Sequence[Element], page: int) -> tuple[Notice, ...]:
    count = sum(element.truncated for element in elements)
    if not count:
        return ()
    parts = "One part" if count == 1 else f"{count} parts"
    message = f"{parts} of the page could not be read to the end: the model repeated itself or its "
    return (Notice("text-truncated", message + "answer grew too long.", page),)


def _bbox(box: Sequence[int]) -> BBox:
    left, top, right, bottom = box
    return (left, top, right, bottom)


def _union(boxes: Sequence[BBox]) -> BBox:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return (min(lefts), min(tops), max(rights), max(bottoms))


def _polygon(points: Any) -> tuple[Point, ...] | None:
    """Corners; None where they are those of an upright box, or unknown."""
    if points is None or len(points) < 3:
        return None
    outline = tuple((round(float(x)), round(float(y))) for x, y in points)
    xs, ys = {x for x, _ in outline}, {y for _, y in outline}
    is_upright_box = len(outline) == 4 and len(xs) == 2 and len(ys) == 2
    return None if is_upright_box else outline
