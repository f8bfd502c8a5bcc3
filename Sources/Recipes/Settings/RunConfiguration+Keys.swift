public import Configuration
import Embeddings
import Evaluation
import Foundation
import NN
import PolicyFamilies
import RLTrainer
import Segmentation
import Torch

extension RunConfiguration {
    /// Every key of a run's configuration, in the order of the resolved file.
    public static var keys: [ConfigurationKey<RunConfiguration>] {
        runKeys + modelKeys + dataKeys + grpoKeys + trainingKeys + evaluationKeys + loggingKeys
    }

    private typealias Key = ConfigurationKey<RunConfiguration>

    private static var runKeys: [ConfigurationKey<RunConfiguration>] {
        Key.placement + [
            Key(
                "workers", \.workers,
                "Threads that groups are given to in turn, each with one thread per operation, for "
                    + "small models on the CPU; 0: with threads 0, as sizes and prompts of a step "
                    + "say; 1: none but the training thread", in: 0...1024),
            Key(
                "products", \.products,
                "Who computes float32 products with weights on the CPU; auto: oneDNN where libtorch "
                    + "has it. Results differ by rounding"),
            Key(
                "strict", \.strict,
                "Whether the run stops at what otherwise costs one sample, one reward or one step: a "
                    + "sample or reward that fails, a loss or gradient that is not finite"),
        ]
    }

    private static var modelKeys: [ConfigurationKey<RunConfiguration>] {
        [
            Key(
                "policy.path", path: \.policy.path,
                "The folder of a \(PolicyRegistry.names) checkpoint"),
            Key("policy.dtype", \.policy.dtype, "The type of weights and computations"),
            Key(
                "policy.cast_lm_head_to_fp32", \.policy.castsHeadToFloat32,
                "Whether logits are computed in float32 whatever dtype is"),
            Key(
                "policy.freeze", \.policy.freeze,
                "Keys of parameters that stay as they are, * standing for anything: visual.*"),
            Key(
                "segmenter.path", path: \.segmenter.path,
                "The folder of a SAM2.1 checkpoint, or an official .pt file"),
            Key("segmenter.dtype", \.segmenter.dtype, "The type of weights and computations"),
            Key(
                "segmenter.embedding_cache.memory_mb", \.segmenter.embeddingCache.memoryMegabytes,
                "MB of pictures' embeddings that are kept in main memory, for pictures that come again; "
                    + "0: none", in: 0...10_000_000),
            Key(
                "segmenter.embedding_cache.disk_mb", \.segmenter.embeddingCache.diskMegabytes,
                "MB of embeddings that are kept on the disk, for other sessions and runs too; 0: none",
                in: 0...1_000_000_000),
            Key(
                "segmenter.embedding_cache.path", path: \.segmenter.embeddingCache.path,
                "Their folder on the disk, which runs may share; null: embeddings in output_dir"),
        ]
    }

    private static var dataKeys: [ConfigurationKey<RunConfiguration>] {
        [
            Key("data.train", path: \.data.train, "The shards to train on"),
            Key(
                "data.validation", path: \.data.validation,
                "Held-out shards, to evaluate the policy on while it is trained"),
            Key(
                "data.image_size", \.data.imageSize,
                "S: images and masks are stretched to S x S pixels", in: 28...4096),
            Key("data.question", \.data.question, "Which of a sample's questions is asked"),
            Key(
                "data.prefetch", \.data.prefetch,
                "Samples made ready ahead of the training thread: pictures and masks decoded and "
                    + "stretched, prompts made; at least those of a batch of rollouts", in: 1...256),
            Key(
                "data.workers", \.data.workers,
                "Threads that make them ready; examples and their order do not depend on it",
                in: 1...256),
            Key(
                "prompt.variant", \.prompt.variant, "Template and grammar of the answers",
                rule: .names(PromptVariant.all.map(\.name))),
            Key.system(\.prompt.system), Key.chatTemplate(\.prompt.chatTemplate),
            Key("prompt.parser", \.prompt.parser, "Which answers are read"),
            Key(
                table: "rewards", \.rewards,
                "The weight of each reward term, or a table of weight and parameters (rewards.md); with "
                    + "weight 0 a term is reported and does not count"),
        ]
    }

    private static var grpoKeys: [ConfigurationKey<RunConfiguration>] {
        [
            Key(
                "grpo.num_generations", \.grpo.numGenerations, "G: completions per prompt",
                in: 2...1024),
            Key(
                "grpo.num_prompts_per_step", \.grpo.promptsPerStep,
                "Prompts per optimizer step", in: 1...65536),
            Key(
                "grpo.steps_per_generation", \.grpo.stepsPerGeneration,
                "Optimizer steps whose prompts are answered at once, before the first of them",
                in: 1...1024),
            Key(
                "grpo.num_iterations", \.grpo.numIterations,
                "How often a batch of rollouts is learnt from", in: 1...64),
            Key(
                "grpo.rollout_batch_tokens", \.grpo.rolloutBatchTokens,
                "The most positions, of prompts and longest completions, that are decoded together; "
                    + "a larger group is decoded alone", in: 1...),
            Key(
                "grpo.micro_batch_tokens", \.grpo.microBatchTokens,
                "The most positions of a micro-batch, each prompt counted once; groups stay whole",
                in: 1...),
            Key(
                "grpo.reward_workers", \.grpo.rewardWorkers,
                "Threads that segment and score while the policy goes on, for a free core or a "
                    + "device; 0: the policy waits", in: 0...256),
            Key(
                "grpo.max_completion_length", \.grpo.sampling.maxCompletionLength,
                "The most tokens a completion may have", in: 1...32768),
            Key(
                "grpo.temperature", \.grpo.sampling.temperature, "Divides the logits",
                in: 0.01...10),
            Key("grpo.top_k", \.grpo.sampling.topK, "Draw among so many tokens; 0: all", in: 0...),
            Key(
                "grpo.top_p", \.grpo.sampling.topP,
                "Draw among the likeliest tokens of this total probability", in: 0.01...1),
            Key("grpo.loss_type", \.grpo.loss.lossType, "How token losses become one number"),
            Key(
                "grpo.beta", \.grpo.loss.beta,
                "The weight of the divergence from the starting policy", in: 0...),
            Key("grpo.epsilon", \.grpo.loss.epsilon, "How far the ratio may fall", in: 0...1000),
            Key(
                "grpo.epsilon_high", \.grpo.loss.epsilonHigh,
                "How far the ratio may rise (cispo: its bound); null: as epsilon",
                rule: .atLeast(0)),
            Key(
                "grpo.delta", \.grpo.loss.delta,
                "The bound of the unclipped ratio; null: none", rule: .above(1)),
            Key(
                "grpo.importance_sampling_level", \.grpo.loss.importanceSamplingLevel,
                "Where the ratio is taken"),
            Key(
                "grpo.use_bias_correction_kl", \.grpo.loss.usesBiasCorrectionKL,
                "Whether the divergence is multiplied by the ratio"),
            Key(
                "grpo.kl_in_reward", \.grpo.klInReward,
                "Whether the divergence is taken from the reward and not added to the loss"),
            Key(
                "grpo.advantage_estimator", \.grpo.advantageEstimator,
                "What a completion's reward is compared with: its group's mean, or the others'"),
            Key("grpo.scale_rewards", \.grpo.rewardScale, "What centred rewards are divided by"),
            Key(
                "grpo.shuffle_rewards", \.grpo.shufflesRewards,
                "Whether rewards change places within their group before advantages are taken: a "
                    + "control, with which nothing can be learnt from them"),
            Key(
                "grpo.mask_truncated_completions", \.grpo.masksTruncatedCompletions,
                "Whether completions cut at the longest length are left out of the loss"),
            Key(
                "grpo.reward_timeout", \.grpo.rewardTimeout,
                "Seconds that the reward terms of one completion may take; null: no bound",
                rule: .from(0.001, to: 86_400)),
        ]
    }

    private static var trainingKeys: [ConfigurationKey<RunConfiguration>] {
        [
            Key(
                "training.max_steps", \.training.maxSteps,
                "Optimizer steps; null: as num_train_epochs says", rule: .atLeast(1)),
            Key(
                "training.num_train_epochs", \.training.numTrainEpochs, "Passes over the data",
                in: 0.001...100_000),
            Key(
                "training.max_minutes", \.training.maxMinutes,
                "Minutes, all sessions together, after which the run ends with the step that it is in, "
                    + "if not before; null: no bound", rule: .above(0)),
        ] + Key.learningRate(\.training) + [
            Key(
                "training.warmup_steps", \.training.warmupSteps,
                "Steps over which the learning rate rises; null: as warmup_ratio says",
                rule: .atLeast(0)),
            Key(
                "training.warmup_ratio", \.training.warmupRatio,
                "The share of steps over which the learning rate rises", in: 0...1),
        ] + Key.adamW(\.training) + [
            Key(
                "training.max_skipped_steps", \.training.maxSkippedSteps,
                "Steps in a row that may be skipped because their loss or gradient is not finite; one "
                    + "more stops the run", in: 0...1_000_000)
        ]
    }

    private static var evaluationKeys: [ConfigurationKey<RunConfiguration>] {
        [
            Key(
                "evaluation.eval_steps", \.evaluation.evalSteps,
                "Optimizer steps between evaluations on data.validation; 0: only after the last",
                in: 0...),
            Key(
                "evaluation.eval_on_start", \.evaluation.evalOnStart,
                "Whether the policy is evaluated before the first step"),
            Key(
                "evaluation.eval_samples", \.evaluation.evalSamples,
                "How many held-out samples are answered, from the first on; null: all",
                rule: .atLeast(1)),
            Key(
                "evaluation.question", \.evaluation.question,
                "Which of a sample's questions are asked"),
            Key(
                "evaluation.metric_for_best_model", \.evaluation.metricForBestModel,
                "What tells the best checkpoint, which is kept; larger is better",
                rule: .names(Metric.allCases.filter(\.isShare).map(\.rawValue))),
            Key(
                "evaluation.early_stopping_patience", \.evaluation.earlyStoppingPatience,
                "Evaluations in a row that are no better, after which training ends; null: never",
                rule: .atLeast(1)),
            Key(
                "evaluation.early_stopping_threshold", \.evaluation.earlyStoppingThreshold,
                "By how much an evaluation must be above the best one to count as better there",
                in: 0...1),
        ]
    }

    private static var loggingKeys: [ConfigurationKey<RunConfiguration>] {
        Key.checkpoints(\.logging) + [
            Key(
                "logging.save_before_time_limit", \.logging.saveBeforeTimeLimit,
                "Minutes that a session may take, loading included: it ends in time with a checkpoint, "
                    + "and exit status 75; null: no limit", rule: .above(0)),
            Key(
                "logging.log_completions_steps", \.logging.logCompletionsSteps,
                "Optimizer steps between records of completions in rollouts/; 0: none", in: 0...),
            Key(
                "logging.tensorboard", \.logging.tensorboard,
                "Whether metrics, pictures and answers are also written to tensorboard/, which "
                    + "TensorBoard opens"),
            Key(
                "logging.log_images_steps", \.logging.logImagesSteps,
                "Optimizer steps between pictures in tensorboard/, the first step's first; 0: none",
                in: 0...),
            Key(
                "logging.num_images", \.logging.numImages,
                "The most questions that are pictured at once", in: 1...1000),
        ]
    }
}
