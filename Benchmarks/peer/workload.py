"""The numbers that a step works on: random, from a seed, the same in both styles.

Letters of shapes: G completions, P prompt tokens, R completion tokens, I instances, S the picture's
side in pixels, N patches.
"""

from dataclasses import dataclass

import numpy as np
import torch
from options import Options
from PIL import Image
from torch import Tensor
from transformers import Qwen2_5_VLConfig


@dataclass(frozen=True)
class Workload:
    prompt: Tensor  # [P]: text, vision start, the picture's tokens, vision end, text
    picture_start: int  # the first of the picture's tokens
    picture_tokens: int
    completions: Tensor  # [G, R]
    pixels: Tensor  # [N, channels · frames · patch²], the policy's picture
    grid: Tensor  # [1, 3]: frames, rows and columns of patches
    picture: Image.Image  # the segmenter's, S × S
    truth: np.ndarray  # [S, S], bool
    boxes: np.ndarray  # [G, I, 4]: x1, y1, x2, y2 in pixels
    points: np.ndarray  # [G, I, 2, 2]: x, y in pixels, inside the box
    rewards: Tensor  # [G]; random, as the segmenter's are all alike if its weights are random

    @property
    def token_types(self) -> Tensor:
        """[P]: 1 where the picture is, which is what the 3-D positions are computed from."""
        types = torch.zeros_like(self.prompt)
        types[self.picture_start : self.picture_start + self.picture_tokens] = 1
        return types


def make_workload(options: Options, config: Qwen2_5_VLConfig) -> Workload:
    vision, side = config.vision_config, options.image_size
    cell = vision.patch_size * vision.spatial_merge_size
    if side % cell:
        raise SystemExit(f"--image-size {side}: must be a multiple of {cell}")
    rows, tokens = side // vision.patch_size, (side // cell) ** 2
    text = options.prompt_tokens - tokens - 2
    if text < 2:
        raise SystemExit(
            f"--prompt-tokens {options.prompt_tokens}: the picture alone needs {tokens + 4}")

    torch_source = torch.Generator().manual_seed(options.seed)
    source = np.random.default_rng(options.seed)
    count, length, instances = (
        options.num_generations, options.completion_length, options.instances)
    before = text // 2
    words = _words(config, torch_source, text)
    prompt = torch.cat([
        words[:before], torch.tensor([config.vision_start_token_id]),
        torch.full((tokens,), config.image_token_id),
        torch.tensor([config.vision_end_token_id]), words[before:]])
    patch = vision.in_channels * vision.temporal_patch_size * vision.patch_size**2
    boxes, points = _prompts(source, (count, instances), side)
    return Workload(
        prompt=prompt,
        picture_start=before + 1,
        picture_tokens=tokens,
        completions=_words(config, torch_source, count * length).view(count, length),
        pixels=torch.randn(rows * rows, patch, generator=torch_source),
        grid=torch.tensor([[1, rows, rows]]),
        picture=Image.fromarray(source.integers(0, 256, (side, side, 3), dtype=np.uint8)),
        truth=_disc(side),
        boxes=boxes,
        points=points,
        rewards=torch.rand(count, generator=torch_source))


def _words(config: Qwen2_5_VLConfig, source: torch.Generator, count: int) -> Tensor:
    """Random ids without special tokens: a placeholder in a completion would ask for a picture."""
    text = config.text_config
    special = {
        config.image_token_id, config.video_token_id, config.vision_start_token_id,
        config.vision_end_token_id, text.eos_token_id, text.pad_token_id}
    usual = torch.tensor([id for id in range(text.vocab_size) if id not in special])
    return usual[torch.randint(len(usual), (count,), generator=source)]


def _prompts(
    source: np.random.Generator, shape: tuple[int, int], side: int
) -> tuple[np.ndarray, np.ndarray]:
    """Boxes of at least a tenth of the side, and two points inside each."""
    size = source.uniform(0.1 * side, 0.5 * side, (*shape, 2))
    corner = source.uniform(0, 1, (*shape, 2)) * (side - size)
    inside = corner[:, :, None] + source.uniform(0.2, 0.8, (*shape, 2, 2)) * size[:, :, None]
    boxes = np.concatenate([corner, corner + size], axis=-1)
    return boxes.astype(np.float32), inside.astype(np.float32)


def _disc(side: int) -> np.ndarray:
    rows, columns = np.ogrid[:side, :side]
    return (rows - side / 2) ** 2 + (columns - side / 2) ** 2 < (side / 3) ** 2
