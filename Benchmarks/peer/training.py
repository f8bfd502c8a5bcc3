"""What both styles share: GRPO's loss and the optimizer."""

import torch
from torch import Tensor

EPSILON = 0.2
LEARNING_RATE = 1e-6
GRADIENT_CLIP = 1.0


def advantages(rewards: Tensor) -> Tensor:
    """[G] to [G]: the distance from the group's mean in standard deviations (n − 1)."""
    return (rewards - rewards.mean()) / (rewards.std() + 1e-4)


def grpo_loss(
    log_probs: Tensor, reference: Tensor | None, advantage: Tensor, beta: float
) -> Tensor:
    """TRL's `grpo` on policy: the mean over the tokens of a completion, then over completions.

    log_probs and reference are [G, R], advantage is [G]; completions have no end, so no mask.
    """
    log_probs = log_probs.float()
    ratio = torch.exp(log_probs - log_probs.detach())
    clipped = ratio.clamp(1 - EPSILON, 1 + EPSILON)
    loss = -torch.minimum(ratio * advantage[:, None], clipped * advantage[:, None])
    if reference is not None:
        distance = reference.float() - log_probs
        loss = loss + beta * (torch.exp(distance) - distance - 1)
    return loss.mean(dim=1).mean()


class Optimizer:
    """Clipping and AdamW. Weights that are not fp32 have a master copy that is."""

    def __init__(self, model: torch.nn.Module) -> None:
        self.weights = [weight for weight in model.parameters() if weight.requires_grad]
        self.has_masters = any(weight.dtype != torch.float32 for weight in self.weights)
        self.masters = self.weights
        if self.has_masters:
            self.masters = [
                torch.nn.Parameter(weight.detach().float()) for weight in self.weights]
        self.adamw = torch.optim.AdamW(
            self.masters, lr=LEARNING_RATE, weight_decay=0.0, fused=True)

    def step(self) -> None:
        if self.has_masters:
            for master, weight in zip(self.masters, self.weights):
                assert weight.grad is not None
                master.grad = weight.grad.float()
                weight.grad = None
        torch.nn.utils.clip_grad_norm_(self.masters, GRADIENT_CLIP)
        self.adamw.step()
        self.adamw.zero_grad(set_to_none=True)
        if self.has_masters:
            with torch.no_grad():
                for master, weight in zip(self.masters, self.weights):
                    weight.copy_(master)
