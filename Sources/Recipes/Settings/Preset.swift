import Foundation

/// Settings of published methods, for configurations that begin with them.
///
/// They are those of `Configs/presets` and, as `think2seg-rs`, of `Configs/train.yaml`; they stand here
/// too, held to the files by a test, so that a command without files beside it knows them.
package struct Preset: Sendable {
    /// What it is called: "dapo".
    package let name: String
    /// What it is, with its source; what is not in it.
    package let about: [String]
    /// YAML by key.
    package let values: [String: String]

    /// All of them.
    package static let all: [Preset] = table.components(separatedBy: "\n\n").map(Preset.init)

    /// Reads a paragraph of the table: the name, lines about it behind `#`, and `key: value`.
    private init(_ paragraph: String) {
        let lines = paragraph.split(separator: "\n").map(String.init)
        name = lines[0]
        about = lines.filter { $0.hasPrefix("# ") }.map { String($0.dropFirst(2)) }
        let pairs = lines.dropFirst().filter { !$0.hasPrefix("#") }.compactMap { line in
            line.range(of: ": ").map {
                (String(line[..<$0.lowerBound]), String(line[$0.upperBound...]))
            }
        }
        values = Dictionary(uniqueKeysWithValues: pairs)
    }

    private static let table = """
        think2seg-rs
        # Trains Qwen2.5-VL on EarthReason, with the hyper-parameters of Think2Seg-RS 3B (arXiv 2512.19302).
        output_dir: runs/earthreason-3b
        seed: 42
        device: cuda
        policy.path: models/Qwen2.5-VL-3B-Instruct
        policy.dtype: bfloat16
        segmenter.path: models/sam2.1-hiera-small
        data.train: shards/train.h5
        data.image_size: 840
        prompt.variant: box_2points
        prompt.parser: strict
        rewards: {mask_iou: 2, sam_json_format: 1, think_answer_format: 1}
        grpo.num_generations: 16
        grpo.num_prompts_per_step: 4
        grpo.max_completion_length: 1024
        grpo.temperature: 1.0
        grpo.loss_type: grpo
        grpo.beta: 0.001
        grpo.use_bias_correction_kl: false
        training.num_train_epochs: 5
        training.learning_rate: 1e-6
        training.lr_scheduler_type: linear
        logging.save_steps: 100
        logging.save_total_limit: 6

        2-grpo
        # 2-GRPO (arXiv 2510.00977): groups of two, so that more prompts fit in a step.
        # A group teaches only if its two rewards differ; 32 prompts with 2 completions cost as much as 4 with 16. What the paper leaves open, and what belongs to the task, is the default.
        output_dir: runs/2-grpo
        device: cuda
        policy.path: models/Qwen2.5-VL-3B-Instruct
        policy.dtype: bfloat16
        segmenter.path: models/sam2.1-hiera-small
        data.train: shards/train.h5
        grpo.num_generations: 2
        grpo.num_prompts_per_step: 32
        grpo.max_completion_length: 1024
        grpo.loss_type: grpo
        grpo.beta: 0
        training.learning_rate: 1e-6
        training.lr_scheduler_type: constant

        cispo-scalerl
        # CISPO (arXiv 2506.13585) with the settings of ScaleRL (arXiv 2510.13786).
        # epsilon_high is the largest weight itself. ScaleRL also has asynchronous rollouts up to 8 steps old, no groups with equal rewards, no prompts that are solved nearly always, and answers cut short by a phrase: none of these is in this trainer.
        output_dir: runs/cispo-scalerl
        device: cuda
        policy.path: models/Qwen2.5-VL-3B-Instruct
        policy.dtype: bfloat16
        policy.cast_lm_head_to_fp32: true
        segmenter.path: models/sam2.1-hiera-small
        data.train: shards/train.h5
        grpo.num_generations: 16
        grpo.max_completion_length: 1024
        grpo.loss_type: cispo
        grpo.epsilon_high: 5
        grpo.scale_rewards: batch
        grpo.beta: 0
        training.learning_rate: 1e-6
        training.lr_scheduler_type: constant

        dapo
        # DAPO (arXiv 2503.14476): token-level loss, a higher upper clip, truncated answers masked.
        # One batch of rollouts, 512 prompts with 16 completions, serves 16 steps of 512 completions. The paper's soft overlong punishment, which grows over the last 4096 of 20480 tokens, is the reward's last term. Dynamic sampling (groups with equal rewards are drawn anew) is not in this trainer.
        output_dir: runs/dapo
        device: cuda
        policy.path: models/Qwen2.5-VL-3B-Instruct
        policy.dtype: bfloat16
        segmenter.path: models/sam2.1-hiera-small
        data.train: shards/train.h5
        rewards: {mask_iou: 2, sam_json_format: 1, think_answer_format: 1, overlong_penalty: {weight: 1, cache: 4096}}
        grpo.num_generations: 16
        grpo.num_prompts_per_step: 32
        grpo.steps_per_generation: 16
        grpo.max_completion_length: 20480
        grpo.loss_type: dapo
        grpo.beta: 0
        grpo.epsilon: 0.2
        grpo.epsilon_high: 0.28
        grpo.mask_truncated_completions: true
        training.learning_rate: 1e-6
        training.lr_scheduler_type: constant

        deepseek-r1
        # GRPO as DeepSeek-R1 has it (arXiv 2501.12948; GRPO itself: arXiv 2402.03300).
        # One batch of rollouts, 512 prompts with 16 completions, serves 16 steps of 512 completions. The ratio is clipped at 11 only. The paper replaces the reference by the policy every 400 steps; here it stays the starting policy.
        output_dir: runs/deepseek-r1
        device: cuda
        policy.path: models/Qwen2.5-VL-3B-Instruct
        policy.dtype: bfloat16
        segmenter.path: models/sam2.1-hiera-small
        data.train: shards/train.h5
        grpo.num_generations: 16
        grpo.num_prompts_per_step: 32
        grpo.steps_per_generation: 16
        grpo.max_completion_length: 32768
        grpo.temperature: 1.0
        grpo.loss_type: grpo
        grpo.beta: 0.001
        grpo.use_bias_correction_kl: false
        grpo.epsilon: 10
        training.learning_rate: 3e-6
        training.lr_scheduler_type: constant

        dr-grpo
        # Dr. GRPO (arXiv 2503.20783): no division by lengths, none by deviations.
        # What the paper leaves open, and what belongs to the task, is the default.
        output_dir: runs/dr-grpo
        device: cuda
        policy.path: models/Qwen2.5-VL-3B-Instruct
        policy.dtype: bfloat16
        segmenter.path: models/sam2.1-hiera-small
        data.train: shards/train.h5
        grpo.num_generations: 8
        grpo.max_completion_length: 3000
        grpo.loss_type: dr_grpo
        grpo.scale_rewards: none
        grpo.beta: 0
        training.learning_rate: 1e-6
        training.lr_scheduler_type: constant

        gspo
        # GSPO (arXiv 2507.18071): one length-normalised ratio per completion.
        # Ratios of completions are close to 1, hence the narrow clip range. They differ from 1 only when a batch of rollouts serves several steps, 4 in the paper. What the paper leaves open, and what belongs to the task, is the default.
        output_dir: runs/gspo
        device: cuda
        policy.path: models/Qwen2.5-VL-3B-Instruct
        policy.dtype: bfloat16
        segmenter.path: models/sam2.1-hiera-small
        data.train: shards/train.h5
        grpo.steps_per_generation: 4
        grpo.max_completion_length: 1024
        grpo.loss_type: grpo
        grpo.importance_sampling_level: sequence
        grpo.beta: 0
        grpo.epsilon: 3e-4
        grpo.epsilon_high: 4e-4
        training.learning_rate: 1e-6
        training.lr_scheduler_type: constant

        intellect-2
        # INTELLECT-2 (arXiv 2505.07291): two-sided clipping, a small divergence.
        # The paper's asynchronous rollouts and its filter of prompts by difficulty are not in this trainer. What the paper leaves open, and what belongs to the task, is the default.
        output_dir: runs/intellect-2
        device: cuda
        policy.path: models/Qwen2.5-VL-3B-Instruct
        policy.dtype: bfloat16
        segmenter.path: models/sam2.1-hiera-small
        data.train: shards/train.h5
        grpo.num_generations: 16
        grpo.max_completion_length: 1024
        grpo.loss_type: dapo
        grpo.beta: 0.001
        grpo.use_bias_correction_kl: false
        grpo.epsilon: 0.2
        grpo.delta: 4
        training.learning_rate: 3e-7
        training.lr_scheduler_type: constant

        lite-ppo
        # Lite PPO (arXiv 2508.08221): rewards centred by group and divided by the batch's deviation, token-level loss.
        # What the paper leaves open, and what belongs to the task, is the default.
        output_dir: runs/lite-ppo
        device: cuda
        policy.path: models/Qwen2.5-VL-3B-Instruct
        policy.dtype: bfloat16
        segmenter.path: models/sam2.1-hiera-small
        data.train: shards/train.h5
        grpo.num_generations: 8
        grpo.temperature: 0.99
        grpo.top_k: 100
        grpo.top_p: 0.99
        grpo.max_completion_length: 1024
        grpo.loss_type: dapo
        grpo.scale_rewards: batch
        grpo.beta: 0
        training.learning_rate: 1e-6
        training.lr_scheduler_type: constant

        rloo
        # RLOO (arXiv 2402.14740): the others' mean as baseline, the ratio of whole completions, the divergence as part of the reward.
        # beta is TRL's default; the paper has values around it, such as 0.03, and groups of 2 or 4. What the paper leaves open, and what belongs to the task, is the default.
        output_dir: runs/rloo
        device: cuda
        policy.path: models/Qwen2.5-VL-3B-Instruct
        policy.dtype: bfloat16
        segmenter.path: models/sam2.1-hiera-small
        data.train: shards/train.h5
        grpo.num_generations: 2
        grpo.num_prompts_per_step: 32
        grpo.steps_per_generation: 2
        grpo.max_completion_length: 1024
        grpo.loss_type: rloo
        grpo.advantage_estimator: leave_one_out
        grpo.scale_rewards: none
        grpo.beta: 0.05
        grpo.kl_in_reward: true
        grpo.epsilon: 0.2
        training.learning_rate: 1e-6
        training.lr_scheduler_type: constant
        """
}
