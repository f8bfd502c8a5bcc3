#!/usr/bin/env python3
"""Measures the work of one GRPO step in Python, for comparison with `think2seg benchmark step`.

    Benchmarks/peer/step.py --style careful --init --threads 1 --dtype fp32 --json FILE

One prompt with a picture, G completions of full length: rollout, reference log-probabilities,
reward by SAM2.1, forward and backward of the update, clipping and AdamW. `--style official` is how
Think2Seg-RS writes it, `--style careful` how one writes it who avoids repeated work; `--check`
shows that they compute the same. README.md has the details.
"""

import os

from options import Options, parse_options

OPTIONS = parse_options()  # Before torch, which takes seconds to import and reads the variable.
os.environ["OMP_NUM_THREADS"] = str(OPTIONS.threads)

import json
import sys
from pathlib import Path

import torch

import torchvision_stub  # noqa: F401  Before transformers and sam2.
from careful import CarefulStyle
from check import check
from measure import Recorder, gemm_peak_gflops, peak_rss_mb
from models import DTYPES, Models, load_models
from official import OfficialStyle
from training import Optimizer, advantages, grpo_loss
from workload import make_workload

STYLES = {"official": OfficialStyle, "careful": CarefulStyle}


def run_step(
    style: OfficialStyle | CarefulStyle, optimizer: Optimizer, options: Options, recorder: Recorder
) -> None:
    """One step. The completions that are scored are not those of the rollout, so that any phase
    can be measured alone."""
    phases, reference = options.phases, None
    if "rollout" in phases:
        recorder.time("rollout", style.rollout)
    if options.beta and ("reference" in phases or "update" in phases):
        reference = recorder.time("reference", style.reference)
    if "reward" in phases:
        recorder.time("reward", style.reward)
    if "update" not in phases and "optimizer" not in phases:
        return

    def forward() -> torch.Tensor:
        return grpo_loss(
            style.log_probs(), reference, advantages(style.work.rewards), options.beta)

    def update() -> None:
        loss = recorder.time("forward", forward)
        recorder.time("backward", loss.backward)

    recorder.time("update", update)
    recorder.time("optimizer", optimizer.step)


def measure(models: Models, options: Options) -> dict:
    optimizer, config = Optimizer(models.policy), models.policy.config
    style_class = STYLES[options.style]
    small = options.small()
    run_step(
        style_class(models, make_workload(small, config), small), optimizer, small, Recorder())
    recorder = Recorder()
    style = style_class(models, make_workload(options, config), options)
    for _ in range(options.repeat):
        run_step(style, optimizer, options, recorder)

    names = [name for name in options.phases if name != "reference" or options.beta]
    phases = {name: recorder.summary(name) for name in names}
    if "update" in phases:
        for part in ("forward", "backward"):
            numbers = recorder.summary(part)
            phases["update"] |= {
                f"{part}_s": numbers["median_s"], f"{part}_cpu_s": numbers["cpu_s"]}
    return {
        "phases": phases,
        "step_s": sum(phase["median_s"] for phase in phases.values()),
        "step_cpu_s": sum(phase["cpu_s"] for phase in phases.values()),
        "peak_rss_mb": peak_rss_mb(),
        "gemm_peak_gflops": gemm_peak_gflops(DTYPES[options.dtype]),
        "dtype": options.dtype,
        "threads": options.threads,
        "style": options.style,
        "beta": options.beta,
        "shapes": {
            "image_size": options.image_size,
            "prompt_tokens": options.prompt_tokens,
            "num_generations": options.num_generations,
            "completion_length": options.completion_length,
            "instances": options.instances,
            "prompts": 1,
        },
    }


def main(options: Options) -> int:
    torch.set_num_threads(options.threads)
    models = load_models(options)
    if options.check:
        work = make_workload(options, models.policy.config)
        return 0 if check(models, work, options) else 1
    text = json.dumps(measure(models, options), indent=2) + "\n"
    if options.json == "-":
        sys.stdout.write(text)
    else:
        Path(options.json).write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(OPTIONS))
