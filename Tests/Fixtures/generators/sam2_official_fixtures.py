"""Makes the fixtures of Tests/SAM2Tests that come from the official sam2 package.

Pinned: Python 3.11, torch 2.13.0+cpu, transformers 5.23.0, sam2 1.1.0, safetensors 0.8.0, numpy 2.4.6.
$SEED (default "0") decides about the weights.

Writes into sam2_official/:

  checkpoint/model.pt     torch.save({"model": state_dict}) of a small official model (float16), with a tensor
                          for every key that build_sam2's video model has beyond it
  checkpoint/config.json  its sizes as transformers' Sam2Config
  answers.safetensors     what SAM2ImagePredictor answers, the model in float32 with the values of model.pt.
                          Legend: M masks, P prompts; pictures WxH are 150x110 and 25x19 (smaller than the
                          low-resolution masks, 32x32)
                            WxH.features.{0,1,2}    the levels, finest first (150x110 only)
                            WxH.CASE.one.low        [1, 32, 32] low_res_masks, clamped to -32 ... 32
                            WxH.CASE.{one,several}.iou   [M]
                            WxH.CASE.{one,several}.logits [M, ., .] at the picture's size, every seventh row
                                                    and column (every row and column of 25x19)
                            WxH.CASE.{one,several}.masks uint8, the bits of [M, H, W] as np.packbits
                            WxH.batch.NAME.low, .iou, .masks  [P, 1, ...] of several prompts in one call
  answers.json            the cases by picture, the batches, the cases whose single mask is replaced
  sizes.json              for tiny, small, base-plus, large:
                            config      transformers' Sam2Config of the official YAML, as to_dict gives it
                                        without what every configuration of transformers has
                            parameters  how many numbers Sam2Model(config) has
                            groups      for the first two parts of its keys: [keys, FNV-1a 64 of the sorted
                                        lines "KEY [SIZE, SIZE]", in hexadecimal]
                          Keys and shapes equal those of build_sam2's model after renaming, for SAM 2.1 and
                          for SAM 2.0
  sizes/SIZE.pt           of build_sam2's model: norm2.weight of all blocks and pos_embed, one number each
                          that is expanded to the shape; enough to tell the size by. Below "model" for tiny
                          and large, at the top for the others
"""

import inspect
import json
import os
import pathlib
import re
import sys

try:  # An environment without torchvision's compiled part needs a patch to import it.
    import oracle_shim  # noqa: F401
except ImportError:
    pass
import numpy as np
import sam2_fixtures as common
import torch
from hydra import compose
from sam2.build_sam import build_sam2
from sam2.modeling.backbones.hieradet import Hiera
from sam2.modeling.backbones.image_encoder import FpnNeck, ImageEncoder
from sam2.modeling.position_encoding import PositionEmbeddingSine
from sam2.modeling.sam.mask_decoder import MaskDecoder
from sam2.modeling.sam.transformer import TwoWayTransformer
from sam2.modeling.sam2_base import SAM2Base
from sam2.sam2_image_predictor import SAM2ImagePredictor
from safetensors.torch import save_file
from transformers import PretrainedConfig, Sam2Config, Sam2Model

OUT = pathlib.Path(os.environ["FIXTURES"]) / "sam2_official"
SIZES = {"tiny": "t", "small": "s", "base-plus": "b+", "large": "l"}

# ---- Names ---------------------------------------------------------------------------------------

VIDEO = re.compile(r"memory_|mask_downsample\.|obj_ptr_|maskmem_tpos_enc|no_mem_pos_enc|no_obj_")
RENAMES = [
    (r"^no_mem_embed$", "no_memory_embedding"),
    (r"^image_encoder\.trunk\.patch_embed\.proj\.", "vision_encoder.backbone.patch_embed.projection."),
    (r"^image_encoder\.trunk\.(.*)\.norm(\d)\.", r"vision_encoder.backbone.\1.layer_norm\2."),
    (r"^image_encoder\.trunk\.", "vision_encoder.backbone."),
    (r"^image_encoder\.neck\.convs\.(\d+)\.conv\.", r"vision_encoder.neck.convs.\1."),
    (r"^sam_prompt_encoder\.pe_layer\.positional_encoding_gaussian_matrix$",
     "prompt_encoder.shared_embedding.positional_embedding"),
    (r"^sam_prompt_encoder\.mask_downscaling\.0\.", "prompt_encoder.mask_embed.conv1."),
    (r"^sam_prompt_encoder\.mask_downscaling\.1\.", "prompt_encoder.mask_embed.layer_norm1."),
    (r"^sam_prompt_encoder\.mask_downscaling\.3\.", "prompt_encoder.mask_embed.conv2."),
    (r"^sam_prompt_encoder\.mask_downscaling\.4\.", "prompt_encoder.mask_embed.layer_norm2."),
    (r"^sam_prompt_encoder\.mask_downscaling\.6\.", "prompt_encoder.mask_embed.conv3."),
    (r"^sam_prompt_encoder\.", "prompt_encoder."),
    (r"^sam_mask_decoder\.transformer\.norm_final_attn\.", "mask_decoder.transformer.layer_norm_final_attn."),
    (r"^sam_mask_decoder\.transformer\.(.*)\.norm(\d)\.", r"mask_decoder.transformer.\1.layer_norm\2."),
    (r"^sam_mask_decoder\.output_upscaling\.0\.", "mask_decoder.upscale_conv1."),
    (r"^sam_mask_decoder\.output_upscaling\.1\.", "mask_decoder.upscale_layer_norm."),
    (r"^sam_mask_decoder\.output_upscaling\.3\.", "mask_decoder.upscale_conv2."),
    (r"^sam_mask_decoder\.", "mask_decoder."),
    (r"\.out_proj\.", ".o_proj."),
    (r"(\.mlp)\.layers\.0\.", r"\1.proj_in."),
    (r"(\.mlp)\.layers\.1\.", r"\1.proj_out."),
    (r"(_mlps\.\d|_head)\.layers\.0\.", r"\1.proj_in."),
    (r"(_mlps\.\d|_head)\.layers\.1\.", r"\1.layers.0."),
    (r"(_mlps\.\d|_head)\.layers\.2\.", r"\1.proj_out."),
]


def hub_name(key: str) -> str:
    for pattern, replacement in RENAMES:
        key = re.sub(pattern, replacement, key)
    return key


def hub_shapes(state: dict) -> dict:
    """The hub's keys with their shapes, from an official state_dict."""
    shapes, points = {}, []
    for key, value in state.items():
        if VIDEO.match(key):
            continue
        if "point_embeddings" in key:
            points.append(value.shape[1])
        else:
            shapes[hub_name(key)] = tuple(value.shape)
    shapes["prompt_encoder.point_embed.weight"] = (len(points), points[0])
    shapes["shared_image_embedding.positional_embedding"] = shapes[
        "prompt_encoder.shared_embedding.positional_embedding"]
    return shapes


# ---- The released sizes --------------------------------------------------------------------------


def released(letter: str) -> Sam2Config:
    """The configuration of an official YAML, as build_sam2 completes it."""
    model = compose(config_name=f"configs/sam2.1/sam2.1_hiera_{letter}.yaml").model
    trunk, neck = model.image_encoder.trunk, model.image_encoder.neck
    dims = [trunk.embed_dim * 2**stage for stage in range(4)]
    assert list(neck.backbone_channel_list) == dims[::-1]
    # What the YAML leaves out has the default of the official class.
    defaults = {key: one.default for key, one in inspect.signature(Hiera).parameters.items()}

    def value(key: str) -> list:
        return list(trunk.get(key, defaults[key]))

    return Sam2Config(
        vision_config=dict(
            backbone_config=dict(
                model_type="sam2_hiera_det_model", hidden_size=trunk.embed_dim,
                embed_dim_per_stage=dims, blocks_per_stage=value("stages"),
                num_attention_heads_per_stage=[trunk.num_heads * 2**stage for stage in range(4)],
                global_attention_blocks=value("global_att_blocks"),
                window_size_per_stage=value("window_spec"),
                window_positional_embedding_background_size=value(
                    "window_pos_embed_bkg_spatial_size"),
                image_size=[model.image_size, model.image_size]),
            backbone_channel_list=dims[::-1], fpn_hidden_size=neck.d_model,
            fpn_top_down_levels=list(neck.fpn_top_down_levels)),
        prompt_encoder_config=dict(hidden_size=neck.d_model, image_size=model.image_size),
        mask_decoder_config=dict(
            hidden_size=neck.d_model, dynamic_multimask_via_stability=True,
            dynamic_multimask_stability_delta=0.05, dynamic_multimask_stability_thresh=0.98))


def fnv(text: str) -> str:
    state = 0xCBF29CE484222325
    for byte in text.encode():
        state = ((state ^ byte) * 0x100000001B3) % 2**64
    return f"{state:016x}"


def own(config: dict) -> dict:
    """A configuration without the keys that all of transformers' have."""
    common_keys = set(PretrainedConfig().to_dict()) - {"model_type"}
    return {
        key: own(value) if isinstance(value, dict) else value
        for key, value in config.items() if key not in common_keys}


def sizes() -> list[str]:
    """Writes what there is to know about the released sizes; the keys of the video model."""
    result = {}
    (OUT / "sizes").mkdir(exist_ok=True)
    for name, letter in SIZES.items():
        config = released(letter)
        with torch.device("meta"):
            state = Sam2Model(config).state_dict()
        shapes = {key: tuple(value.shape) for key, value in state.items()}
        for version in ("2.1", "2"):
            official = build_sam2(
                f"configs/sam{version}/sam{version}_hiera_{letter}.yaml", device="cpu").state_dict()
            assert hub_shapes(official) == shapes, (name, version)
            if version == "2.1":
                video = [key for key in official if VIDEO.match(key)]
                one = torch.ones(1)
                telling = {
                    key: one.view([1] * value.dim()).expand(value.shape)
                    for key, value in official.items()
                    if key.endswith("norm2.weight") and ".trunk." in key or key.endswith(".pos_embed")}
                torch.save(
                    dict(model=telling) if name in ("tiny", "large") else telling,
                    OUT / "sizes" / f"{name}.pt")
        groups = {}
        for key in sorted(shapes):
            groups.setdefault(".".join(key.split(".")[:2]), []).append(f"{key} {list(shapes[key])}")
        result[name] = dict(
            config=own(config.to_dict()), parameters=sum(int(np.prod(shape)) for shape in shapes.values()),
            groups={group: [len(lines), fnv("\n".join(lines))] for group, lines in groups.items()})
    (OUT / "sizes.json").write_text(json.dumps(result, indent=1) + "\n")
    return video


# ---- A small model and its answers ---------------------------------------------------------------

SIDE = 128


def small() -> SAM2Base:
    """An official model with few numbers; SAM2Base's own decoder is too large."""
    trunk = Hiera(
        embed_dim=4, num_heads=1, stages=(1, 2, 3, 2), window_spec=(8, 4, 6, 3),
        global_att_blocks=(4, 7), window_pos_embed_bkg_spatial_size=(5, 5))
    neck = FpnNeck(
        PositionEmbeddingSine(num_pos_feats=16), d_model=16, backbone_channel_list=[32, 16, 8, 4],
        fpn_top_down_levels=[2, 3], fpn_interp_model="nearest")
    model = SAM2Base(
        ImageEncoder(trunk=trunk, neck=neck, scalp=1), memory_attention=None, memory_encoder=None,
        image_size=SIDE, use_high_res_features_in_sam=True, directly_add_no_mem_embed=True,
        iou_prediction_use_sigmoid=True, pred_obj_scores=True, pred_obj_scores_mlp=True)
    model.sam_mask_decoder = MaskDecoder(
        transformer_dim=16, transformer=TwoWayTransformer(
            depth=2, embedding_dim=16, mlp_dim=24, num_heads=2),
        iou_head_hidden_dim=12, use_high_res_features=True, iou_prediction_use_sigmoid=True,
        pred_obj_scores=True, pred_obj_scores_mlp=True, dynamic_multimask_via_stability=True)
    return model.eval()


def small_config() -> Sam2Config:
    return Sam2Config(
        vision_config=dict(
            backbone_config=dict(
                model_type="sam2_hiera_det_model", hidden_size=4, image_size=[SIDE, SIDE],
                blocks_per_stage=[1, 2, 3, 2], embed_dim_per_stage=[4, 8, 16, 32],
                num_attention_heads_per_stage=[1, 2, 4, 8], window_size_per_stage=[8, 4, 6, 3],
                global_attention_blocks=[4, 7], window_positional_embedding_background_size=[5, 5]),
            backbone_channel_list=[32, 16, 8, 4],
            backbone_feature_sizes=[[32, 32], [16, 16], [8, 8]], fpn_hidden_size=16),
        prompt_encoder_config=dict(hidden_size=16, image_size=SIDE),
        mask_decoder_config=dict(
            hidden_size=16, mlp_dim=24, num_attention_heads=2, iou_head_hidden_dim=12))


def weights(model: SAM2Base) -> dict:
    """float16 numbers for everything that the picture model has, by official names."""
    return {
        key: common.hashed(hub_name(key), list(value.shape)).half()
        for key, value in model.state_dict().items() if not VIDEO.match(key)}


CASES = {
    (150, 110): common.CASES + [
        dict(name="outside points only", points=[[20, 20], [120, 90]], labels=[0, 0])],
    (25, 19): [
        dict(name="box", box=[3, 2, 18, 14]),
        dict(name="point", points=[[12, 9]], labels=[1]),
        dict(name="box and points", box=[1, 1, 24, 15], points=[[5, 5], [20, 12]], labels=[1, 0])],
}
# Prompts of the larger picture that go to the predictor in one call.
BATCHES = {
    "boxes": ["box", "another box", "a small box", "a box outside the picture"],
    "mixed": ["box and an outside point", "a tall box and a point"],
}
EXTRA = dict(name="a tall box and a point", box=[70, 2, 95, 108], points=[[80, 55]], labels=[1])


def arguments(cases: list[dict]) -> dict:
    """The predictor's arguments for several cases of one kind, or for one without that axis."""
    result = {}
    if "box" in cases[0]:
        result["box"] = np.array([case["box"] for case in cases], np.float32)
    if "points" in cases[0]:
        result["point_coords"] = np.array([case["points"] for case in cases], np.float32)
        result["point_labels"] = np.array([case["labels"] for case in cases], np.int32)
    return result


def answer(predictor: SAM2ImagePredictor, cases: list[dict], several: bool) -> dict:
    logits, iou, low = predictor.predict(
        **arguments(cases), multimask_output=several, return_logits=True)
    masks, _, _ = predictor.predict(**arguments(cases), multimask_output=several)
    masks = masks > 0
    assert (masks == (logits > 0)).all()
    step = 7 if masks.shape[-1] > 100 else 1
    return {
        "low": torch.from_numpy(low), "iou": torch.from_numpy(iou),
        "logits": torch.from_numpy(logits[..., ::step, ::step].copy()),
        "masks": torch.from_numpy(np.packbits(masks)),
        "covered": masks.mean()}


def answers(model: SAM2Base) -> tuple[dict, list]:
    tensors, stable = {}, []
    predictor = SAM2ImagePredictor(model)
    predictor._bb_feat_sizes = [(SIDE // stride, SIDE // stride) for stride in (4, 8, 16)]
    for (width, height), cases in CASES.items():
        size = f"{width}x{height}"
        predictor.set_image(common.picture(width, height))
        if width == 150:
            features = [*predictor._features["high_res_feats"], predictor._features["image_embed"]]
            tensors |= {f"{size}.features.{index}": one for index, one in enumerate(features)}
        for case in cases:
            one, several = (answer(predictor, [case], multi) for multi in (False, True))
            stable.append((f"{size}.{case['name']}", not bool((several["iou"] == one["iou"]).any()),
                           float(one["covered"])))
            for kind, result in (("one", one), ("several", several)):
                keys = ("low", "iou", "logits", "masks") if kind == "one" else ("iou", "logits", "masks")
                tensors |= {f"{size}.{case['name']}.{kind}.{key}": result[key] for key in keys}
        if width == 150:
            by_name = {case["name"]: case for case in [*cases, EXTRA]}
            for name, names in BATCHES.items():
                result = answer(predictor, [by_name[one] for one in names], False)
                tensors |= {f"{size}.batch.{name}.{key}": result[key] for key in ("low", "iou", "masks")}
    return {key: value.contiguous() for key, value in tensors.items()}, stable


def main() -> None:
    torch.set_num_threads(1)
    (OUT / "checkpoint").mkdir(parents=True, exist_ok=True)
    video = sizes()
    model = small()
    for salt in common.salts([]):
        state = weights(model)
        full = model.state_dict() | {key: value.float() for key, value in state.items()}
        model.load_state_dict(full)
        tensors, stable = answers(model)
        low = torch.cat([one.flatten() for key, one in tensors.items() if key.endswith(".low")])
        # Some numbers are beyond what the predictor hands back.
        if common.is_varied(stable) and low.abs().max() == 32:
            break
    filling = torch.ones(1, dtype=torch.float16)
    torch.save(
        dict(model=state | {key: filling for key in video}), OUT / "checkpoint" / "model.pt")
    small_config().to_json_file(OUT / "checkpoint" / "config.json", use_diff=False)
    save_file(tensors, OUT / "answers.safetensors")
    pictures = [dict(width=size[0], height=size[1], cases=cases) for size, cases in CASES.items()]
    (OUT / "answers.json").write_text(json.dumps(dict(
        salt=salt, pictures=pictures, batches=BATCHES, extra=EXTRA,
        unstable=[one[0] for one in stable if not one[1]]), indent=1) + "\n")

    reference = Sam2Model(small_config()).state_dict()
    assert hub_shapes(full) == {key: tuple(value.shape) for key, value in reference.items()}


if __name__ == "__main__":
    main()
