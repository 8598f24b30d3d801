"""``python -m tests.support.tiny_models.transformers_layout FOLDER``: a PP-DocLayoutV3 of 270 kB.

The real architecture with very small sizes and random weights, in the format of the transformers
library. Where it finds regions, and which, is chance; that it finds some is all that tests need.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from transformers import (
    HGNetV2Config,
    PPDocLayoutV3Config,
    PPDocLayoutV3ForObjectDetection,
    PPDocLayoutV3ImageProcessor,
)

from tests.support.tiny_models import LABELS
from tests.support.tiny_models.layout_settings import layout_settings

_SIDE = 64
_WIDTH = 16


def main() -> None:
    """Make the folder of a layout detection model."""
    folder = Path(sys.argv[1])
    torch.manual_seed(3)
    model = PPDocLayoutV3ForObjectDetection(_config())
    for weight in model.parameters():
        if weight.ndim >= 2:  # with the usual ones it collapses to one box
            torch.nn.init.kaiming_normal_(weight)
    model.save_pretrained(folder)
    PPDocLayoutV3ImageProcessor(size={"height": _SIDE, "width": _SIDE}).save_pretrained(folder)
    (folder / "inference.yml").write_text(layout_settings("PP-DocLayoutV3", _SIDE))


def _config() -> PPDocLayoutV3Config:
    backbone = HGNetV2Config(
        stem_channels=[3, 8, 8],
        stage_in_channels=[8, _WIDTH, _WIDTH, _WIDTH],
        stage_mid_channels=[8] * 4,
        stage_out_channels=[_WIDTH] * 4,
        stage_num_blocks=[1] * 4,
        stage_numb_of_layers=[1] * 4,
        embedding_size=8,
        hidden_sizes=[_WIDTH] * 4,
        depths=[1] * 4,
        out_features=["stage1", "stage2", "stage3", "stage4"],
    )
    return PPDocLayoutV3Config(
        backbone_config=backbone,
        encoder_hidden_dim=_WIDTH,
        encoder_in_channels=[_WIDTH] * 3,
        encoder_ffn_dim=_WIDTH,
        encoder_attention_heads=2,
        d_model=_WIDTH,
        num_queries=20,
        decoder_in_channels=[_WIDTH] * 3,
        decoder_ffn_dim=_WIDTH,
        decoder_layers=2,
        decoder_attention_heads=2,
        mask_feature_channels=[8, 8],
        x4_feat_dim=_WIDTH,
        global_pointer_head_size=8,
        num_prototypes=8,
        id2label=dict(enumerate(LABELS)),
        label2id={label: number for number, label in enumerate(LABELS)},
    )


if __name__ == "__main__":
    main()
