"""Configurations and weights of the models that qwen25vl_fixtures.py asks.

Weights and patches are hashes of (salt + key, index): see `hashed`. The salt is the seed and a
colon; cases.json tells it to the tests, which have the same lines in Swift.
"""

import json
import math
import os
import random
import zlib

import numpy as np
import torch
from transformers import GenerationConfig, Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

SEED = os.environ.get("SEED", "0")
SALT = SEED + ":"
NUMBER = zlib.crc32(SEED.encode())
IMAGE, VIDEO, START, END = 190, 191, 192, 193
TOKENS = dict(
    image_token_id=IMAGE, video_token_id=VIDEO, vision_start_token_id=START,
    vision_end_token_id=END)
EOS = [2, 3]

HUB = {
    "architectures": ["Qwen2_5_VLForConditionalGeneration"],
    "model_type": "qwen2_5_vl",
    "attention_dropout": 0.0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "hidden_act": "silu",
    "hidden_size": 48,
    "initializer_range": 0.02,
    "intermediate_size": 64,
    "max_position_embeddings": 4096,
    "max_window_layers": 70,
    "num_attention_heads": 4,
    "num_hidden_layers": 2,
    "num_key_value_heads": 2,
    "rms_norm_eps": 1e-06,
    "rope_theta": 1000000.0,
    "sliding_window": 32768,
    "tie_word_embeddings": True,
    "torch_dtype": "float32",
    "use_cache": True,
    "use_sliding_window": False,
    "vision_config": {
        "depth": 3,
        "hidden_act": "silu",
        "hidden_size": 32,
        "intermediate_size": 40,
        "num_heads": 2,
        "in_chans": 3,
        "out_hidden_size": 48,
        "patch_size": 14,
        "spatial_merge_size": 2,
        "spatial_patch_size": 14,
        "window_size": 112,
        "fullatt_block_indexes": [1],
        "tokens_per_second": 2,
        "temporal_patch_size": 2,
    },
    "rope_scaling": {"type": "mrope", "mrope_section": [1, 2, 3]},
    "vocab_size": 200,
    **TOKENS,
}


def hashed(key: str, count: int) -> np.ndarray:
    """Uniform numbers of [-1, 1) that depend on salt, key and index only."""
    state = 0xCBF29CE484222325
    for byte in (SALT + key).encode():
        state = ((state ^ byte) * 0x100000001B3) % 2**64
    result = np.empty(count, dtype=np.float32)
    for start in range(0, count, 1 << 20):  # In pieces: the largest matrices have 26 M elements.
        end = min(count, start + (1 << 20))
        index = np.arange(start + 1, end + 1, dtype=np.uint64)
        z = np.uint64(state) + index * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
        result[start:end] = (z >> np.uint64(40)).astype(np.float32) / np.float32(2**23)
    return result - np.float32(1)


def weight(key: str, shape: list[int]) -> torch.Tensor:
    """Hashed numbers with a spread that suits the key."""
    u = hashed(key, math.prod(shape))
    if key.endswith("embed_tokens.weight"):
        values = u * np.float32(0.5)
    elif len(shape) == 1:
        values = u * np.float32(0.2) + np.float32(1) if key.endswith("weight") else u * np.float32(0.1)
    else:
        bound = math.sqrt(3 / math.prod(shape[1:]))
        if key.endswith(("q_proj.weight", "k_proj.weight")):
            bound *= 2  # Sharp attention shows a wrong mask or position.
        values = u * np.float32(bound)
    return torch.from_numpy(values.reshape(shape))


def hub_key(name: str) -> str:
    return name.replace("model.language_model.", "model.").replace("model.visual.", "visual.")


def build(config: Qwen2_5_VLConfig) -> Qwen2_5_VLForConditionalGeneration:
    model = Qwen2_5_VLForConditionalGeneration(config).float().eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(weight(hub_key(name), list(parameter.shape)))
    model.generation_config = GenerationConfig(eos_token_id=EOS, pad_token_id=0)
    return model


def config(text: dict, vision: dict, tied: bool) -> Qwen2_5_VLConfig:
    hidden, heads, key_heads, layers, inner, theta, sections, epsilon = (
        text[key] for key in ("hidden", "heads", "key_heads", "layers", "inner", "theta",
                              "sections", "epsilon"))
    return Qwen2_5_VLConfig(
        text_config=dict(
            vocab_size=text.get("vocabulary", 200), hidden_size=hidden, intermediate_size=inner,
            num_hidden_layers=layers, num_attention_heads=heads, num_key_value_heads=key_heads,
            rms_norm_eps=epsilon, eos_token_id=EOS, pad_token_id=0, bos_token_id=1,
            tie_word_embeddings=tied,
            rope_parameters=dict(rope_type="default", rope_theta=theta, mrope_section=sections)),
        vision_config=dict(out_hidden_size=hidden, **vision), tie_word_embeddings=tied, **TOKENS)


def vision(depth, hidden, inner, heads, patch, cells, full, more=0) -> dict:
    """`more` pixels at the window's edge make no block of their own."""
    return dict(
        depth=depth, hidden_size=hidden, intermediate_size=inner, num_heads=heads,
        patch_size=patch, window_size=cells * 2 * patch + more, fullatt_block_indexes=full)


def text(heads, key_heads, head, layers, inner, theta, sections, epsilon) -> dict:
    return dict(
        hidden=heads * head, heads=heads, key_heads=key_heads, layers=layers, inner=inner,
        theta=theta, sections=sections, epsilon=epsilon)


def drawn() -> Qwen2_5_VLConfig:
    """Sizes that the seed decides about."""
    draw = random.Random(NUMBER)
    key_heads, head = draw.choice([1, 2, 3]), draw.choice([8, 12, 16, 20])
    heads = key_heads * draw.choice([1, 2, 3])
    first = draw.randint(1, head // 2 - 2)
    second = draw.randint(1, head // 2 - first - 1)
    depth = draw.randint(1, 4)
    full = [index for index in range(depth) if draw.random() < 0.4]
    tower_heads = draw.choice([1, 2, 3])
    return config(
        text(heads, key_heads, head, draw.randint(1, 3), draw.choice([24, 40, 56]),
             draw.choice([1e4, 1e6]), [first, second, head // 2 - first - second],
             draw.choice([1e-6, 1e-5])),
        vision(depth, tower_heads * draw.choice([8, 12, 16]), draw.choice([20, 36]), tower_heads,
               draw.choice([2, 4, 6, 14]), draw.choice([1, 2, 3, 4, 5]), full, draw.choice([0, 3])),
        draw.random() < 0.5)


def configurations() -> dict[str, Qwen2_5_VLConfig]:
    return {
        # Tied, 2 queries per key head, windows of 4 and one full block, in the hub's form.
        "tied": Qwen2_5_VLConfig.from_dict(json.loads(json.dumps(HUB))),
        # Untied, 4 queries per key head, windows of 2, full blocks at both ends.
        "untied": config(
            text(4, 1, 16, 3, 48, 10000.0, [2, 3, 3], 1e-5),
            vision(3, 48, 32, 4, 4, 2, [0, 2]), False),
        # Tied, a key head per query head, full blocks only.
        "full": config(
            text(3, 3, 16, 2, 40, 1000000.0, [4, 2, 2], 1e-6),
            vision(2, 24, 36, 3, 6, 4, [0, 1]), True),
        # Untied, 6 query and 3 key heads, windows of 3 only.
        "windows": config(
            text(6, 3, 12, 2, 56, 10000.0, [2, 2, 2], 1e-6),
            vision(2, 32, 24, 4, 2, 3, []), False),
        "drawn": drawn(),
    }


def real() -> Qwen2_5_VLConfig:
    """One layer of each type with the sizes of Qwen2.5-VL-3B, and 1024 rows of its head."""
    sizes = text(16, 2, 128, 1, 11008, 1000000.0, [16, 24, 24], 1e-6) | {"vocabulary": 1024}
    return config(sizes, vision(2, 1280, 3420, 16, 14, 4, [1]), True)
