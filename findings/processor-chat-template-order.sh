#!/usr/bin/env bash
# transformers 4.49.0 and 5.23.0: which chat template a processor takes from a folder that has several.
#
# A folder may hold chat_template.json, chat_template.jinja and a template in tokenizer_config.json.
# AutoProcessor.from_pretrained(folder).apply_chat_template gives, without a word about the others:
#
#   files                                4.49.0              5.23.0
#   tokenizer_config.json                raises ValueError   raises ValueError
#   and chat_template.json               the json            the json
#   and chat_template.jinja              the jinja           the json
#
# So a policy that is fine-tuned with one version and served with the other may be asked with another
# prompt, and one with its template at the tokenizer alone cannot be asked through its processor. Who
# writes a policy has to write the same template to all three.
# Exits with 0 if both versions still do so. Needs python3 with venv and pip; no torch.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/order.py" <<'EOF'
import json
import os
import sys

os.environ["TRANSFORMERS_VERBOSITY"] = "error"
import transformers
from tokenizers import Tokenizer, models
from transformers import AutoProcessor

folder = sys.argv[1]
os.makedirs(folder)
vocabulary = {"a": 0, "<image>": 1}
Tokenizer(models.WordLevel(vocabulary, unk_token="a")).save(f"{folder}/tokenizer.json")


def write(name, value):
    with open(f"{folder}/{name}", "w") as file:
        file.write(value if isinstance(value, str) else json.dumps(value))


def taken():
    try:
        processor = AutoProcessor.from_pretrained(folder)
        return processor.apply_chat_template([{"role": "user", "content": "question"}])
    except ValueError:
        return "ValueError"


write("config.json", {"model_type": "llava"})
write("preprocessor_config.json", {"image_processor_type": "CLIPImageProcessor",
                                   "processor_class": "LlavaProcessor"})
write("tokenizer_config.json", {"tokenizer_class": "PreTrainedTokenizerFast", "unk_token": "a",
                                "chat_template": "of the tokenizer"})
seen = [taken()]
write("chat_template.json", {"chat_template": "of the json"})
seen.append(taken())
write("chat_template.jinja", "of the jinja")
seen.append(taken())
print("transformers", transformers.__version__, seen)
expected = {"4.49.0": ["ValueError", "of the json", "of the jinja"],
            "5.23.0": ["ValueError", "of the json", "of the json"]}
sys.exit(0 if seen == expected[transformers.__version__] else "the behaviour has changed")
EOF
for version in 4.49.0 5.23.0; do
    python3 -m venv "$folder/$version"
    "$folder/$version/bin/python" -m pip install -q --disable-pip-version-check \
        "transformers==$version" pillow numpy jinja2
    "$folder/$version/bin/python" "$folder/order.py" "$folder/policy-$version"
done
