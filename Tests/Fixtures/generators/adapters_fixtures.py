"""Makes the fixtures of Tests/AdaptersTests.

Pinned: Python 3.11, torch 2.13.0+cpu, transformers 5.23.0, peft 0.21.2, safetensors 0.8.0.
`Tests/Fixtures/generate adapters` runs it. The seed ($SEED) decides about all numbers.

Legend: N patches, V = 200 tokens, T tokens that are drawn greedily. All tensors are
float32 if nothing else is said.

Writes into adapters/:

  tied/, untied/        random bases as save_pretrained writes them: the head is the embedding, or not
  NAME/                 an adapter as PEFT's save_pretrained writes it, with random numbers in all that it
                        trains; target_modules and other sets of names sorted; patterns in the order in
                        which they were given, which PEFT sorts when it saves; what each is made of is in
                        ADAPTERS below. `half` is of bfloat16; `old` has the names of transformers 4.49
  cases.json            ids and grids of the prompt; per adapter its base, the greedy continuation with it
                        (T ids, which end before a step whose two best logits are within 0.01), the
                        keys that PEFT writes for it
  matches.json          settings of PEFT's LoraConfig, as the text of a file, and what they mean on a tied base of 12 layers and 12
                        blocks: modules: [name in memory, rank, scale], or null where PEFT refuses them;
                        saved: keys of parameters in memory of which PEFT keeps copies
  answers.safetensors   patches        [N, 96]  the prompt's patches
                        NAME.scores    [6, V]  log-probabilities after the last tokens with the adapter
                        NAME.merged    [6, V]  the same of PEFT's merged model, where PEFT merges without
                                       changing a tied head
                        tied.scores, untied.scores  [6, V]  of the bases
"""

import json
import os
import pathlib
import shutil
import zlib

try:  # An environment without torchvision's compiled part needs a patch to import it.
    import oracle_shim  # noqa: F401
except ImportError:
    pass
import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import GenerationConfig, Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

FOLDER = pathlib.Path(os.environ["FIXTURES"]) / "adapters"
NUMBER = zlib.crc32(os.environ.get("SEED", "0").encode())
IMAGE, VIDEO, START, END = 190, 191, 192, 193
TOKENS = dict(
    image_token_id=IMAGE, video_token_id=VIDEO, vision_start_token_id=START,
    vision_end_token_id=END)
GRID = [[1, 4, 4]]
IDS = [10, 11, START] + [IMAGE] * 4 + [END] + [(i * 37) % 150 + 12 for i in range(8)]
SEVEN = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]

ADAPTERS = {
    "plain": ("tied", dict(target_modules=["q_proj", "k_proj", "v_proj", "o_proj"], r=4, lora_alpha=8)),
    "seven": ("tied", dict(target_modules=SEVEN, r=3, lora_alpha=6)),
    "expression": ("tied", dict(
        target_modules=r".*visual.*\.(qkv|attn\.proj|mlp\.(?:0|2))|.*language_model.*\.(?P<x>q|v)_proj",
        r=2, lora_alpha=3)),
    "stabilized": ("tied", dict(
        target_modules="all-linear", exclude_modules=["mlp.2"], r=4, lora_alpha=4, use_rslora=True,
        rank_pattern={"visual.blocks.1.attn.qkv": 2, r"q_proj": 3, r"layers\.0\..*_proj": 1},
        alpha_pattern={"k_proj": 7, r"^model\.visual\.blocks\.0\.mlp\.up_proj": 2})),
    "decomposed": ("tied", dict(
        target_modules=["q_proj", "o_proj", "down_proj", "qkv", "proj"], r=3, lora_alpha=6,
        use_dora=True)),
    "saved": ("tied", dict(
        target_modules=["q_proj"], r=2, lora_alpha=4, modules_to_save=["merger", "embed_tokens"])),
    "saved_head": ("tied", dict(
        target_modules=["v_proj"], r=2, lora_alpha=4, modules_to_save=["embed_tokens", "lm_head"])),
    "tied_copies": ("tied", dict(
        target_modules=["v_proj"], r=2, lora_alpha=4, modules_to_save=["embed_tokens"],
        ensure_weight_tying=True)),
    "embedding": ("tied", dict(target_modules=["embed_tokens", "v_proj"], r=2, lora_alpha=4)),
    "head": ("untied", dict(
        target_modules=["lm_head", "embed_tokens", "q_proj"], r=2, lora_alpha=4)),
    "decomposed_table": ("untied", dict(
        target_modules=["embed_tokens", "q_proj"], r=2, lora_alpha=4, use_dora=True)),
    "patches": ("tied", dict(target_modules=["patch_embed.proj"], r=2, lora_alpha=4)),
    "biases": ("tied", dict(target_modules=["q_proj", "o_proj"], r=2, lora_alpha=4, bias="all")),
    "own_biases": ("tied", dict(
        target_modules=["q_proj", "qkv"], r=2, lora_alpha=4, bias="lora_only")),
    "branch_biases": ("tied", dict(target_modules=["q_proj", "qkv"], r=2, lora_alpha=4, lora_bias=True)),
    "layers": ("tied", dict(
        target_modules=["q_proj", "gate_proj"], r=2, lora_alpha=4, layers_to_transform=[1],
        layers_pattern="layers")),
    "numbers": ("tied", dict(
        target_modules=["q_proj", "gate_proj"], r=2, lora_alpha=4, layers_to_transform=[1])),
    "half": ("tied", dict(target_modules=["q_proj", "qkv"], r=2, lora_alpha=4)),
    "old": ("tied", dict(target_modules=["q_proj", "gate_proj", "qkv"], r=2, lora_alpha=4)),
}
MATCHES = [
    dict(target_modules=["q_proj"]),
    dict(target_modules=["gate_proj"]),
    dict(target_modules=["proj"]),
    dict(target_modules=["roj"]),
    dict(target_modules=["attn.proj", "mlp.0"]),
    dict(target_modules=["0"]),
    dict(target_modules=["mlp"]),
    dict(target_modules=["self_attn"]),
    dict(target_modules=["norm"]),
    dict(target_modules=["lm_head"]),
    dict(target_modules=["embed_tokens"]),
    dict(target_modules=["model.language_model.layers.3.self_attn.q_proj", "layers.11.mlp.up_proj"]),
    dict(target_modules=[]),
    dict(target_modules="self_attn.q_proj"),
    dict(target_modules=".*self_attn.q_proj"),
    dict(target_modules=r".*\.layers\.(?:0|1\d)\..*\.(q|v)_proj"),
    dict(target_modules=r"(?i).*\.Q_PROJ"),
    dict(target_modules=r"^(?!.*visual).*(?:q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj).*"),
    dict(target_modules=r"model\.language_model\.layers\.[^]a-z]\.mlp\.(?P<part>up|down)_proj"),
    dict(target_modules=r".*(?P<x>[q])_proj\Z"),
    dict(target_modules=r".*visual.*mlp.*"),
    dict(target_modules=r".*visual.*mlp\.(?:gate|up|down)_proj"),
    dict(target_modules=r".*self_attn.*"),
    dict(target_modules=r".*\.(qkv|fc\d)"),
    dict(target_modules="all-linear"),
    dict(target_modules="ALL-Linear"),
    dict(target_modules="all-linear", exclude_modules=["mlp.0", "o_proj"]),
    dict(target_modules="all-linear", exclude_modules=r".*visual.*"),
    dict(target_modules="all-linear", exclude_modules="visual"),
    dict(target_modules=["q_proj", "qkv"], exclude_modules=["q_proj"]),
    dict(target_modules=["q_proj"], exclude_modules=["q_proj"]),
    dict(target_modules=["q_proj"], exclude_modules=r".*layers\.[0-8]\..*"),
    dict(target_modules=["gate_proj"], layers_to_transform=[0, 11]),
    dict(target_modules=["gate_proj"], layers_to_transform=0),
    dict(target_modules=["gate_proj"], layers_to_transform=[0], layers_pattern="layers"),
    dict(target_modules=["gate_proj"], layers_to_transform=[0], layers_pattern=["blocks", "layers"]),
    dict(target_modules=["gate_proj"], layers_to_transform=[0], layers_pattern=["h"]),
    dict(target_modules=["gate_proj", "mlp.0"], layers_to_transform=[0]),
    dict(target_modules=["gate_proj", "lm_head"], layers_to_transform=[1]),
    dict(target_modules=".*gate_proj", layers_to_transform=[0]),
    dict(target_modules=["gate_proj"], layers_pattern="layers"),
    dict(target_modules=["q_proj", "merger"], modules_to_save=["merger"]),
    dict(target_modules="all-linear", modules_to_save=["merger", "norm"]),
    dict(target_modules=["q_proj"], modules_to_save=["lm_head", "embed_tokens"]),
    dict(target_modules=["q_proj"], modules_to_save=["mlp.0"]),
    dict(target_modules=["q_proj", "qkv"], rank_pattern={"blocks.0.attn.qkv": 3, "blocks.1..attn.qkv": 5}),
    dict(target_modules=["q_proj", "qkv"], rank_pattern={r"layers\.1\.": 3, "layers.1": 4, "1": 5}),
    dict(target_modules=["q_proj", "v_proj"], rank_pattern={"q_proj": 3, r"layers\.0\.self_attn\.(q|v)_proj": 5}),
    dict(target_modules=["q_proj", "v_proj"], rank_pattern={r"layers\.0\.self_attn\.(q|v)_proj": 5, "q_proj": 3}),
    dict(target_modules=["q_proj", "v_proj"], use_rslora=True, lora_alpha=12,
         rank_pattern={"q_proj": 3, "^v_proj": 5}, alpha_pattern={"v_proj": 7, "layers.2.self_attn.q_proj": 2}),
    dict(target_modules=["q_proj"], rank_pattern={"^self_attn.q_proj": 3, "^model.language_model.layers.4.self_attn.q_proj": 4}),
    dict(target_modules=["q_proj"], rank_pattern={"proj": 3}),
    dict(target_modules=["q_proj"], r=0),
    dict(target_modules=["q_proj"], lora_bias=True, use_dora=True),
    dict(target_modules=["embed_tokens"], lora_bias=True),
]
# Where PEFT's merged model is another one than its unmerged, or it does not merge.
UNMERGED = {"saved", "saved_head", "embedding", "branch_biases"}


def configuration(tied: bool) -> Qwen2_5_VLConfig:
    return Qwen2_5_VLConfig(
        text_config=dict(
            vocab_size=200, hidden_size=16, intermediate_size=24, num_hidden_layers=2,
            num_attention_heads=2, num_key_value_heads=1, rms_norm_eps=1e-6, eos_token_id=2,
            pad_token_id=0, bos_token_id=1, initializer_range=0.3,
            rope_parameters=dict(rope_type="default", rope_theta=10000.0, mrope_section=[1, 1, 2])),
        vision_config=dict(
            depth=2, hidden_size=16, intermediate_size=24, num_heads=2, out_hidden_size=16,
            patch_size=4, window_size=16, fullatt_block_indexes=[1], initializer_range=0.3),
        tie_word_embeddings=tied, **TOKENS)


def write_base(name: str) -> None:
    torch.manual_seed(NUMBER + (name == "tied"))
    model = Qwen2_5_VLForConditionalGeneration(configuration(name == "tied")).float().eval()
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            if key.endswith("bias"):
                parameter.normal_(0, 0.2)
    model.generation_config = GenerationConfig(eos_token_id=[2, 3], pad_token_id=0)
    model.save_pretrained(FOLDER / name)


def base(name: str) -> Qwen2_5_VLForConditionalGeneration:
    return Qwen2_5_VLForConditionalGeneration.from_pretrained(
        FOLDER / name, dtype=torch.float32).eval()


def given(patches: torch.Tensor, extra: list[int]) -> dict:
    ids = torch.tensor([IDS + extra])
    return dict(
        input_ids=ids, attention_mask=torch.ones_like(ids), pixel_values=patches,
        image_grid_thw=torch.tensor(GRID), mm_token_type_ids=(ids == IMAGE).long())


def scores(model, patches: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return model(**given(patches, [])).logits[0, -6:].float().log_softmax(-1).contiguous()


def greedy(model, patches: torch.Tensor) -> list[int]:
    ids: list[int] = []
    with torch.no_grad():
        for _ in range(8):
            logits = model(**given(patches, ids)).logits[0, -1].clone()
            logits[[IMAGE, VIDEO]] = -torch.inf
            best = logits.topk(2)
            if best.values[0] - best.values[1] < 0.01:
                break
            ids.append(best.indices[0].item())
            if ids[-1] in (2, 3):
                break
    return ids


def sort_names(folder: pathlib.Path, settings: dict) -> None:
    path = folder / "adapter_config.json"
    config = json.loads(path.read_text())
    for key in ("target_modules", "exclude_modules", "modules_to_save"):
        if isinstance(config[key], list):
            config[key].sort()
    for key in ("rank_pattern", "alpha_pattern"):
        config[key] = settings.get(key, {})
    config["base_model_name_or_path"] = "base"
    path.write_text(json.dumps(config, indent=2))
    (folder / "README.md").unlink(missing_ok=True)


def make_old(folder: pathlib.Path) -> None:
    """The names of transformers 4.49, and targets by whole names."""
    path = folder / "adapter_model.safetensors"
    renamed = {
        key.replace("model.language_model.", "model.").replace("model.visual.", "visual."): tensor
        for key, tensor in load_file(path).items()}
    save_file(renamed, path, metadata={"format": "pt"})
    config = json.loads((folder / "adapter_config.json").read_text())
    front = "base_model.model."
    config["target_modules"] = sorted(
        {key[len(front) : key.index(".lora_")] for key in renamed})
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=2))


def write_adapter(name: str, patches: torch.Tensor, answers: dict) -> dict:
    base_name, settings = ADAPTERS[name]
    torch.manual_seed(NUMBER + zlib.crc32(name.encode()))
    model = get_peft_model(base(base_name), LoraConfig(**settings)).eval()
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            if not parameter.requires_grad:
                continue
            if "magnitude" in key:
                parameter.mul_(1 + 0.2 * torch.randn_like(parameter))
            elif "lora_" in key:
                parameter.normal_(0, 0.3)
            else:
                parameter.add_(0.1 * torch.randn_like(parameter))
            if name == "half":
                parameter.copy_(parameter.bfloat16())
    folder = FOLDER / name
    model.save_pretrained(folder)
    sort_names(folder, settings)
    path = folder / "adapter_model.safetensors"
    keys = sorted(load_file(path))
    if name == "half":
        tensors = {key: tensor.bfloat16() for key, tensor in load_file(path).items()}
        save_file(tensors, path, metadata={"format": "pt"})
    if name == "old":
        make_old(folder)
    answers[f"{name}.scores"] = scores(model, patches)
    ids = greedy(model, patches)
    if name not in UNMERGED:
        answers[f"{name}.merged"] = scores(model.merge_and_unload(), patches)
    return dict(base=base_name, greedy=ids, keys=keys)


def match(settings: dict) -> dict:
    text = json.dumps(dict(peft_type="LORA", **settings))
    config = configuration(True)
    config.text_config.num_hidden_layers = 12
    config.text_config.layer_types = ["full_attention"] * 12
    config.vision_config.depth = 12
    try:
        model = get_peft_model(
            Qwen2_5_VLForConditionalGeneration(config), LoraConfig(**settings))
    except (ValueError, NotImplementedError):
        return dict(settings=text, modules=None, saved=[])
    modules = []
    for name, module in model.get_base_model().named_modules():
        if hasattr(module, "lora_A") and "default" in module.scaling:
            modules.append([name, module.r["default"], module.scaling["default"]])
    part = ".modules_to_save.default"
    saved = [
        name.replace(part, "") for name, _ in
        model.get_base_model().named_parameters(remove_duplicate=False) if part in name]
    return dict(settings=text, modules=modules, saved=sorted(saved))


def main() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    torch.manual_seed(NUMBER + 7)
    patches = torch.randn(16, 96)
    answers = {"patches": patches}
    for name in ("tied", "untied"):
        write_base(name)
        answers[f"{name}.scores"] = scores(base(name), patches)
    adapters = {name: write_adapter(name, patches, answers) for name in ADAPTERS}
    save_file(answers, FOLDER / "answers.safetensors")
    document = dict(ids=IDS, grids=GRID, adapters=adapters)
    (FOLDER / "cases.json").write_text(json.dumps(document, indent=1) + "\n")
    matches = [match(settings) for settings in MATCHES]
    (FOLDER / "matches.json").write_text(json.dumps(matches) + "\n")


if __name__ == "__main__":
    main()
