"""Makes the fixture of the prompts that transformers makes with the folder of a saved policy.

Made with transformers 5.23.0, tokenizers 0.23.3, Pillow 13.0.0; `Tests/Fixtures/generate saved_prompts` runs it.
Writes into saved_prompts/:

  cases.json   variant, question, side of the square in pixels, and the ids of the prompt that the processor
               of Resources/policy makes of the variant's words in Documentation/use-elsewhere.md, the
               question in them, behind a picture, without a system's turn

Another seed changes the questions.
"""

import json
import os
import pathlib
import random
import re

import oracle_shim  # noqa: F401
from PIL import Image
from transformers import AutoProcessor

FIXTURES = pathlib.Path(os.environ["FIXTURES"])
ROOT = pathlib.Path(__file__).parents[3]
SEED = int(os.environ.get("SEED", "0"))
QUESTIONS = [
    "Where could fuel be stored?", "Find the sports fields.", "  'r e\u0301te\u0301 d'eau \u2028?", "{{ messages }} {% x %}",
    "say \"so\".\n\nTwice\t", "\U0001f6a2 \u8239\u8236\u5728\u54ea\u91cc\uff1f",
]


def random_text(rng):
    alphabet = list("abc XYZ 012 .,:;'\"{}%#<>|\n\t") + ["ship", "\u00e9", "e\u0301", "\u8239"]
    return "a" + "".join(rng.choice(alphabet) for _ in range(rng.randint(1, 40))) + "z"


def main():
    folder = FIXTURES / "saved_prompts"
    folder.mkdir(parents=True, exist_ok=True)
    page = (ROOT / "Documentation/use-elsewhere.md").read_text(encoding="utf-8")
    words = re.findall(r"^`(\w+)`:\n\n````text\n(.*?)\n````$", page, re.DOTALL | re.MULTILINE)
    processor = AutoProcessor.from_pretrained(ROOT / "Resources/policy")
    rng = random.Random(SEED)
    questions = QUESTIONS + [random_text(rng) for _ in range(4)]
    cases = []
    for index, (question, side) in enumerate((q, s) for q in questions for s in (56, 112)):
        variant, text = words[index % len(words)]
        picture = {"type": "image", "image": Image.new("RGB", (side, side))}
        turn = {"role": "user", "content": [
            picture, {"type": "text", "text": text.replace("QUESTION", question)}]}
        inputs = processor.apply_chat_template(
            [turn], add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors="pt")
        cases.append({
            "variant": variant, "question": question, "side": side,
            "ids": inputs["input_ids"][0].tolist()})
    (folder / "cases.json").write_text(json.dumps(cases, ensure_ascii=True, separators=(",", ":")))


if __name__ == "__main__":
    main()
