#!/usr/bin/env bash
# PEFT 0.21.2: an adapter whose rank_pattern has keys that overlap cannot be loaded again.
#
# Of the keys of rank_pattern and alpha_pattern that fit a module the first counts, in the order of the
# dictionary. save_pretrained writes adapter_config.json with sorted keys, so that another key may come first
# when the folder is loaded: ranks differ from those of the tensors, which is an error of sizes; where only
# alpha_pattern overlaps nothing fails, and the scale of the module is another one. Seen:
#
#   trained: q_proj of layer 0 has rank 2; loaded: size mismatch ... shape torch.Size([2, 32]) ... torch.Size([3, 32])
#   alpha_pattern: scale 2.0 in memory, 4.0 when loaded
#
# Keys should not overlap. Who wrote such an adapter can put the keys of the file in the old order.
# Exits with 0 if PEFT still does so. Needs python3 with venv and pip, 300 MB of download.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
pip=(venv/bin/python -m pip install -q --disable-pip-version-check)
"${pip[@]}" "torch==2.13.0+cpu" 2>/dev/null || "${pip[@]}" "torch==2.13.0"
"${pip[@]}" transformers==5.23.0 peft==0.21.2 safetensors==0.8.0 accelerate numpy
cat >check.py <<'EOF'
import sys
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import LlamaConfig, LlamaForCausalLM

def base():
    torch.manual_seed(0)
    return LlamaForCausalLM(LlamaConfig(
        vocab_size=64, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=4))

def layer(model):
    return model.base_model.model.model.layers[0].self_attn.q_proj

first = get_peft_model(base(), LoraConfig(
    r=4, target_modules=["q_proj"], rank_pattern={"q_proj": 2, r"layers\.0\..*": 3}))
rank = layer(first).r["default"]
first.save_pretrained("ranks")
try:
    PeftModel.from_pretrained(base(), "ranks")
    failed = ""
except RuntimeError as error:
    failed = next(line.strip() for line in str(error).splitlines() if "size mismatch" in line)

second = get_peft_model(base(), LoraConfig(
    r=4, target_modules=["q_proj"], alpha_pattern={"q_proj": 8, r"layers\.0\..*": 16}))
before = layer(second).scaling["default"]
second.save_pretrained("alphas")
after = layer(PeftModel.from_pretrained(base(), "alphas")).scaling["default"]
print(f"trained: q_proj of layer 0 has rank {rank}; loaded: {failed or 'no error'}")
print(f"alpha_pattern: scale {before} in memory, {after} when loaded")
same = rank == 2 and "size mismatch" in failed and (before, after) == (2.0, 4.0)
sys.exit(0 if same else "the behaviour has changed")
EOF
HF_HUB_OFFLINE=1 TRANSFORMERS_VERBOSITY=error venv/bin/python check.py
