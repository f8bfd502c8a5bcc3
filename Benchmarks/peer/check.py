"""Compares the two styles on the same models and the same numbers."""

import numpy as np
import torch
from careful import CarefulStyle
from models import Models
from official import OfficialStyle
from options import Options
from training import advantages, grpo_loss
from workload import Workload

# Largest differences that rounding explains. bf16 rounds every activation to 8 bits.
BOUNDS = {"fp32": 1e-3, "bf16": 0.15}


def check(models: Models, work: Workload, options: Options) -> bool:
    """Prints the differences; whether log-probabilities and gradients are within rounding."""
    bound = BOUNDS[options.dtype]
    for model in (models.policy, models.reference):
        if model is not None:
            _sharpen(model)
    results = [_results(style(models, work, options), models, work, options.beta)
               for style in (OfficialStyle, CarefulStyle)]
    official, careful = results
    difference = (official["log_probs"] - careful["log_probs"]).abs().max().item()
    reference = 0.0
    if options.beta:
        reference = (official["reference"] - careful["reference"]).abs().max().item()
    scale = max(gradient.abs().max().item() for gradient in official["gradients"])
    gradient = max(
        (one - other).abs().max().item()
        for one, other in zip(official["gradients"], careful["gradients"])) / scale
    equal = (official["tokens"] == careful["tokens"]).float().mean().item()
    iou = np.abs(official["reward"] - careful["reward"]).max()
    print(f"policy log-probabilities: largest difference {difference:.2e}, bound {bound}")
    print(f"reference log-probabilities: largest difference {reference:.2e}, bound {bound}")
    print(f"gradients: largest difference {gradient:.2e} of the largest gradient, bound {bound}")
    print(f"rewards: largest difference {iou:.2e} of IoU")
    print(f"greedy tokens: {equal:.1%} the same")
    return max(difference, reference, gradient) < bound


def _sharpen(model: torch.nn.Module) -> None:
    """Larger queries and keys: new weights attend evenly, which hides a wrong position."""
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name.endswith(("q_proj.weight", "k_proj.weight")):
                weight *= 4


def _results(
    style: OfficialStyle | CarefulStyle, models: Models, work: Workload, beta: float
) -> dict:
    tokens = style.rollout(greedy=True)
    reference = style.reference() if beta else None
    reward = style.reward()
    log_probs = style.log_probs()
    grpo_loss(log_probs, reference, advantages(work.rewards), beta).backward()
    gradients = []
    for weight in models.policy.parameters():
        assert weight.grad is not None
        gradients.append(weight.grad.float())
        weight.grad = None
    return dict(
        tokens=tokens, reference=None if reference is None else reference.float(), reward=reward,
        log_probs=log_probs.detach().float(), gradients=gradients)
