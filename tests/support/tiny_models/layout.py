"""Layout, orientation and unwarping models that were wired by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import paddle

from tests.support.tiny_models import BLOCKS, LABELS, LAYOUT_NAMES, ORIENTATION, UNWARPING
from tests.support.tiny_models.layout_settings import layout_settings

_SIDE = 64
_MASK = 200


class FixedLayout(paddle.nn.Layer):
    """Finds `BLOCKS` on every page, whatever it shows."""

    def __init__(self, *, masks: bool) -> None:
        super().__init__()
        rows = [
            (LABELS.index(each.label), each.score, *(edge / 20 for edge in each.box), order)
            for order, each in enumerate(BLOCKS)
        ]
        self.register_buffer("rows", paddle.to_tensor(np.array(rows, np.float32)))
        self.masks = masks

    def forward(self, im_shape: Any, image: Any, scale_factor: Any) -> Any:
        """Boxes in pixels of the page, their number for each page, and masks."""
        size = im_shape / scale_factor  # height and width of the page
        across = paddle.stack([size[:, 1], size[:, 0], size[:, 1], size[:, 0]], axis=1)
        count = self.rows.shape[0]
        edges = self.rows[:, 2:6].unsqueeze(0) * across.unsqueeze(1)
        ones = paddle.ones_like(edges[:, :, :1])
        rows = [self.rows[:, :2].unsqueeze(0) * ones, edges, self.rows[:, 6:].unsqueeze(0) * ones]
        nothing = (image.sum() * 0).astype("float32")
        boxes = paddle.concat(rows, axis=2).reshape([-1, 7]) + nothing
        numbers = (ones[:, 0, 0] * count).astype("int32")
        if not self.masks:
            return boxes, numbers
        whole = paddle.ones([_MASK, _MASK]).unsqueeze(0)
        return boxes, numbers, (boxes[:, :1].unsqueeze(2) * 0 + whole).astype("int32")


class DarkestEdge(paddle.nn.Layer):
    """Takes the darkest of four edges for the page's top."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("sharpness", paddle.full([1], 50.0))  # a model without is no model

    def forward(self, x: Any) -> Any:
        """Scores of 0, 90, 180 and 270 degrees counterclockwise that right the page."""
        grey, edge = x.mean(axis=1), 24
        edges = [grey[:, :edge], grey[:, :, -edge:], grey[:, -edge:], grey[:, :, :edge]]
        darkness = paddle.stack([-each.mean(axis=[1, 2]) for each in edges], axis=1)
        return paddle.nn.functional.softmax(self.sharpness * darkness, axis=1)


class Negative(paddle.nn.Layer):
    """Gives the page back with its colours turned round, so that one sees it was at work."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("white", paddle.ones([1]))

    def forward(self, image: Any) -> Any:
        """Of the same size."""
        return self.white - image


def write_layout(folder: Path, version: str) -> None:
    """Make the folder of a layout detection model."""
    name = LAYOUT_NAMES[version]
    any_size = [None, 3, _SIDE, _SIDE]
    inputs = {"im_shape": [None, 2], "image": any_size, "scale_factor": [None, 2]}
    _save(FixedLayout(masks=name == "PP-DocLayoutV3"), inputs, folder)
    (folder / "inference.yml").write_text(layout_settings(name, _SIDE))


def write_orientation(folder: Path) -> None:
    """Make the folder of a page orientation model."""
    _save(DarkestEdge(), {"x": [None, 3, 224, 224]}, folder)
    (folder / "inference.yml").write_text(
        f"Global:\n  model_name: {ORIENTATION}\n"
        "PreProcess:\n  transform_ops:\n  - ResizeImage:\n      size: [224, 224]\n"
        "  - NormalizeImage:\n      channel_num: 3\n      mean: [0.485, 0.456, 0.406]\n"
        "      order: ''\n      scale: 0.00392156862745098\n      std: [0.229, 0.224, 0.225]\n"
        "  - ToCHWImage: null\n"
        "PostProcess:\n  Topk:\n    topk: 1\n    label_list: ['0', '90', '180', '270']\n"
    )


def write_unwarping(folder: Path) -> None:
    """Make the folder of an unwarping model."""
    _save(Negative(), {"image": [None, 3, None, None]}, folder)
    (folder / "inference.yml").write_text(f"Global:\n  model_name: {UNWARPING}\n")


def _save(layer: Any, inputs: dict[str, list[int | None]], folder: Path) -> None:
    folder.mkdir(parents=True)
    layer.eval()
    specs = [paddle.static.InputSpec(shape, "float32", name) for name, shape in inputs.items()]
    paddle.jit.save(layer, str(folder / "inference"), specs)
