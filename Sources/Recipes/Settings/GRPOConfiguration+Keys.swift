public import Configuration
public import RLTrainer

extension LossType: ConfigurationValue {}
extension RewardScale: ConfigurationValue {}
extension AdvantageEstimator: ConfigurationValue {}
extension ImportanceSamplingLevel: ConfigurationValue {}

extension ConfigurationKey {
    /// The algorithm, which knows of no configuration itself.
    package static func grpo(_ section: WritableKeyPath<Root, GRPOConfiguration>) -> [Self] {
        grpoRollouts(section) + grpoLoss(section) + grpoRewards(section)
    }

    /// How many answers there are, and how they are drawn.
    private static func grpoRollouts(
        _ section: WritableKeyPath<Root, GRPOConfiguration>
    ) -> [Self] {
        [
            Self(
                "grpo.num_generations", section.appending(path: \.numGenerations),
                "G: completions per prompt",
                in: 2...1024),
            Self(
                "grpo.num_prompts_per_step", section.appending(path: \.promptsPerStep),
                "Prompts per optimizer step", in: 1...65536),
            Self(
                "grpo.steps_per_generation", section.appending(path: \.stepsPerGeneration),
                "Optimizer steps whose prompts are answered at once, before the first of them",
                in: 1...1024),
            Self(
                "grpo.num_iterations", section.appending(path: \.numIterations),
                "How often a batch of rollouts is learnt from", in: 1...64),
            Self(
                "grpo.rollout_batch_tokens", section.appending(path: \.rolloutBatchTokens),
                "The most positions, of prompts and longest completions, that are decoded together; "
                    + "a larger group is decoded alone", in: 1...),
            Self(
                "grpo.micro_batch_tokens", section.appending(path: \.microBatchTokens),
                "The most positions of a micro-batch, each prompt counted once; groups stay whole",
                in: 1...),
            Self(
                "grpo.reward_workers", section.appending(path: \.rewardWorkers),
                "Threads that segment and score while the policy goes on, for a free core or a "
                    + "device; 0: the policy waits", in: 0...256),
            Self(
                "grpo.max_completion_length",
                section.appending(path: \.sampling.maxCompletionLength),
                "The most tokens a completion may have", in: 1...32768),
            Self(
                "grpo.temperature", section.appending(path: \.sampling.temperature),
                "Divides the logits",
                in: 0.01...10),
            Self(
                "grpo.top_k", section.appending(path: \.sampling.topK),
                "Draw among so many tokens; 0: all", in: 0...),
            Self(
                "grpo.top_p", section.appending(path: \.sampling.topP),
                "Draw among the likeliest tokens of this total probability", in: 0.01...1),
        ]
    }

    /// How answers become one number to descend.
    private static func grpoLoss(
        _ section: WritableKeyPath<Root, GRPOConfiguration>
    ) -> [Self] {
        [
            Self(
                "grpo.loss_type", section.appending(path: \.loss.lossType),
                "How token losses become one number"),
            Self(
                "grpo.beta", section.appending(path: \.loss.beta),
                "The weight of the divergence from the starting policy", in: 0...),
            Self(
                "grpo.epsilon", section.appending(path: \.loss.epsilon),
                "How far the ratio may fall", in: 0...1000),
            Self(
                "grpo.epsilon_high", section.appending(path: \.loss.epsilonHigh),
                "How far the ratio may rise (cispo: its bound); null: as epsilon",
                rule: .atLeast(0)),
            Self(
                "grpo.delta", section.appending(path: \.loss.delta),
                "The bound of the unclipped ratio; null: none", rule: .above(1)),
            Self(
                "grpo.importance_sampling_level",
                section.appending(path: \.loss.importanceSamplingLevel),
                "Where the ratio is taken"),
            Self(
                "grpo.use_bias_correction_kl", section.appending(path: \.loss.usesBiasCorrectionKL),
                "Whether the divergence is multiplied by the ratio"),
        ]
    }

    /// What becomes of the rewards of a group.
    private static func grpoRewards(
        _ section: WritableKeyPath<Root, GRPOConfiguration>
    ) -> [Self] {
        [
            Self(
                "grpo.kl_in_reward", section.appending(path: \.klInReward),
                "Whether the divergence is taken from the reward and not added to the loss"),
            Self(
                "grpo.advantage_estimator", section.appending(path: \.advantageEstimator),
                "What a completion's reward is compared with: its group's mean, or the others'"),
            Self(
                "grpo.scale_rewards", section.appending(path: \.rewardScale),
                "What centred rewards are divided by"),
            Self(
                "grpo.shuffle_rewards", section.appending(path: \.shufflesRewards),
                "Whether rewards change places within their group before advantages are taken: a "
                    + "control, with which nothing can be learnt from them"),
            Self(
                "grpo.mask_truncated_completions",
                section.appending(path: \.masksTruncatedCompletions),
                "Whether completions cut at the longest length are left out of the loss"),
            Self(
                "grpo.reward_timeout", section.appending(path: \.rewardTimeout),
                "Seconds that the reward terms of one completion may take; null: no bound",
                rule: .from(0.001, to: 86_400)),
        ]
    }
}
