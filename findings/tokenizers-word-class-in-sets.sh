#!/usr/bin/env bash
# tokenizers 0.23.3: in the regular expressions of a tokenizer.json, \w and [\w] are two sets of characters.
#
# Split and Replace compile their Regex with Oniguruma. There \w alone takes superscripts and fractions such
# as ² and ½, which are numbers and no digits; \w within brackets does not, nor does \s beside it, so that
# [^\w\s]+ takes ² as if it were punctuation. Python's re and ICU have one set for both. Seen:
#
#   \w+        on "x² m": "x²", " ", "m"
#   [\w]+      on "x² m": "x", "² ", "m"
#   [^\w\s]+   on "x² m": "x", "²", " m"
#   Python's re, \w+ and [\w]+: x², m
#
# Who reads a tokenizer.json with another engine splits "m²" elsewhere than it was trained, and gets other
# tokens. Exits with 0 if tokenizers still does so. Needs python3 with venv and pip, 5 MB of download.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -q --disable-pip-version-check --no-deps "tokenizers==0.23.3"
"$folder/venv/bin/python" - <<'EOF'
import importlib.machinery
import re
import sys
import types

# tokenizers imports huggingface_hub for downloads alone, which are not what this is about.
hub = types.ModuleType("huggingface_hub")
hub.__spec__ = importlib.machinery.ModuleSpec("huggingface_hub", None)
hub.hf_hub_download = None
sys.modules["huggingface_hub"] = hub
import tokenizers
from tokenizers import Regex, pre_tokenizers

print("tokenizers", tokenizers.__version__)
text = "x² m"


def pieces(pattern: str) -> list[str]:
    split = pre_tokenizers.Split(Regex(pattern), "isolated")
    return [piece for piece, _ in split.pre_tokenize_str(text)]


seen = {pattern: pieces(pattern) for pattern in (r"\w+", r"[\w]+", r"[^\w\s]+")}
for pattern, found in seen.items():
    print(f"{pattern:10} {found}")
print("Python's re", re.findall(r"\w+", text), re.findall(r"[\w]+", text))
same = seen == {
    r"\w+": ["x²", " ", "m"],
    r"[\w]+": ["x", "² ", "m"],
    r"[^\w\s]+": ["x", "²", " m"],
}
sys.exit(0 if same else "the behaviour has changed")
EOF
