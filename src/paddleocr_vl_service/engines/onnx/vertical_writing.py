"""Lines that run down a page whose other lines run across it: kept apart from those.

Headlines of Chinese and Japanese newspapers stand upright beside level text. A line of text that
is level with some part of one has nothing to do with it.
"""

from __future__ import annotations

from collections.abc import Sequence

from paddleocr_vl_service.engines.onnx.blocks import Block
from paddleocr_vl_service.engines.onnx.line_geometry import PlacedLine, is_upright

_SAME_SIZE = 1.4
_NEXT = 1.2
_BESIDE = 0.5


def take_upright(
    lines: Sequence[PlacedLine], *, vertical_page: bool
) -> tuple[list[Block], list[PlacedLine]]:
    """Blocks of lines that run down the frame, and the other lines.

    Neighbours of one size are one block, read from right to left. On a page of vertical writing
    it is the level lines that run down the frame, the first one at its left.
    """
    upright = [line for line in lines if is_upright(line)]
    upright.sort(key=lambda line: (line.rect.middle_x, line.rect.top, line.text))
    if not vertical_page:
        upright.reverse()
    blocks: list[list[PlacedLine]] = []
    for line in upright:
        beside = [block for block in blocks if _follows(block[-1], line)]
        if beside:
            beside[0].append(line)
        else:
            blocks.append([line])
    rest = [line for line in lines if not is_upright(line)]
    return [Block(tuple(block)) for block in blocks], rest


def _follows(before: PlacedLine, line: PlacedLine) -> bool:
    small, large = sorted((before.em, line.em))
    return (
        large < _SAME_SIZE * small
        and -before.rect.shared_width(line.rect) < _NEXT * small
        and before.rect.shared_height(line.rect)
        > _BESIDE * min(before.rect.height, line.rect.height)
    )
