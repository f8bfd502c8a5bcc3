"""The policy, its reference and the segmenter."""

import copy
import json
import re
from dataclasses import dataclass
from pathlib import Path

import torch
from options import Options
from safetensors.torch import load_file
from sam2.build_sam import build_sam2
from sam2.sam2_image_predictor import SAM2ImagePredictor
from torch import Tensor
from transformers import AutoConfig, AutoModelForImageTextToText, Qwen2_5_VLForConditionalGeneration

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


@dataclass(frozen=True)
class Models:
    policy: Qwen2_5_VLForConditionalGeneration
    reference: Qwen2_5_VLForConditionalGeneration | None  # None where beta is 0
    predictor: SAM2ImagePredictor


def load_models(options: Options) -> Models:
    torch.manual_seed(options.seed)
    policy = load_policy(options)
    reference = None
    if options.beta:
        reference = copy.deepcopy(policy).requires_grad_(False)
    segmenter = load_segmenter(options.segmenter).requires_grad_(False)
    return Models(policy, reference, SAM2ImagePredictor(segmenter))


def load_policy(options: Options) -> Qwen2_5_VLForConditionalGeneration:
    """The policy in eval mode: in train mode with checkpointing, `generate` has no context."""
    dtype = DTYPES[options.dtype]
    if options.init:
        config = AutoConfig.from_pretrained(options.policy)
        policy = AutoModelForImageTextToText.from_config(
            config, dtype=dtype, attn_implementation="sdpa")
    elif any(options.policy.glob("*.safetensors")):
        policy = Qwen2_5_VLForConditionalGeneration.from_pretrained(
            options.policy, dtype=dtype, attn_implementation="sdpa")
    else:
        raise SystemExit(f"--policy {options.policy}: has no safetensors; --init goes without")
    # Completions run to their full length, so that the work is the same each time.
    policy.generation_config.eos_token_id = None
    return policy.eval()


# MARK: the segmenter

# Sizes of the trunk (channels, blocks per stage) and the official configuration that has them.
_RELEASED = {
    (96, (1, 2, 7, 2)): "t", (96, (1, 2, 11, 2)): "s", (112, (2, 3, 16, 3)): "b+",
    (144, (2, 6, 36, 4)): "l"}

# Official names and the hub's; the layers of MLPs are named in `_hub_name`.
_NAMES = [
    (r"^image_encoder\.trunk\.patch_embed\.proj\.",
     "vision_encoder.backbone.patch_embed.projection."),
    (r"^image_encoder\.trunk\.(blocks\.\d+)\.norm([12])\.",
     r"vision_encoder.backbone.\1.layer_norm\2."),
    (r"^image_encoder\.trunk\.", "vision_encoder.backbone."),
    (r"^image_encoder\.neck\.convs\.(\d+)\.conv\.", r"vision_encoder.neck.convs.\1."),
    (r"^sam_prompt_encoder\.pe_layer\.positional_encoding_gaussian_matrix$",
     "prompt_encoder.shared_embedding.positional_embedding"),
    (r"^sam_prompt_encoder\.mask_downscaling\.", "prompt_encoder.mask_embed."),
    (r"^sam_prompt_encoder\.", "prompt_encoder."),
    (r"^prompt_encoder\.mask_embed\.0\.", "prompt_encoder.mask_embed.conv1."),
    (r"^prompt_encoder\.mask_embed\.1\.", "prompt_encoder.mask_embed.layer_norm1."),
    (r"^prompt_encoder\.mask_embed\.3\.", "prompt_encoder.mask_embed.conv2."),
    (r"^prompt_encoder\.mask_embed\.4\.", "prompt_encoder.mask_embed.layer_norm2."),
    (r"^prompt_encoder\.mask_embed\.6\.", "prompt_encoder.mask_embed.conv3."),
    (r"^sam_mask_decoder\.output_upscaling\.0\.", "mask_decoder.upscale_conv1."),
    (r"^sam_mask_decoder\.output_upscaling\.1\.", "mask_decoder.upscale_layer_norm."),
    (r"^sam_mask_decoder\.output_upscaling\.3\.", "mask_decoder.upscale_conv2."),
    (r"^sam_mask_decoder\.transformer\.norm_final_attn\.",
     "mask_decoder.transformer.layer_norm_final_attn."),
    (r"^sam_mask_decoder\.(transformer\.layers\.\d+)\.norm([1-4])\.",
     r"mask_decoder.\1.layer_norm\2."),
    (r"^sam_mask_decoder\.", "mask_decoder."),
    (r"^(mask_decoder\.transformer\..*)\.out_proj\.", r"\1.o_proj."),
    (r"^no_mem_embed$", "no_memory_embedding"),
]
_VIDEO = (
    "memory_", "mask_downsample.", "obj_ptr_", "maskmem_tpos_enc", "no_mem_pos_enc", "no_obj_")


def load_segmenter(folder: Path | None) -> torch.nn.Module:
    """The official model in eval mode, on the weights of a hub folder or on random ones."""
    if folder is None:
        return build_sam2("configs/sam2.1/sam2.1_hiera_t.yaml", device="cpu")
    trunk = json.loads((folder / "config.json").read_text())["vision_config"]["backbone_config"]
    size = (trunk["embed_dim_per_stage"][0], tuple(trunk["blocks_per_stage"]))
    if size not in _RELEASED:
        raise SystemExit(f"--segmenter {folder}: the official package has no model of size {size}")
    model = build_sam2(f"configs/sam2.1/sam2.1_hiera_{_RELEASED[size]}.yaml", device="cpu")
    given: dict[str, Tensor] = {}
    for file in sorted(folder.glob("*.safetensors")):
        given |= load_file(file)
    state = dict(model.state_dict())
    depths = _depths(state)
    for key in state:
        if key.startswith(_VIDEO):
            continue
        row = re.fullmatch(r"sam_prompt_encoder\.point_embeddings\.(\d)\.weight", key)
        name = "prompt_encoder.point_embed.weight" if row else _hub_name(key, depths)
        if name not in given:
            raise SystemExit(f"--segmenter {folder}: has no {name}")
        state[key] = given[name][int(row[1])][None] if row else given[name]
    model.load_state_dict(state)
    return model


def _depths(keys: dict[str, Tensor]) -> dict[str, int]:
    """How many layers each MLP has, by its official name."""
    depths: dict[str, int] = {}
    for key in keys:
        layer = re.fullmatch(r"(.*)\.layers\.(\d+)\.(weight|bias)", key)
        if layer:
            depths[layer[1]] = max(depths.get(layer[1], 0), int(layer[2]) + 1)
    return depths


def _hub_name(key: str, depths: dict[str, int]) -> str:
    layer = re.fullmatch(r"(.*)\.layers\.(\d+)\.(weight|bias)", key)
    if layer:
        index, last = int(layer[2]), depths[layer[1]] - 1
        part = "proj_in" if index == 0 else "proj_out" if index == last else f"layers.{index - 1}"
        key = f"{layer[1]}.{part}.{layer[3]}"
    for pattern, name in _NAMES:
        key = re.sub(pattern, name, key)
    return key
