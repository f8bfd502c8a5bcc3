"""The step as somebody writes it who watches the work: nothing that completions share is repeated.

One picture encoding and one prefill in the rollout, whose cache is repeated G times; one vision
pass in the reference and in the update; the head on the completions' positions only; no
checkpointing; one embedding of the segmenter and one call of its decoder. The prompt still goes
through the language model G times in the reference and in the update.
"""

import numpy as np
import torch
from models import Models
from options import Options
from torch import Tensor
from torch.nn import functional
from transformers import DynamicCache, Qwen2_5_VLForConditionalGeneration
from workload import Workload


class CarefulStyle:
    def __init__(self, models: Models, work: Workload, options: Options) -> None:
        self.models, self.work = models, work
        self.count, self.length = work.completions.shape
        self.is_bf16 = options.dtype == "bf16"
        models.policy.gradient_checkpointing_disable()
        positions, deltas = models.policy.model.get_rope_index(
            work.prompt[None], mm_token_type_ids=work.token_types[None], image_grid_thw=work.grid)
        start = len(work.prompt) + int(deltas[0, 0])
        answer = torch.arange(start, start + self.length).expand(3, 1, -1)
        self.positions = torch.cat([positions, answer], dim=2)  # [3, 1, P + R]

    def rollout(self, greedy: bool = False) -> Tensor:
        """[G, R] sampled ids, from the whole vocabulary."""
        with torch.inference_mode():
            return self._decode(self.models.policy.eval(), greedy)

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
            masks = self._masks()  # [G, S, S]
        truth = torch.from_numpy(self.work.truth)
        both = (masks & truth).sum(dim=(1, 2))
        either = (masks | truth).sum(dim=(1, 2))
        return (both / either.clamp(min=1)).numpy()

    def _prompt(self, model: Qwen2_5_VLForConditionalGeneration) -> Tensor:
        """[1, P, hidden]: the embedded prompt with the picture in its place."""
        features = model.model.get_image_features(
            self.work.pixels, self.work.grid, return_dict=True)
        words = model.get_input_embeddings()(self.work.prompt[None])
        start, end = self.work.picture_start, self.work.picture_start + self.work.picture_tokens
        return torch.cat(
            [words[:, :start], features.pooler_output[0][None].to(words.dtype), words[:, end:]],
            dim=1)

    def _decode(self, model: Qwen2_5_VLForConditionalGeneration, greedy: bool) -> Tensor:
        text, prompt_length = model.model.language_model, len(self.work.prompt)
        cache = DynamicCache(config=model.config.text_config)
        hidden = text(
            inputs_embeds=self._prompt(model), position_ids=self.positions[:, :, :prompt_length],
            past_key_values=cache, use_cache=True).last_hidden_state[:, -1]
        cache.batch_repeat_interleave(self.count)
        logits = model.lm_head(hidden).expand(self.count, -1)
        tokens = torch.empty(self.count, self.length, dtype=torch.long)
        for step in range(self.length):
            tokens[:, step] = _choose(logits, greedy)
            if step + 1 == self.length:
                break
            position = self.positions[:, :, prompt_length + step, None].expand(-1, self.count, -1)
            hidden = text(
                inputs_embeds=text.embed_tokens(tokens[:, step, None]), position_ids=position,
                past_key_values=cache, use_cache=True).last_hidden_state[:, -1]
            logits = model.lm_head(hidden)
        return tokens

    def _log_probs(self, model: Qwen2_5_VLForConditionalGeneration) -> Tensor:
        answers = model.get_input_embeddings()(self.work.completions)
        prompts = self._prompt(model).expand(self.count, -1, -1)
        hidden = model.model.language_model(
            inputs_embeds=torch.cat([prompts, answers], dim=1),
            position_ids=self.positions.expand(-1, self.count, -1),
            use_cache=False).last_hidden_state
        logits = model.lm_head(hidden[:, -self.length - 1 : -1]).float()
        losses = functional.cross_entropy(
            logits.flatten(0, 1), self.work.completions.flatten(), reduction="none")
        return -losses.view(self.count, self.length)

    def _masks(self) -> Tensor:
        predictor, side = self.models.predictor, self.work.truth.shape[0]
        predictor.set_image(self.work.picture)
        points = self.work.points.reshape(-1, 2, 2)
        # `predict` would do the same and hand back numpy's masks instead of tensors.
        _, coordinates, labels, boxes = predictor._prep_prompts(
            points, np.ones(points.shape[:2]), self.work.boxes.reshape(-1, 4), None, True)
        masks, _, _ = predictor._predict(coordinates, labels, boxes, multimask_output=False)
        return masks.view(self.count, -1, side, side).any(dim=1)


def _choose(logits: Tensor, greedy: bool) -> Tensor:
    """[G, vocabulary] to [G]."""
    if greedy:
        return logits.argmax(dim=-1)
    return torch.multinomial(logits.float().softmax(dim=-1), 1).squeeze(1)
