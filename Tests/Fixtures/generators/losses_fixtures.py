"""Makes the table of losses and advantages that Tests/RLTrainerTests and VerificationTests check.

Pinned: Python 3.11, torch 2.13.0+cpu, transformers 5.23.0, trl 1.16.0, accelerate 1.15.0.
`Tests/Fixtures/generate losses` runs it; SEED (default 0) decides about every number.

TRL's own code runs throughout. A GRPOTrainer or RLOOTrainer is built around a model of a few weights;
only what a model would say is replaced: log-probabilities come from the table
(`_get_per_token_logps_and_entropies`) and so do completions (`_generate_single_turn`). Losses come from
`training_step`, so that the division by accumulation steps is the one of TRL and transformers together;
advantages, masks and metrics come from `_generate_and_score_completions`. Everything is float64, except
that TRL rounds rewards, their weights and some metrics to float32: rewards and weights in the table are
float32 numbers.

Where the program differs on purpose (no case of the table shows it):

  * NaN and infinity outside the mask reach nothing; TRL multiplies them by 0, which leaves NaN.
  * Log-ratios, and the reference's lead over the policy, are bounded at 20; TRL has no bound.
  * Its dapo and cispo divide by the tokens of the optimizer step; when several steps share a batch of
    rollouts TRL divides by the mean over those steps. (The loss takes the number as an input.)
  * Rewards that are equal up to rounding give advantages of exactly 0; TRL keeps the rounding.
  * Its metrics are means over the whole step; TRL logs the mean of the micro-batches' means.
  * A group stays in one micro-batch; TRL shuffles completions, which changes bnpo only.

Writes into losses/:

  table.json   `trl`, `torch`: versions; `seed`; `losses` and `rollouts` as below

Legend: B completions of a micro-batch, L places of the longest; arrays [B, L] are flat, row after row.

  losses[]        one optimizer step each
    name          what the case is about
    config        by TRL's names: loss_type (also "rloo": RLOOTrainer), importance_sampling_level, beta,
                  use_bias_correction_kl, epsilon, epsilon_high, delta (null: none),
                  max_completion_length, gradient_accumulation_steps, steps_per_generation (in
                  micro-batches, as TRL counts)
    num_items_in_batch   tokens of the generation batch that count; those of the optimizer step are
                  num_items_in_batch * gradient_accumulation_steps / steps_per_generation
    micro_batches[]
      shape       [B, L]
      logps       [B, L], log-probabilities under the policy; any number past a completion's end
      old_logps   [B, L], when the completions were drawn; null: the policy has not changed since
      ref_logps   [B, L], under the reference; null: beta is 0
      advantages  [B]
      mask        [B, L], 1 for tokens that count
      loss        what `training_step` returned: this micro-batch's part of the step's loss
      gradient    [B, L], of that with respect to logps
      metrics     what TRL recorded for this micro-batch, by its names; entropies are -logps here
    loss          the sum over micro-batches

  rollouts[]      one generation batch each
    name          what the case is about
    config        trainer ("grpo" or "rloo"), num_generations, scale_rewards (grpo), beta (rloo: the
                  weight of the divergence in the reward), reward_weights, mask_truncated_completions
    prompt_lengths, completion_lengths   tokens, of each completion
    truncated     whether a completion lacks an end-of-sequence token
    rewards       [completion][function], null where a function returned None
    old_logps, ref_logps   rloo with beta: [B, L], flat; otherwise null
    advantages    of each completion
    mask          [B, L], tokens that count
    num_items_in_batch   their number
    metrics       what TRL recorded, by its names
"""

import json
import math
import os
import pathlib
import random
import tempfile

for name in ("HF_HUB_OFFLINE", "HF_HUB_DISABLE_TELEMETRY", "HF_HUB_DISABLE_PROGRESS_BARS", "TQDM_DISABLE"):
    os.environ.setdefault(name, "1")
try:  # An environment without torchvision's compiled part needs a patch to import it.
    import oracle_shim  # noqa: F401
except ImportError:
    pass
import torch
import trl
from datasets import Dataset
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from trl import GRPOConfig, GRPOTrainer, RLOOConfig, RLOOTrainer

SEED = int(os.environ.get("SEED", "0"))
OUT = pathlib.Path(os.environ["FIXTURES"]) / "losses"
SCRATCH = tempfile.mkdtemp()
PAD, EOS, WORD = 0, 1, 2
LOSS_TYPES = ("grpo", "bnpo", "dr_grpo", "dapo", "cispo")
LEVELS = ("token", "sequence")
DIVERGENCES = ((0.0, True), (0.04, False), (0.07, True))
CLIPS = ((0.2, None, None), (0.2, 0.28, None), (0.1, 0.15, 1.6), (3e-4, 4e-4, None), (10.0, None, 1.3))
CISPO_CLIPS = ((0.2, 5.0, None), (0.2, 1.02, None), (0.3, None, None))

rng = random.Random(f"losses {SEED}")
torch.set_default_dtype(torch.float64)


# MARK: Trainers


def tokenizer() -> PreTrainedTokenizerFast:
    words = {"<pad>": PAD, "<eos>": EOS, "a": WORD}
    fast = Tokenizer(models.WordLevel(words, unk_token="a"))
    fast.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(tokenizer_object=fast, pad_token="<pad>", eos_token="<eos>")


def model() -> LlamaForCausalLM:
    """A model from a folder, from which a trainer with `beta` loads the reference too."""
    folder = pathlib.Path(SCRATCH) / "model"
    if not folder.exists():
        config = LlamaConfig(
            vocab_size=3, hidden_size=4, intermediate_size=4, num_hidden_layers=1,
            num_attention_heads=1, num_key_value_heads=1, eos_token_id=EOS, pad_token_id=PAD)
        LlamaForCausalLM(config).save_pretrained(folder)
    return LlamaForCausalLM.from_pretrained(folder)


def build(kind: str, reward_count: int, completions: int, **options):
    """A trainer of TRL; `completions` is how many one micro-batch has."""
    config, trainer = {"grpo": (GRPOConfig, GRPOTrainer), "rloo": (RLOOConfig, RLOOTrainer)}[kind]

    def reward(index):
        def function(completions, **_):
            return [row[index] for row in table["rewards"]]

        function.__name__ = f"f{index}"
        return function

    table = {"rewards": []}
    built = trainer(
        model=model(), reward_funcs=[reward(index) for index in range(reward_count)],
        args=config(
            output_dir=SCRATCH, per_device_train_batch_size=completions, report_to=[],
            use_cpu=True, bf16=False, gradient_checkpointing=False, **options),
        train_dataset=Dataset.from_dict({"prompt": ["a"] * 64}), processing_class=tokenizer())
    built.model.train()
    return built, table


# MARK: Numbers


def number(value: float, digits: int = 3) -> float:
    return round(value, digits) + 0.0


def normals(count: int, spread: float) -> list[float]:
    return [rng.gauss(0, spread) for _ in range(count)]


def single(value: float) -> float:
    """The nearest float32."""
    return torch.tensor(value, dtype=torch.float32).double().item()


def finite(metrics: dict) -> dict:
    return {key: None if math.isnan(value) else value for key, value in metrics.items()}


def recorded(trainer) -> dict:
    """The last entry of everything that the trainer has recorded, and clears the record."""
    result = {key: values[-1] for key, values in trainer._metrics["train"].items()}
    trainer._metrics["train"].clear()
    result.pop("step_time", None)
    return finite(result)


# MARK: Losses


def micro_batch(policy: float, reference: bool, masking: str, rows: int) -> dict:
    """A micro-batch of `rows` completions; `policy` is how far it has moved, 0 for not at all."""
    places = rng.choice([length for length in range(3, 8) if length != rows])
    count = rows * places
    logps = [number(-rng.uniform(0.02, 3)) for _ in range(count)]
    lengths = [rng.randint(1, places) for _ in range(rows)]
    lengths[rng.randrange(rows)] = places
    masked = [masking == "all" or (masking == "some" and index == 0) for index in range(rows)]
    advantages = [number(value) for value in normals(rows, 1)]
    if rng.random() < 0.2:
        advantages[-1] = 0.0
    mask = [
        int(place < lengths[row] and not masked[row])
        for row in range(rows) for place in range(places)
    ]

    def moved(spread: float) -> list[float]:
        return [number(a + b) for a, b in zip(logps, normals(count, spread), strict=True)]

    return {
        "shape": [rows, places],
        "logps": logps,
        "old_logps": moved(policy) if policy else None,
        "ref_logps": moved(0.4) if reference else None,
        "advantages": advantages,
        "mask": mask,
    }


def inputs(batch: dict, items: int, kind: str) -> dict:
    def grid(key: str) -> torch.Tensor:
        return torch.tensor(batch[key]).view(batch["shape"])

    rows = batch["shape"][0]
    result = {
        "prompt_ids": torch.full((rows, 1), WORD),
        "prompt_mask": torch.ones(rows, 1, dtype=torch.long),
        "completion_ids": torch.full(batch["shape"], WORD),
        "completion_mask": grid("mask"),
        "advantages": torch.tensor(batch["advantages"]),
        "num_items_in_batch": torch.tensor(items),
    }
    if kind == "rloo":
        result["old_logps"] = (grid("old_logps") * grid("mask")).sum(1)
    elif batch["old_logps"] is not None:
        result["old_per_token_logps"] = grid("old_logps")
    if batch["ref_logps"] is not None:
        result["ref_per_token_logps"] = grid("ref_logps")
    return result


def loss_case(name: str, config: dict, batches: list[dict], later: int = 0) -> dict:
    """The step of `batches`; `later` tokens of the generation batch belong to other steps."""
    kind = "rloo" if config["loss_type"] == "rloo" else "grpo"
    options = {key: value for key, value in config.items() if value is not None}
    options["num_generations"] = batches[0]["shape"][0]
    if kind == "rloo":
        options = {
            key: options[key]
            for key in ("epsilon", "epsilon_high", "max_completion_length", "num_generations",
                        "gradient_accumulation_steps", "steps_per_generation")
            if key in options
        } | {"beta": 0.0}
    trainer, _ = build(kind, 1, batches[0]["shape"][0], **options)
    trainer.current_gradient_accumulation_steps = len(batches)
    trainer._prepare_inputs = lambda given: given
    items = sum(sum(batch["mask"]) for batch in batches) + later
    for batch in batches:
        leaf = torch.tensor(batch["logps"]).view(batch["shape"]).requires_grad_()
        trainer._get_per_token_logps_and_entropies = lambda *_, **__: (leaf, -leaf.detach(), None)  # noqa: B023
        loss = trainer.training_step(trainer.model, inputs(batch, items, kind), None)
        batch["loss"] = loss.item()
        batch["gradient"] = leaf.grad.flatten().tolist()
        batch["metrics"] = recorded(trainer)
    return {
        "name": name, "config": config, "num_items_in_batch": items, "micro_batches": batches,
        "loss": sum(batch["loss"] for batch in batches),
    }


def configuration(loss_type: str, level: str, divergence: tuple, clip: tuple, parts: int, spg: int):
    return {
        "loss_type": loss_type, "importance_sampling_level": level, "beta": divergence[0],
        "use_bias_correction_kl": divergence[1], "epsilon": clip[0], "epsilon_high": clip[1],
        "delta": clip[2], "max_completion_length": 9, "gradient_accumulation_steps": parts,
        "steps_per_generation": spg,
    }


def losses() -> list[dict]:
    cases = []

    def add(name, loss_type, level, divergence, clip, policy, maskings, generations=1):
        parts = len(maskings)
        rows = rng.randint(2, 4)
        batches = [micro_batch(policy, divergence[0] != 0, masking, rows) for masking in maskings]
        if loss_type == "rloo":
            for batch in batches:
                batch["old_logps"] = batch["old_logps"] or batch["logps"]
        config = configuration(loss_type, level, divergence, clip, parts, parts * generations)
        later = sum(rng.randint(4, 12) for _ in range(parts * (generations - 1)))
        cases.append(loss_case(name, config, batches, later))

    def clips(loss_type):
        return CISPO_CLIPS if loss_type == "cispo" else CLIPS

    index = 0
    for loss_type in LOSS_TYPES:
        for level in LEVELS:
            for divergence in DIVERGENCES:
                chosen = clips(loss_type)
                clip = chosen[index % len(chosen)]
                policy = (0.0, 0.05, 0.3)[index % 3] if index % 7 else 0.3
                add(f"grid {index}", loss_type, level, divergence, clip, policy, ["none", "some"])
                index += 1
        add(f"all masked, {loss_type}", loss_type, "token", DIVERGENCES[2], clips(loss_type)[0], 0.2,
            ["all", "none"])
        add(f"nothing counts, {loss_type}", loss_type, "token", DIVERGENCES[1], clips(loss_type)[0],
            0.2, ["all"])
    for index in range(20):
        loss_type = rng.choice(LOSS_TYPES)
        maskings = [rng.choice(("none", "none", "some")) for _ in range(rng.randint(1, 3))]
        add(f"random {index}", loss_type, rng.choice(LEVELS), rng.choice(DIVERGENCES),
            rng.choice(clips(loss_type)), rng.choice((0.0, 0.02, 0.1, 0.3, 1.0)), maskings,
            rng.randint(1, 2))
    for index in range(8):
        add(f"rloo {index}", "rloo", "sequence", DIVERGENCES[0],
            ((0.2, None, None), (0.2, 0.28, None))[index % 2], (0.0, 0.05, 0.3)[index % 3],
            [("none", "some")[index % 2], "none"][: 1 + index % 2])
    return cases


# MARK: Rollouts


def rollout_case(name: str, config: dict, rewards: list[list], truncated: list[bool]) -> dict:
    kind = config["trainer"]
    count = len(rewards)
    options = {
        "num_generations": config["num_generations"], "reward_weights": config["reward_weights"],
        "mask_truncated_completions": config["mask_truncated_completions"],
        "max_completion_length": 9,
    }
    if kind == "grpo":
        options |= {"scale_rewards": config["scale_rewards"], "beta": 0.0}
    else:
        options["beta"] = config["beta"]
    trainer, table = build(kind, len(config["reward_weights"]), count, **options)
    table["rewards"] = rewards
    lengths = [rng.randint(2, 7) for _ in range(count)]
    prompts = [rng.randint(1, 4) for _ in range(count)]
    ids = [
        [WORD] * (length - 1) + [WORD if cut else EOS]
        for length, cut in zip(lengths, truncated, strict=True)
    ]
    places = max(lengths)
    old = [number(-rng.uniform(0.02, 3)) for _ in range(count * places)]
    reference = [number(a + b) for a, b in zip(old, normals(count * places, 0.4), strict=True)]

    def scores(used, *_, **__):
        values = old if used is trainer.model else reference
        return torch.tensor(values).view(count, places), None, None

    trainer._get_per_token_logps_and_entropies = scores
    trainer._generate_single_turn = (
        (lambda *_, **__: (ids, None)) if kind == "grpo" else (lambda *_, **__: ids))
    output = trainer._generate_and_score_completions(
        [{"prompt": " ".join(["a"] * length)} for length in prompts])
    usesReference = kind == "rloo" and config["beta"] != 0
    mask = output["completion_mask"]
    return {
        "name": name, "config": config, "prompt_lengths": prompts, "completion_lengths": lengths,
        "truncated": truncated, "rewards": rewards,
        "old_logps": old if usesReference else None,
        "ref_logps": reference if usesReference else None,
        "advantages": output["advantages"].tolist(), "mask": mask.flatten().tolist(),
        "num_items_in_batch": int(mask.sum()), "metrics": recorded(trainer),
    }


def rollouts() -> list[dict]:
    cases = []

    def draw(groups: int, size: int, functions: int, missing: float) -> list[list]:
        def one():
            if rng.random() < missing:
                return None
            return single(rng.choice((0.0, 1.0, rng.uniform(0, 1))))

        return [[one() for _ in range(functions)] for _ in range(groups * size)]

    def add(name, trainer, scale, size, rewards, weights, masked=False, beta=0.0, cut=0.3):
        config = {
            "trainer": trainer, "num_generations": size, "scale_rewards": scale, "beta": beta,
            "reward_weights": weights, "mask_truncated_completions": masked,
        }
        truncated = [rng.random() < cut for _ in rewards]
        cases.append(rollout_case(name, config, rewards, truncated))

    for scale in ("group", "batch", "none"):
        add(f"plain, {scale}", "grpo", scale, 4, draw(3, 4, 2, 0), [2.0, 1.0], masked=True)
        add(f"pairs, {scale}", "grpo", scale, 2, draw(5, 2, 1, 0), [1.0])
        flat = [[single(0.1)]] * 4 + [[single(1 / 3)]] * 4 + draw(1, 4, 1, 0)
        add(f"flat groups, {scale}", "grpo", scale, 4, flat, [0.5])
        add(f"all equal, {scale}", "grpo", scale, 8, [[single(0.7)]] * 16, [1.0], cut=1.0)
        lone = [[None, None], [1.0, None], [None, None], [None, None]]
        some = draw(2, 4, 2, 0.4) + [[None, None]] * 4 + lone
        add(f"missing rewards, {scale}", "grpo", scale, 4, some, [1.0, 0.25], masked=True)
        size = rng.randint(3, 6)
        add(f"random, {scale}", "grpo", scale, size, draw(rng.randint(1, 4), size, 3, 0.1),
            [1.0, 0.5, 0.125], masked=rng.random() < 0.5)
    for index, beta in enumerate((0.0, 0.05, 0.5)):
        add(f"leave one out, beta {beta}", "rloo", "none", 4, draw(2, 4, 2, 0), [1.0, 2.0],
            masked=index == 1, beta=beta)
        add(f"leave one out of two, beta {beta}", "rloo", "none", 2, draw(3, 2, 1, 0), [1.0],
            beta=beta)
    lone = [[None], [1.0], [None]]
    add("leave one out, missing rewards", "rloo", "none", 3,
        draw(2, 3, 1, 0.3) + [[None]] * 3 + lone, [1.0])
    add("leave one out, equal rewards", "rloo", "none", 3, [[single(0.1)]] * 6, [1.0])
    return cases


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    table = {
        "trl": trl.__version__, "torch": torch.__version__, "seed": SEED,
        "losses": losses(), "rollouts": rollouts(),
    }
    lines = []
    for key in ("losses", "rollouts"):
        rows = ",\n".join(json.dumps(case, separators=(",", ":")) for case in table[key])
        lines.append(f"{json.dumps(key)}: [\n{rows}\n]")
    head = ", ".join(f"{json.dumps(key)}: {json.dumps(table[key])}" for key in ("trl", "torch", "seed"))
    (OUT / "table.json").write_text("{" + head + ",\n" + ",\n".join(lines) + "}\n")


main()
