#!/usr/bin/env bash
# transformers 5.23.0 with PEFT 0.21.2: model.load_adapter of a DoRA adapter leaves its magnitudes out.
#
# PEFT writes a magnitude as `….lora_magnitude_vector`, and PeftModel.from_pretrained reads it back. The
# adapter that transformers makes of the same folder has a parameter `….lora_magnitude_vector.NAME.weight`
# instead, into which the stored tensor is not put: it begins anew, as the lengths of the rows of the base
# and B A. The call ends without an error; the report of missing keys is a table in the log. Seen:
#
#   PeftModel.from_pretrained: logits off by 0.0e+00; load_adapter: off by 0.3, 0 of 14 magnitudes are those of the file
#
# A DoRA adapter that was trained is then another model. Load it with PeftModel.from_pretrained, or merge it.
# Exits with 0 if transformers still does so. Needs python3 with venv and pip, 300 MB of download.
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
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

torch.manual_seed(0)
LlamaForCausalLM(LlamaConfig(
    vocab_size=64, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
    num_key_value_heads=4)).save_pretrained("base")
ids = torch.arange(8)[None]
base = lambda: AutoModelForCausalLM.from_pretrained("base").eval()
logits = lambda model: model(ids).logits.detach()

trained = get_peft_model(base(), LoraConfig(r=4, target_modules="all-linear", use_dora=True)).eval()
with torch.no_grad():
    for name, parameter in trained.named_parameters():
        if "lora_B" in name:
            parameter.normal_(std=0.1)
        if "magnitude" in name:
            parameter.mul_(torch.rand_like(parameter) + 1)
trained.save_pretrained("adapter")
wanted = logits(trained)
stored = load_file("adapter/adapter_model.safetensors")
magnitudes = sum("lora_magnitude_vector" in key for key in stored)

peft = (logits(PeftModel.from_pretrained(base(), "adapter").eval()) - wanted).abs().max().item()
model = base()
model.load_adapter("adapter")
own = (logits(model.eval()) - wanted).abs().max().item()
kept = 0
for name, parameter in model.named_parameters():
    if "lora_magnitude_vector" in name:
        key = "base_model.model." + name.split(".default")[0]
        kept += torch.allclose(parameter, stored[key])
print(f"PeftModel.from_pretrained: logits off by {peft:.1e}; load_adapter: off by {own:.1f}, "
      f"{kept} of {magnitudes} magnitudes are those of the file")
sys.exit(0 if peft < 1e-5 and own > 0.01 and kept == 0 and magnitudes > 0 else "the behaviour has changed")
EOF
HF_HUB_OFFLINE=1 TRANSFORMERS_VERBOSITY=error venv/bin/python check.py
