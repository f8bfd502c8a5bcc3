"""The options of step.py: those of `think2seg benchmark step`, and a few of its own."""

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

BENCH_SMALL = Path(__file__).resolve().parent.parent / "bench-small"
PHASES = ("rollout", "reference", "reward", "update", "optimizer")


@dataclass(frozen=True)
class Options:
    """What is computed, and how often."""

    style: str
    policy: Path
    init: bool
    segmenter: Path | None
    image_size: int
    prompt_tokens: int
    num_generations: int
    completion_length: int
    instances: int
    threads: int
    dtype: str
    beta: float
    repeat: int
    seed: int
    phases: tuple[str, ...]
    json: str
    check: bool

    def small(self) -> "Options":
        """The same models and prompt with little to do, to warm up."""
        return replace(self, num_generations=2, completion_length=8, instances=1)


def parse_options(arguments: list[str] | None = None) -> Options:
    parser = argparse.ArgumentParser(
        description="The work of one GRPO step in Python: transformers and the official sam2.")
    add = parser.add_argument
    add("--style", choices=("official", "careful"), default="official",
        help="how the step is written; see README.md")
    add("--policy", type=Path, default=BENCH_SMALL,
        help="hub folder of the policy (Qwen2.5-VL): config.json and safetensors")
    add("--init", action="store_true",
        help="random weights for the config.json of --policy; no safetensors are read")
    add("--segmenter", type=Path,
        help="hub folder of the segmenter (Sam2Model); random SAM2.1-hiera-tiny without it")
    add("--image-size", type=int, default=448, help="side of the picture in pixels")
    add("--prompt-tokens", type=int, default=519, help="prompt length, the picture's included")
    add("--num-generations", type=int, default=8, help="completions")
    add("--completion-length", type=int, default=128, help="tokens of each completion")
    add("--instances", type=int, default=2, help="instances that each completion prompts for")
    add("--threads", type=int, default=1, help="threads of the tensor library")
    add("--dtype", choices=("fp32", "bf16"), default="fp32",
        type=lambda text: {"float32": "fp32", "bfloat16": "bf16"}.get(text, text),
        help="also float32, bfloat16; bf16: bf16 weights with fp32 masters, segmenter in autocast")
    add("--beta", type=float, default=0.001, help="weight of the KL term; 0: no reference")
    add("--repeat", type=int, default=3, help="measured steps; a small one comes before")
    add("--seed", type=int, default=42, help="of weights, tokens, pictures and prompts")
    add("--phases", default=",".join(PHASES), help="which phases to run, by commas")
    add("--json", default="-", help="file to write the result to; - for standard output")
    add("--check", action="store_true",
        help="compare the two styles on the same numbers instead of measuring")
    given = vars(parser.parse_args(arguments))
    given["phases"] = tuple(name for name in PHASES if name in given["phases"].split(","))
    options = Options(**given)
    for name in ("num_generations", "completion_length", "instances", "threads", "repeat"):
        if getattr(options, name) < 1:
            parser.error(f"--{name.replace('_', '-')} must be at least 1")
    if options.num_generations < 2:
        parser.error("--num-generations must be at least 2: a group of one has no advantage")
    if not options.phases:
        parser.error(f"--phases has none of {', '.join(PHASES)}")
    return options
