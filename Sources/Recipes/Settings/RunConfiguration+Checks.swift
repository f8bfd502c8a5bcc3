public import Configuration
import Embeddings
import Evaluation
import Foundation
import NN
import Policies
import RLTrainer
import Rewards
import SharedSettings

extension RunConfiguration {
    /// The policy, the segmenter and the shards.
    public var inputs: [ConfigurationInput] { inputs(continues: false) }

    /// The files and folders that a run reads; one that continues from a checkpoint reads the policy
    /// that it started from only if it is the reference.
    package func inputs(continues: Bool) -> [ConfigurationInput] {
        let needsStart = !continues || grpo.loss.beta != 0 || policy.adapter.isUsed
        let adapters = continues && policy.adapter.heldTo == .base ? [] : [policy.adapter.path]
        return ConfigurationInput.policy("policy.path", needsStart ? [policy.path] : [])
            + ConfigurationInput.of("policy.adapter.path", adapters)
            + ConfigurationInput.segmenter("segmenter.path", [segmenter.path])
            + ConfigurationInput.shards("data.train", data.train)
            + ConfigurationInput.shards("data.validation", data.validation)
            + ConfigurationInput.of("prompt.chat_template", [prompt.chatTemplate.path ?? ""])
    }

    /// What no single key can tell.
    package func check(_ reader: inout ConfigurationReader<RunConfiguration>) {
        if policy.path.isEmpty {
            reader.report("policy.path", "is needed: the folder of a checkpoint")
        }
        reader.report(policy.adapter)
        if segmenter.path.isEmpty {
            reader.report(
                "segmenter.path",
                "is needed: the folder of a checkpoint, or an official .pt file")
        }
        reader.requireShards(train: data.train, validation: data.validation)
        if evaluation.earlyStoppingPatience != nil, data.validation.isEmpty {
            reader.report(
                "evaluation.early_stopping_patience",
                "needs held-out shards: set data.validation, or this to null")
        }
        if workers > 1, device != "cpu" {
            reader.report("workers", "is \(workers): more than one needs device cpu")
        }
        if grpo.loss.lossType == .rloo, grpo.loss.beta != 0, !grpo.klInReward {
            reader.report(
                "grpo.loss_type",
                "rloo takes no divergence into the loss: set grpo.kl_in_reward, or grpo.beta to 0")
        }
    }

    /// What is allowed, but most likely not meant; a sentence each, with the keys.
    public var warnings: [String] {
        let loss = grpo.loss
        var found: [String] = []
        let groups = grpo.promptsPerStep
        if workers > 1, groups % workers != 0 {
            found.append(
                "workers is \(workers), but grpo.num_prompts_per_step is \(groups): in each step "
                    + "some workers wait for others")
        }
        if loss.importanceSamplingLevel == .sequence, loss.lossType != .rloo, loss.epsilon >= 0.1 {
            found.append(
                "grpo.epsilon is \(loss.epsilon.yaml): with grpo.importance_sampling_level sequence "
                    + "ratios are means over completions, and the paper has 3e-4")
        }
        if loss.lossType == .cispo, (loss.epsilonHigh ?? loss.epsilon) < 1 {
            found.append(
                "grpo.epsilon_high is \((loss.epsilonHigh ?? loss.epsilon).yaml): with "
                    + "grpo.loss_type cispo it is the largest ratio itself, and below 1 every token "
                    + "is clipped")
        }
        if loss.lossType == .cispo, loss.delta != nil {
            found.append("grpo.delta does nothing with grpo.loss_type cispo")
        }
        if training.maxMinutes != nil, dependsOnTotalSteps {
            found.append(
                "training.max_minutes may end the run anywhere, but with training.lr_scheduler_type "
                    + "\(training.schedule.rawValue) the learning rate depends on the number of steps: "
                    + "use constant, or constant_with_warmup with training.warmup_steps")
        }
        if grpo.shufflesRewards {
            found.append(
                "grpo.shuffle_rewards is a control: nothing can be learnt from rewards in this run")
        }
        if grpo.klInReward, loss.beta == 0 {
            found.append("grpo.kl_in_reward does nothing while grpo.beta is 0")
        }
        if segmenter.embeddingCache.path != nil, segmenter.embeddingCache.diskMegabytes == 0 {
            found.append(
                "segmenter.embedding_cache.path does nothing while "
                    + "segmenter.embedding_cache.disk_mb is 0")
        }
        return found + doubtfulNumbers
    }

    /// What is allowed, but most likely not meant, of numbers that do not fit each other.
    var doubtfulNumbers: [String] {
        [pictureSideWarning(data.imageSize, name: "data.image_size", policy: policy.path)]
            .compactMap(\.self)
            + PolicyRecord.warnings(policy: policy.path, asked: asking) + rewardWarnings
            + clipWarnings + evaluationWarnings
            + logging.warnings(standard: LoggingSection().saveTotalLimit)
            + training.learningRateWarnings
            + policy.adapter.warnings(learningRate: training.learningRate)
            + training.schedule.warnings(
                warmupSteps: training.warmupSteps ?? 0,
                warmupRatio: training.warmupSteps == nil ? training.warmupRatio : 0,
                maxSteps: training.maxSteps)
            + scheduleWarnings
    }

    private var evaluationWarnings: [String] {
        let shared = data.validation.filter(data.train.contains)
        if !shared.isEmpty {
            return [
                "data.validation has shards that are trained on: \(shared.joined(separator: ", "))"
            ]
        }
        if data.validation.isEmpty, evaluation != EvaluationSection() {
            return ["evaluation does nothing without data.validation"]
        }
        return []
    }

    private var rewardWarnings: [String] {
        if rewards.entries.contains(where: { $0.weight != 0 }) { return [] }
        return ["rewards has no weight but 0: nothing can be learnt from rewards in this run"]
    }

    private var clipWarnings: [String] {
        let loss = grpo.loss
        if loss.lossType == .cispo { return [] }
        var found: [String] = []
        let high = loss.epsilonHigh ?? loss.epsilon
        if high < loss.epsilon {
            found.append(
                "grpo.epsilon_high is \(high.yaml), less than grpo.epsilon, \(loss.epsilon.yaml): "
                    + "papers let the ratio rise further than fall")
        }
        if let delta = loss.delta, delta <= 1 + high {
            found.append(
                "grpo.delta is \(delta.yaml), not above 1 + grpo.epsilon_high, \((1 + high).yaml): it "
                    + "bounds ratios that are not clipped")
        }
        return found
    }

    private var scheduleWarnings: [String] {
        var found: [String] = []
        if training.warmupSteps != nil, training.warmupRatio > 0 {
            found.append("training.warmup_ratio does nothing beside training.warmup_steps")
        }
        if policy.castsHeadToFloat32, policy.dtype == .float32 {
            found.append(
                "policy.cast_lm_head_to_fp32 does nothing with policy.dtype float32")
        }
        return found
    }
}

extension RunConfiguration {
    /// Whether the learning rate of a step depends on how many steps there are.
    package var dependsOnTotalSteps: Bool {
        switch training.schedule {
        case .linear, .cosine: true
        case .constant: false
        case .constantWithWarmup, .inverseSqrt:
            training.warmupSteps == nil && training.warmupRatio > 0
        }
    }
}
