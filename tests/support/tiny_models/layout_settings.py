"""What stands beside the weights of a layout detection model."""

from __future__ import annotations

from tests.support.tiny_models import LABELS


def layout_settings(name: str, side: int) -> str:
    """The content of ``inference.yml`` for pages that are scaled to a square."""
    labels = "".join(f"- {label}\n" for label in LABELS)
    return (
        "mode: paddle\ndraw_threshold: 0.3\nGlobal:\n"
        f"  model_name: {name}\n"
        "arch: DETR\nPreprocess:\n"
        f"- interp: 2\n  keep_ratio: false\n  target_size: [{side}, {side}]\n  type: Resize\n"
        "- mean: [0.0, 0.0, 0.0]\n  norm_type: none\n  std: [1.0, 1.0, 1.0]\n"
        "  type: NormalizeImage\n- type: Permute\n"
        f"label_list:\n{labels}"
    )
