public import Configuration
public import NN
package import Torch

extension LearningRateSchedule.Kind: ConfigurationValue {}

/// What configurations of all kinds of runs say about the optimizer.
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

    /// What is most likely not meant about the learning rate.
    package var learningRateWarnings: [String] {
        if learningRate <= 1e-2 { return [] }
        return [
            "training.learning_rate is \(learningRate.yaml): far above what models stand with AdamW, which "
                + "is below 1e-2, and 1e-6 to 1e-4 for a trained policy; most lose what they know within "
                + "a few steps"
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
