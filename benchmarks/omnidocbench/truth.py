"""Ground truth in OmniDocBench's format: a JSON file and the images of its pages."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Kind = Literal["text", "formula", "table", "ignored", "outside"]
"""What a block counts for.

``ignored`` blocks may be read but need not be (captions, headers, footers); ``outside`` are those
that the score knows nothing of (figures, masks, advertisements).
"""

Box = tuple[float, float, float, float]

_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("text_block", "title", "code_txt", "code_txt_caption", "reference"), "text"),
    **dict.fromkeys(
        (
            "code_algorithm",
            "code_algorithm_caption",
            "equation_caption",
            "figure_caption",
            "figure_footnote",
            "footer",
            "header",
            "page_footnote",
            "page_number",
            "table_caption",
            "table_footnote",
        ),
        "ignored",
    ),
    "equation_isolated": "formula",
    "table": "table",
}
_CONTENT = {"formula": "latex", "table": "html"}


class BrokenCorpus(Exception):
    """A folder is not what it seems to be; the message says what is wrong."""


@dataclass(frozen=True)
class TrueBlock:
    """What a page truly has at a place.

    Attributes:
        category: As OmniDocBench calls it.
        kind: What it counts for.
        content: Text, LaTeX of a formula or HTML of a table.
        order: Place in the reading order, from 1; 0 for what has none.
        boxes: Where it is, in pixels of the page's image; several for a text set in pieces.
    """

    category: str
    kind: Kind
    content: str
    order: float = 0
    boxes: tuple[Box, ...] = ()


@dataclass(frozen=True)
class TruePage:
    """A page with everything that is on it.

    Attributes:
        name: The image's file name, which is the page's name.
        image: The file.
        language: As the benchmark says, such as ``english``; empty if it does not.
        blocks: In reading order, those without an order first.
        attributes: Source, layout and special traits, as the benchmark says.
    """

    name: str
    image: Path
    blocks: tuple[TrueBlock, ...]
    language: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def of_kind(self, *kinds: Kind) -> list[TrueBlock]:
        """The blocks that count for something, in order."""
        return [block for block in self.blocks if block.kind in kinds]


def truth_file(folder: Path) -> Path | None:
    """The JSON file of a folder in OmniDocBench's format; None if it has none.

    Raises:
        BrokenCorpus: There are several, or it is none of the format.
    """
    found = [path for path in sorted(folder.glob("*.json")) if _seems_truth(path)]
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise BrokenCorpus(f"{folder} has several files of ground truth: {names}")
    return found[0] if found else None


def load_pages(truth: Path) -> list[TruePage]:
    """The pages of a JSON file, their images beside it or in ``images/``.

    Raises:
        BrokenCorpus: It is no such file, or an image is missing.
    """
    try:
        samples = json.loads(truth.read_text("utf-8"))
        return [_page(sample, truth.parent) for sample in samples]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise BrokenCorpus(f"{truth} is not in OmniDocBench's format ({reason})") from error


def _seems_truth(path: Path) -> bool:
    with path.open(encoding="utf-8", errors="replace") as file:
        return "layout_dets" in file.read(1 << 20)


def _page(sample: Mapping[str, Any], folder: Path) -> TruePage:
    info = sample["page_info"]
    name = Path(info["image_path"]).name
    image = next(
        (path for path in (folder / "images" / name, folder / name) if path.is_file()), None
    )
    if image is None:
        raise BrokenCorpus(f"{name} is missing in {folder / 'images'}")
    attributes = info.get("page_attribute") or {}
    blocks = _blocks(sample)
    return TruePage(name, image, blocks, attributes.get("language", ""), attributes)


def _blocks(sample: Mapping[str, Any]) -> tuple[TrueBlock, ...]:
    wanted = {each["anno_id"]: each for each in sample["layout_dets"] if not each.get("ignore")}
    groups = _continued(sample.get("extra", {}).get("relation", ()), wanted)
    together = {number for group in groups for number in group}
    blocks = [_block([each]) for number, each in wanted.items() if number not in together]
    blocks += [_block([wanted[number] for number in group]) for group in groups]
    return tuple(sorted(blocks, key=lambda block: block.order))


def _continued(
    relations: Sequence[Mapping[str, Any]], wanted: Mapping[Any, Mapping[str, Any]]
) -> list[set[Any]]:
    """Numbers of texts that are one, set in pieces: over columns, around figures."""
    groups: list[set[Any]] = []
    for relation in relations:
        pair = {relation["source_anno_id"], relation["target_anno_id"]}
        if relation["relation_type"] != "truncated" or not pair <= wanted.keys():
            continue
        if not all("text" in wanted[number] for number in pair):
            continue
        touched = [group for group in groups if group & pair]
        groups = [group for group in groups if not group & pair]
        groups.append(pair.union(*touched))
    return groups


def _block(pieces: Sequence[Mapping[str, Any]]) -> TrueBlock:
    ordered = sorted(pieces, key=lambda piece: piece.get("order") or 0)
    category = ordered[0]["category_type"]
    kind = _KINDS.get(category, "outside")
    content = "".join(str(piece.get(_CONTENT.get(kind, "text")) or "") for piece in ordered)
    boxes = tuple(_box(piece["poly"]) for piece in ordered)
    return TrueBlock(category, kind, content, ordered[0].get("order") or 0, boxes)


def _box(polygon: Sequence[float]) -> Box:
    across, down = polygon[0::2], polygon[1::2]
    return min(across), min(down), max(across), max(down)
