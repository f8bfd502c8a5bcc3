"""What transformers makes of the file in which a policy's training is recorded.

records/loading.json
  files     names of the files of the policy's folder that Python opens while transformers loads model,
            processor, tokenizer and generation settings; weights and vocabulary are opened elsewhere
  record    the name of the record, which stood in the folder
  contents  for each of the record's contents whether everything that was loaded
            is what is loaded of the folder without it: weights, configurations, ids of a prompt

The folder is that of the carried policy, which has a record of its own.
"""

import json
import os
import shutil
import sys
import tempfile

import oracle_shim  # noqa: F401  before transformers

import torch
from PIL import Image
from transformers import (
    AutoModelForImageTextToText,
    AutoProcessor,
    AutoTokenizer,
    GenerationConfig,
)

OUTPUT = os.path.join(os.environ["FIXTURES"], "records")
POLICY = "Resources/policy"
RECORD = "think2seg.json"
TEXT = "<|vision_start|><|image_pad|><|vision_end|>Where is it?"

opened = set()
watched = None


def watch(event, arguments):
    if event == "open" and watched and isinstance(arguments[0], str):
        if os.path.dirname(arguments[0]) == watched:
            opened.add(os.path.basename(arguments[0]))


sys.addaudithook(watch)


def load(contents):
    """Everything that transformers loads of a copy of the folder, as one value that compares."""
    global watched
    with tempfile.TemporaryDirectory() as folder:
        for name in sorted(os.listdir(POLICY)):
            if name != RECORD:
                shutil.copy(os.path.join(POLICY, name), folder)
        if contents is not None:
            with open(os.path.join(folder, RECORD), "wb") as file:
                file.write(contents)
        watched = folder
        model = AutoModelForImageTextToText.from_pretrained(folder, dtype=torch.float32)
        processor = AutoProcessor.from_pretrained(folder)
        tokenizer = AutoTokenizer.from_pretrained(folder)
        generation = GenerationConfig.from_pretrained(folder)
        watched = None
        picture = Image.new("RGB", (56, 56), (40, 120, 90))
        prompt = processor(images=[picture], text=[TEXT], return_tensors="pt")

        def plain(value):
            return json.dumps(value, sort_keys=True, default=str).replace(folder, "")

        return (
            {key: tensor.clone() for key, tensor in model.state_dict().items()},
            [
                plain(model.config.to_dict()),
                plain(processor.to_dict()),
                plain(generation.to_dict()),
                plain(tokenizer.get_vocab()),
                plain(tokenizer.chat_template),
                prompt["input_ids"].tolist(),
            ],
        )


def same(one, other):
    return (
        one[0].keys() == other[0].keys()
        and all(torch.equal(one[0][key], other[0][key]) for key in one[0])
        and one[1] == other[1]
    )


def main():
    with open(os.path.join(POLICY, RECORD), "rb") as file:
        own = file.read()
    without = load(None)
    contents = {"its own": own, "cut short": own[:40], "none": b"", "of version 2": b'{"version": 2}'}
    result = {
        "record": RECORD,
        "contents": {name: same(load(data), without) for name, data in contents.items()},
        "files": sorted(opened),
    }
    os.makedirs(OUTPUT, exist_ok=True)
    with open(os.path.join(OUTPUT, "loading.json"), "w", encoding="utf-8") as file:
        json.dump(result, file, indent=1, sort_keys=True)
        file.write("\n")


main()
