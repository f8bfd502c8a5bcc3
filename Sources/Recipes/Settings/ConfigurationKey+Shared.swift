package import Configuration
package import NN
package import Policies
import PolicyFamilies
package import Torch

/// What configurations of all kinds of runs say about where they run.
package protocol RunPlacement {
    var outputDirectory: String { get set }
    var seed: Int { get set }
    var device: String { get set }
    var threads: Int { get set }
}

/// What they say about the optimizer.
package protocol OptimizerSettings {
    var learningRate: Double { get set }
    var schedule: LearningRateSchedule.Kind { get set }
    var weightDecay: Double { get set }
    var adamBeta1: Double { get set }
    var adamBeta2: Double { get set }
    var adamEpsilon: Double { get set }
    var maxGradientNorm: Double { get set }
}

extension OptimizerSettings {
    /// The optimizer's hyper-parameters; the learning rate is the schedule's peak.
    package var adamW: AdamWOptions {
        AdamWOptions(
            learningRate: learningRate, beta1: adamBeta1, beta2: adamBeta2,
            weightDecay: weightDecay, epsilon: adamEpsilon)
    }
}

/// What they say about checkpoints.
package protocol CheckpointSettings {
    var saveSteps: Int { get set }
    var saveTotalLimit: Int? { get set }
}

extension ConfigurationKey {
    /// What the system says to the policy.
    package static func system(_ path: WritableKeyPath<Root, String>) -> Self {
        Self(
            "prompt.system", path,
            "The instructions above the conversation; \"\": no system turn, so that the chat template's "
                + "own stands there, if it has one")
    }

    /// What makes a conversation one text.
    package static func chatTemplate(_ path: WritableKeyPath<Root, ChatTemplateChoice>) -> Self {
        Self(
            "prompt.chat_template", path: path,
            "builtin: the released \(PolicyRegistry.names)'s chat template; checkpoint: the policy's own; or a file "
                + "of Jinja, or of JSON with chat_template")
    }
}

extension ConfigurationKey where Root: RunPlacement {
    /// Where a run runs, and from which seed.
    package static var placement: [Self] {
        [
            Self("output_dir", path: \.outputDirectory, "The folder that the run writes to"),
            Self("seed", \.seed, "Where all randomness starts", in: 0...),
            Self(
                "device", \.device, "Where models compute",
                rule: .pattern("cpu|cuda(:[0-9]{1,4})?", meaning: "cpu, cuda or cuda:N")),
            Self(
                "threads", \.threads,
                "Threads of an operation; 0: as the sizes of the models' products say. A run keeps what "
                    + "it began with", in: 0...1024),
        ]
    }
}

extension ConfigurationKey {
    /// The learning rate's peak and shape, below `training`.
    package static func learningRate<Section: OptimizerSettings>(
        _ section: WritableKeyPath<Root, Section>
    ) -> [Self] {
        [
            Self(
                "training.learning_rate", section.appending(path: \.learningRate), "The peak",
                in: 0...1),
            Self(
                "training.lr_scheduler_type", section.appending(path: \.schedule),
                "How the learning rate changes"),
        ]
    }

    /// AdamW's decays and the bound of gradients, below `training`.
    package static func adamW<Section: OptimizerSettings>(
        _ section: WritableKeyPath<Root, Section>
    ) -> [Self] {
        [
            Self(
                "training.weight_decay", section.appending(path: \.weightDecay), "Decoupled decay",
                in: 0...1),
            Self(
                "training.adam_beta1", section.appending(path: \.adamBeta1), "Decay of the mean",
                in: 0...0.999999),
            Self(
                "training.adam_beta2", section.appending(path: \.adamBeta2),
                "Decay of the mean square", in: 0...0.999999),
            Self(
                "training.adam_epsilon", section.appending(path: \.adamEpsilon),
                "Steadies the division", in: 0...1),
            Self(
                "training.max_grad_norm", section.appending(path: \.maxGradientNorm),
                "The norm that gradients are clipped to", in: 1e-9...1e9),
        ]
    }

    /// How often checkpoints are written and how many stay, below `logging`.
    package static func checkpoints<Section: CheckpointSettings>(
        _ section: WritableKeyPath<Root, Section>
    ) -> [Self] {
        [
            Self(
                "logging.save_steps", section.appending(path: \.saveSteps),
                "Optimizer steps between checkpoints; 0: only the last", in: 0...),
            Self(
                "logging.save_total_limit", section.appending(path: \.saveTotalLimit),
                "Checkpoints that are kept; null: all", rule: .atLeast(1)),
        ]
    }
}

extension CheckpointSettings {
    /// What is most likely not meant, where the limit is not the `standard` one.
    package func warnings(standard: Int?) -> [String] {
        guard saveSteps == 0, let saveTotalLimit, saveTotalLimit != standard else { return [] }
        return [
            "logging.save_total_limit is \(saveTotalLimit), but with logging.save_steps 0 a session "
                + "has one checkpoint, after its last step"
        ]
    }
}

extension LearningRateSchedule.Kind {
    /// What is most likely not meant about a warm-up of so many steps, or of such a share, of a run of
    /// `maxSteps`, where that is known.
    package func warnings(
        warmupSteps: Int, warmupRatio: Double = 0, maxSteps: Int? = nil
    ) -> [String] {
        if self == .constant, warmupSteps > 0 || warmupRatio > 0 {
            let key = warmupSteps > 0 ? "warmup_steps" : "warmup_ratio"
            return [
                "training.\(key) does nothing with training.lr_scheduler_type constant; use "
                    + "constant_with_warmup"
            ]
        }
        guard let maxSteps, warmupSteps > maxSteps else { return [] }
        return [
            "training.warmup_steps is \(warmupSteps), more than training.max_steps, \(maxSteps): the "
                + "learning rate does not reach its peak"
        ]
    }
}
