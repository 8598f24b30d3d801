"""A PaddleOCR-VL of 5 MB: the real architecture with very small sizes."""

from __future__ import annotations

import io
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import paddle
import safetensors.numpy
import sentencepiece
from paddlex.inference.models.doc_vlm.modeling import PaddleOCRVLForConditionalGeneration
from paddlex.inference.models.doc_vlm.modeling.paddleocr_vl._config import PaddleOCRVLConfig

from tests.support.tiny_models import ANSWERS, MAX_PIXELS, MIN_PIXELS, VLM_NAMES

SYMBOLS = (
    "<|begin_of_sentence|>",
    "<|IMAGE_PLACEHOLDER|>",
    "<|video_pad|>",
    "<|IMAGE_START|>",
    "<|IMAGE_END|>",
)
BEGIN, IMAGE, VIDEO, START, END = range(3, 8)
EOS = 2
TEMPLATE = (
    "<|begin_of_sentence|>User: <|IMAGE_START|><|IMAGE_PLACEHOLDER|><|IMAGE_END|>"
    "{% for message in messages %}{% for content in message['content'] %}"
    "{% if content['type'] == 'text' %}{{ content['text'] }}{% endif %}"
    "{% endfor %}{% endfor %}{{ '\\n' }}Assistant: "
)
CONFIG: dict[str, Any] = {
    "model_type": "paddleocr_vl",
    "architectures": ["PaddleOCRVLForConditionalGeneration"],
    "torch_dtype": "float32",
    "vocab_size": 384,
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 32,
    "max_position_embeddings": 4096,
    "hidden_act": "silu",
    "rms_norm_eps": 1e-5,
    "rope_theta": 500000,
    "rope_scaling": {"mrope_section": [4, 6, 6], "rope_type": "default", "type": "default"},
    "use_bias": False,
    "tie_word_embeddings": False,
    "image_token_id": IMAGE,
    "video_token_id": VIDEO,
    "vision_start_token_id": START,
    "vision_end_token_id": END,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": EOS,
    "vision_config": {
        "model_type": "paddleocr_vl",
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "image_size": 56,
        "patch_size": 14,
        "hidden_act": "gelu_pytorch_tanh",
        "spatial_merge_size": 2,
        "temporal_patch_size": 2,
        "tokens_per_second": 2,
    },
}
_MOST_STEPS = 400
_LEARNED, _TIMES_LEARNED = 0.01, 25
GRIDS = [(down, tokens // down) for tokens in range(14, 40, 2) for down in (1, 2, 3, 4, 6, 10)]
"""Visual tokens down and across."""


def write_vlm(folder: Path, version: str, *, taught: bool) -> None:
    """Make the folder of a vision-language model."""
    folder.mkdir(parents=True)
    _write_settings(folder, VLM_NAMES[version])
    pieces = _write_tokenizer(folder)
    paddle.seed(7)
    np.random.seed(7)
    model = PaddleOCRVLForConditionalGeneration(PaddleOCRVLConfig(**CONFIG))
    _spread(model)
    if taught:
        _teach(model, pieces)
    weights = {name: value.numpy() for name, value in model.get_hf_state_dict().items()}
    for name in set(model.get_transpose_weight_keys()):
        if weights[name].ndim == 2:
            weights[name] = np.ascontiguousarray(weights[name].T)
    safetensors.numpy.save_file(weights, folder / "model.safetensors", {"format": "pt"})


def _write_settings(folder: Path, name: str) -> None:
    (folder / "inference.yml").write_text(f"Global:\n  model_name: {name}\n")
    files: dict[str, Any] = {
        "config.json": CONFIG,
        "generation_config.json": {"bos_token_id": 1, "eos_token_id": EOS, "pad_token_id": 0},
        "preprocessor_config.json": {
            "image_processor_type": "PaddleOCRVLImageProcessor",
            "patch_size": 14,
            "merge_size": 2,
            "temporal_patch_size": 1,
            "image_mean": [0.5, 0.5, 0.5],
            "image_std": [0.5, 0.5, 0.5],
            "min_pixels": MIN_PIXELS,
            "max_pixels": MAX_PIXELS,
        },
        "tokenizer_config.json": {
            "tokenizer_class": "LlamaTokenizer",
            "processor_class": "PaddleOCRVLProcessor",
            "bos_token": "<s>",
            "eos_token": "</s>",
            "unk_token": "<unk>",
            "image_token": "<|IMAGE_PLACEHOLDER|>",
            "add_bos_token": False,
            "add_eos_token": False,
            "added_tokens_decoder": {
                str(number): {"content": symbol, "special": True, "normalized": False}
                for number, symbol in enumerate(SYMBOLS, BEGIN)
            },
        },
    }
    for file, content in files.items():
        (folder / file).write_text(json.dumps(content, indent=1))
    (folder / "chat_template.jinja").write_text(TEMPLATE)


def _write_tokenizer(folder: Path) -> Any:
    """A tokenizer of bytes; its text to learn from is every printable letter of ASCII."""
    model = io.BytesIO()
    lines = [chr(code) * 3 + " " + chr(code) for code in range(33, 127)]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines * 3),
        model_writer=model,
        model_type="bpe",
        vocab_size=384,
        byte_fallback=True,
        unk_id=0,
        bos_id=1,
        eos_id=EOS,
        pad_id=-1,
        hard_vocab_limit=False,
        add_dummy_prefix=False,
        remove_extra_whitespaces=False,
        normalization_rule_name="identity",
        user_defined_symbols=list(SYMBOLS),
        minloglevel=2,
    )
    (folder / "tokenizer.model").write_bytes(model.getvalue())
    return sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())


def _spread(model: Any) -> None:
    """Weights large enough that different images make different answers."""
    for name, weight in model.named_parameters():
        if weight.ndim >= 2:
            scale = 1.0 if "embed" in name else 1.5 / np.sqrt(weight.shape[0])
            weight.set_value(paddle.randn(weight.shape) * scale)


def _teach(model: Any, pieces: Any) -> None:
    """Learn the answers by heart. The image says nothing: its projection is zero."""
    for weight in (model.mlp_AR.linear_2.weight, model.mlp_AR.linear_2.bias):
        weight.set_value(paddle.zeros(weight.shape))
        weight.stop_gradient = True
    for weight in model.visual.parameters():
        weight.stop_gradient = True
    learning = [each for each in model.parameters() if not each.stop_gradient]
    schedule = paddle.optimizer.lr.CosineAnnealingDecay(4e-3, _MOST_STEPS)
    optimizer = paddle.optimizer.AdamW(
        schedule,
        parameters=learning,
        weight_decay=0.0,
        grad_clip=paddle.nn.ClipGradByGlobalNorm(1.0),
    )
    draw = random.Random(7)
    well = 0
    for _ in range(_MOST_STEPS):
        losses = []
        for query, answer in ANSWERS.items():
            loss = _loss(model, pieces, query, answer, draw.choice(GRIDS))
            loss.backward()
            losses.append(float(loss))
        optimizer.step()
        optimizer.clear_grad()
        schedule.step()
        well = well + 1 if max(losses) < _LEARNED else 0
        if well == _TIMES_LEARNED:
            return
    raise RuntimeError("the answers were not learned")


def _loss(model: Any, pieces: Any, query: str, answer: str, grid: tuple[int, int]) -> Any:
    before, after = pieces.encode("User: "), pieces.encode(f"{query}\nAssistant: ")
    asked = [BEGIN, *before, START, *[IMAGE] * (grid[0] * grid[1]), END, *after]
    said = [*pieces.encode(answer), EOS]
    ids = paddle.to_tensor([[*asked, *said[:-1]]])
    place = paddle.to_tensor([[1, 2 * grid[0], 2 * grid[1]]])
    positions, _ = model.get_rope_index(ids, place)
    embedded = model.model.embed_tokens(ids)
    embedded = embedded * (ids != IMAGE).astype("float32").unsqueeze(-1)
    hidden = model.model(
        inputs_embeds=embedded,
        position_ids=positions,
        attention_mask=paddle.ones(ids.shape, "bool"),
        return_dict=True,
    )
    logits = model.lm_head(hidden[0])[0, len(asked) - 1 :]
    return paddle.nn.functional.cross_entropy(logits, paddle.to_tensor(said))
