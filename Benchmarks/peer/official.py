"""The step as Think2Seg-RS writes it: everything once per completion.

Picture and prompt are repeated G times in every pass, the language model's head runs over every
position, the update checkpoints activations, the segmenter encodes the picture for each completion
and decodes one instance at a time. The cache is on in the rollout, which runs in eval mode.
"""

import numpy as np
import torch
from models import Models
from options import Options
from torch import Tensor
from transformers import GenerationConfig, Qwen2_5_VLForConditionalGeneration
from workload import Workload


class OfficialStyle:
    def __init__(self, models: Models, work: Workload, options: Options) -> None:
        self.models, self.work = models, work
        self.count, self.length = work.completions.shape
        self.is_bf16 = options.dtype == "bf16"
        models.policy.gradient_checkpointing_enable({"use_reentrant": False})
        self.pictures = dict(
            pixel_values=work.pixels.repeat(self.count, 1),
            image_grid_thw=work.grid.repeat(self.count, 1))

    def rollout(self, greedy: bool = False) -> Tensor:
        """[G, R] sampled ids. The official trainer sets no top-k, so it has transformers' 50."""
        prompts = self.work.prompt.repeat(self.count, 1)
        config = GenerationConfig(
            max_new_tokens=self.length, do_sample=not greedy, use_cache=True,
            pad_token_id=self.models.policy.config.text_config.pad_token_id,
            **({} if greedy else dict(temperature=1.0, top_k=50)))
        tokens = self.models.policy.eval().generate(
            input_ids=prompts, attention_mask=torch.ones_like(prompts),
            mm_token_type_ids=self.work.token_types.repeat(self.count, 1),
            generation_config=config, **self.pictures)
        return tokens[:, prompts.shape[1] :]

    def reference(self) -> Tensor:
        """[G, R] log-probabilities of the completions under the reference."""
        assert self.models.reference is not None
        with torch.inference_mode():
            return self._log_probs(self.models.reference)

    def log_probs(self) -> Tensor:
        """The same under the policy, with a gradient."""
        return self._log_probs(self.models.policy.train())

    def reward(self) -> np.ndarray:
        """[G] IoU of the completions' masks."""
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=self.is_bf16):
            return np.array([self._iou(index) for index in range(self.count)])

    def _log_probs(self, model: Qwen2_5_VLForConditionalGeneration) -> Tensor:
        ids = torch.cat([self.work.prompt.repeat(self.count, 1), self.work.completions], dim=1)
        types = torch.cat(
            [self.work.token_types.repeat(self.count, 1), torch.zeros_like(self.work.completions)],
            dim=1)
        logits = model(
            input_ids=ids, attention_mask=torch.ones_like(ids), mm_token_type_ids=types,
            use_cache=False, **self.pictures).logits
        logits, ids = logits[:, :-1], ids[:, 1:]
        rows = []
        for row, tokens in zip(logits, ids):  # One at a time, as the whole would not fit.
            every = row.log_softmax(dim=-1)
            rows.append(torch.gather(every, dim=1, index=tokens[:, None]).squeeze(1))
        return torch.stack(rows)[:, -self.length :]

    def _iou(self, index: int) -> float:
        self.models.predictor.set_image(self.work.picture)
        union = np.zeros_like(self.work.truth)
        for box, points in zip(self.work.boxes[index], self.work.points[index]):
            masks, _, _ = self.models.predictor.predict(
                point_coords=points, point_labels=np.ones(len(points)), box=box,
                multimask_output=False)
            union = np.logical_or(union, masks[0] > 0)
        both = np.logical_and(union, self.work.truth).sum()
        either = np.logical_or(union, self.work.truth).sum()
        return float(both / either) if either else 0.0
